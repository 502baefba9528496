"""One RabbitMQ for all tests of the links: it takes seconds to start, and names keep tests apart."""

from collections.abc import Generator

import pytest
import pytest_socket

from custom_components.event_hub.transports.amqp import AmqpConfig
from devkit.brokers import RabbitMQ
from devkit.certificates import Authority

from .kit import Device, config_for


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def running_rabbitmq(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Generator[RabbitMQ]:
    if not RabbitMQ.installed():
        pytest.skip("RabbitMQ is not installed")
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("rabbitmq")
    files = authority.issue(folder / "tls", "broker.example", "127.0.0.1")
    with RabbitMQ(folder, tls=files) as broker:
        yield broker


@pytest.fixture
def rabbitmq(running_rabbitmq: RabbitMQ) -> Generator[RabbitMQ]:
    """The shared broker; it runs again afterwards, whatever a test did to it."""
    yield running_rabbitmq
    running_rabbitmq.restore()


@pytest.fixture
def config(rabbitmq: RabbitMQ) -> AmqpConfig:
    return config_for(rabbitmq)


@pytest.fixture
def device(rabbitmq: RabbitMQ, config: AmqpConfig) -> Generator[Device]:
    with Device(rabbitmq, config) as device:
        yield device
