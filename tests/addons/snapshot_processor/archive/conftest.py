from collections.abc import Iterator
import logging
from pathlib import Path

import pytest

from devkit.fake_drive import FakeDrive

from .kit import SECRET, Home, logged_in


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where Google Drive is played."""


@pytest.fixture
def drive(_sockets: None) -> Iterator[FakeDrive]:
    with FakeDrive(client_secret=SECRET) as drive:
        yield drive


@pytest.fixture(autouse=True)
def _no_secret_in_any_log(drive: FakeDrive, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does: no log line, down to debug, holds a secret."""
    caplog.set_level(logging.DEBUG)
    yield
    lines = [
        f"{record.getMessage()} {record.exc_info}" for when in ("setup", "call") for record in caplog.get_records(when)
    ]
    for secret in drive.login.secrets():
        assert not [line for line in lines if secret in line]


@pytest.fixture
def stranger(drive: FakeDrive, tmp_path: Path) -> Iterator[Home]:
    """A home where nobody has logged in yet."""
    home = Home(drive=drive, folder=tmp_path)
    yield home
    home.close()


@pytest.fixture
def home(stranger: Home) -> Home:
    """A home where somebody has logged in."""
    logged_in(stranger.drive, stranger.settings)
    return stranger
