"""A server of the API with two cameras, one picture with things in it, and one long day."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .kit import FakeCatalogue, Home, serving


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where the server is."""


@pytest.fixture
def catalogue(tmp_path: Path) -> FakeCatalogue:
    return FakeCatalogue(tmp_path)


@pytest.fixture
def home(catalogue: FakeCatalogue) -> Iterator[Home]:
    with serving(catalogue) as home:
        yield home
    assert catalogue.opened == catalogue.closed, "what was opened was not closed"
    assert len(catalogue.threads) <= 1, "the catalogue was used in several threads"
