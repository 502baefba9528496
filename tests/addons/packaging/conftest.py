"""One image and one running container for all tests of them: building takes a minute."""

from collections.abc import Generator

import pytest
import pytest_socket

from devkit.addons.build import build_app, find_engine
from devkit.addons.container import Container, run_container
from devkit.addons.engine import Engine, NoEngineError
from devkit.addons.stage import stage
from devkit.brokers import Mosquitto, RabbitMQ


@pytest.fixture(scope="session")
def engine() -> Engine:
    try:
        return find_engine()
    except NoEngineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    stage(staged := tmp_path_factory.mktemp("image") / "addons")
    return build_app(engine, staged / "remote_monitor")


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mosquitto]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Generator[RabbitMQ]:
    if not RabbitMQ.installed():
        pytest.skip("RabbitMQ is not installed")
    pytest_socket.enable_socket()
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as running:
        yield running


@pytest.fixture(scope="session")
def options(mosquitto: Mosquitto, rabbitmq: RabbitMQ) -> dict[str, object]:
    return {
        "device_name": "container",
        "location": "Garage",
        "simulate": True,
        "i2c_bus": 1,
        "log_level": "debug",
        "mqtt_host": mosquitto.host,
        "mqtt_port": mosquitto.port,
        "rabbitmq_hosts": rabbitmq.address,
        "brokers_lost_after": 60,
        "sample_rate": 10,
        "adc": [{"chip": "mcp3424", "address": "0x68"}],
        "inputs": [{"label": "Door", "channel": 1, "type": "door contact", "normal": 0, "tolerance": 10}],
        "relays": [{"label": "Siren", "address": "0x20", "pin": 0, "type": "siren", "seconds": 0.2}],
    }


@pytest.fixture(scope="module")
def container(
    engine: Engine, image: str, options: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> Generator[Container]:
    with run_container(engine, image, options, folder=tmp_path_factory.mktemp("container")) as running:
        yield running
