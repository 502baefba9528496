"""A home with two brokers for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .kit import Home


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where a fake camera is, and what wakes the stages."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()
