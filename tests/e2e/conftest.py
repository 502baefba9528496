"""One home for all end-to-end tests: starting it takes half a minute."""

from collections.abc import Generator

import pytest
import pytest_socket

from devkit.brokers import Mosquitto, RabbitMQ

from .home import Home


@pytest.fixture(scope="session")
def running_home(tmp_path_factory: pytest.TempPathFactory) -> Generator[Home]:
    if not (RabbitMQ.installed() and Mosquitto.installed()):
        pytest.skip("Mosquitto and RabbitMQ are not installed")
    pytest_socket.enable_socket()
    with Home(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture
def home(running_home: Home) -> Home:
    running_home.devices.forget()
    return running_home
