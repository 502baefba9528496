"""One broker of each kind for all tests of the library: names keep the tests apart."""

from collections.abc import Generator

import pytest
import pytest_socket

from devkit.brokers import Mosquitto, RabbitMQ
from devkit.certificates import Authority

PASSWORD = "a long enough one"


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where the brokers are."""


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def running_mosquitto(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Generator[Mosquitto]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("mosquitto")
    with Mosquitto(folder, password=PASSWORD, tls=authority.issue(folder / "tls", "localhost", "127.0.0.1")) as broker:
        yield broker


@pytest.fixture(scope="session")
def running_rabbitmq(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Generator[RabbitMQ]:
    if not RabbitMQ.installed():
        pytest.skip("RabbitMQ is not installed")
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("rabbitmq")
    with RabbitMQ(folder, tls=authority.issue(folder / "tls", "localhost", "127.0.0.1")) as broker:
        yield broker


@pytest.fixture
def mosquitto(running_mosquitto: Mosquitto) -> Generator[Mosquitto]:
    """The shared broker; it runs again afterwards, whatever a test did to it."""
    yield running_mosquitto
    running_mosquitto.restore()


@pytest.fixture
def rabbitmq(running_rabbitmq: RabbitMQ) -> Generator[RabbitMQ]:
    """As ``mosquitto``."""
    yield running_rabbitmq
    running_rabbitmq.restore()
