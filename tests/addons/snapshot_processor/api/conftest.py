"""A server of the API with two cameras, one picture with things in it, and one long day."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshot_processor.api import ApiServer
from tests.addons.hub_relay.kit import running

from .kit import TOKEN, FakeCatalogue, Home


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where the server is."""


@pytest.fixture
def catalogue(tmp_path: Path) -> FakeCatalogue:
    return FakeCatalogue(tmp_path)


@pytest.fixture
def home(catalogue: FakeCatalogue) -> Iterator[Home]:
    server = ApiServer(catalogue.open, token=TOKEN, host="127.0.0.1", port=0, slowest=0.3, idle=0.3)
    with running(server):
        yield Home(server=server, catalogue=catalogue)
    assert catalogue.opened == catalogue.closed, "what was opened was not closed"
    assert len(catalogue.threads) <= 1, "the catalogue was used in several threads"
