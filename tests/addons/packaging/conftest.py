"""One image of each app, and one running container for all tests of a file: building takes a minute."""

from collections.abc import Generator
from pathlib import Path

import pytest
import pytest_socket

from devkit.addons.build import build_app, find_engine
from devkit.addons.engine import Engine, NoEngineError
from devkit.addons.stage import stage
from devkit.broker_process import free_ports
from devkit.brokers import Mosquitto, RabbitMQ

from .kit import APPS, OPTIONS, Brokers, Running, started


@pytest.fixture(scope="session")
def engine() -> Engine:
    try:
        return find_engine()
    except NoEngineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stage(target := tmp_path_factory.mktemp("image") / "addons")
    return target


@pytest.fixture(scope="module", params=[app.name for app in APPS])
def app(request: pytest.FixtureRequest) -> str:
    """Every app in turn, unless a file says which."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def image(engine: Engine, staged: Path, app: str) -> str:
    return build_app(engine, staged / app)


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
def brokers(mosquitto: Mosquitto, rabbitmq: RabbitMQ) -> Brokers:
    return Brokers(mosquitto=mosquitto, rabbitmq=rabbitmq)


@pytest.fixture(scope="module")
def options(app: str, brokers: Brokers) -> dict[str, object]:
    pytest_socket.enable_socket()
    return OPTIONS[app](brokers, free_ports(3))


@pytest.fixture(scope="module")
def running(
    engine: Engine, image: str, options: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> Generator[Running]:
    pytest_socket.enable_socket()
    with started(engine, image, options, folder=tmp_path_factory.mktemp("container")) as found:
        yield found
