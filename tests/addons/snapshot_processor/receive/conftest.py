"""One server for all tests that leave it as it was; the others start their own."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
import shutil
from typing import Any

import pytest
import pytest_socket

from .kit import Server, configuration


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where the server is."""


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    pytest_socket.enable_socket()
    with Server(configuration(tmp_path_factory.mktemp("ftp"))) as running:
        yield running


@pytest.fixture
def server(running_server: Server) -> Server:
    """The shared server, with an empty inbox."""
    for folder in running_server.config.inbox.iterdir():
        shutil.rmtree(folder)
    return running_server


@pytest.fixture
def start(tmp_path: Path) -> Generator[Callable[..., Server]]:
    """Return what starts a server of the test's own, with changes to its configuration; it is ended afterwards."""
    with ExitStack() as servers:
        yield lambda **changes: servers.enter_context(_server(tmp_path, changes))


def _server(folder: Path, changes: dict[str, Any]) -> Server:
    return Server(configuration(folder, **changes))
