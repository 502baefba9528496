"""One broker for all of these tests, and one app for those that leave it as it was."""

from collections.abc import Generator
from pathlib import Path

import pytest
import pytest_socket

from devkit.brokers import LOOPBACK, Mosquitto
from devkit.certificates import Authority

from .cameras import CAPTION
from .ears import Ears
from .kit import HEARTBEAT, App, camera, password_of, running

ROOMS = tuple(f"room{number}" for number in range(1, 9))
FLEET = "fleet"
STREET = "Street Camera"


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where everybody is."""


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """Let threads outlast a test: those of a server that the next one asks too. Home Assistant's kit allows none."""


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mosquitto]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as broker:
        yield broker


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def house(mosquitto: Mosquitto, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Generator[App]:
    """The app of a house full of cameras, each with an account of its own or in that of the fleet."""
    pytest_socket.enable_socket()
    files = authority.issue(tmp_path_factory.mktemp("tls"), LOOPBACK)
    app = App(
        tmp_path_factory.mktemp("house"),
        mosquitto,
        pauses={HEARTBEAT: 0.5},
        ftp_username=FLEET,
        ftp_password=password_of(FLEET),
        ftp_certificate=str(files.certificate),
        ftp_key=str(files.key),
        cameras=[
            *(camera(f"Room {name[-1]}", name) for name in ROOMS),
            camera("Front Garden"),
            camera("Back Yard", folder="cameras/yard"),
            camera("Street", "street", detectors="hog", cool_down=0, masks=CAPTION),
        ],
    )
    with running(app):
        yield app


@pytest.fixture
def ears(house: App) -> Generator[Ears]:
    """Who hears what the house says from now on."""
    with Ears(house) as ears:
        yield ears


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an app of the test's own lives."""
    return tmp_path / "app"
