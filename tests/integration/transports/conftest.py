"""A hub that is connected to a real RabbitMQ, over a wire that can be held up and cut."""

from collections.abc import AsyncGenerator, Generator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.transports.amqp import AmqpConfig
from devkit.brokers import RabbitMQ
from tests.integration.flows.kit import NAMES, SECURITY
from tests.transports.kit import Device, Wire, config_for


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Generator[RabbitMQ]:
    """Return a broker that runs as long as the tests of a file."""
    if not RabbitMQ.installed():
        pytest.skip("RabbitMQ is not installed")
    pytest_socket.enable_socket()
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as broker:
        yield broker


@pytest.fixture
async def wire(rabbitmq: RabbitMQ, socket_enabled: None) -> AsyncGenerator[Wire]:
    """Return what is between the hub and the broker."""
    del socket_enabled
    async with Wire(rabbitmq) as wire:
        yield wire


@pytest.fixture
def config(rabbitmq: RabbitMQ) -> AmqpConfig:
    """Return the names of the hub's exchange and queue, which no other test uses."""
    return config_for(rabbitmq)


@pytest.fixture
def entry(wire: Wire, config: AmqpConfig) -> MockConfigEntry:
    """Return an entry that uses the broker."""
    login = {"hosts": [wire.address], "username": "guest", "password": "guest", "virtual_host": "/"}
    names = {**NAMES, "exchange": config.exchange, "queue": config.queue}
    return MockConfigEntry(
        domain=DOMAIN, title="Event Hub", data={"mqtt": False, "rabbitmq": {**login, **SECURITY, **names}}
    )


@pytest.fixture
def device(rabbitmq: RabbitMQ, config: AmqpConfig) -> Generator[Device]:
    """Return a device at the broker's other end."""
    with Device(rabbitmq, config) as device:
        yield device
