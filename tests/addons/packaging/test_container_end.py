"""How a container ends, and what of it is left."""

import json
import os
from pathlib import Path
import signal
import time

from paho.mqtt import publish
import pytest

from devkit.addons.container import Container, run_container
from devkit.addons.engine import ContainerError, Engine
from devkit.broker_process import wait_for
from devkit.brokers import Mosquitto
from remote_monitor.bus.shared import SharedBus

from .kit import app_of

pytestmark = pytest.mark.e2e


@pytest.fixture
def healthy(container: Container) -> Container:
    wait_for(container.healthy, "It never became healthy", patience=30)
    return container


def test_an_app_that_is_told_to_stop_ends_in_order(healthy: Container) -> None:
    assert healthy.stop() == 0
    assert not healthy.healthy()


def test_an_app_that_is_killed_says_so_by_its_exit_code(
    engine: Engine, image: str, options: dict[str, object], tmp_path: Path
) -> None:
    with run_container(engine, image, options, folder=tmp_path) as container:
        wait_for(container.healthy, "It never became healthy", patience=30)
        container.signal(signal.SIGKILL)
        assert container.wait() != 0
        with pytest.raises(ContainerError, match="It never said 'good morning'"):
            container.wait_for("good morning")


@pytest.mark.usefixtures("socket_enabled")
def test_an_app_that_is_killed_in_its_container_leaves_its_relays_safe_within_two_seconds(
    engine: Engine, image: str, options: dict[str, object], mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with run_container(engine, image, options, folder=tmp_path) as container:
        container.wait_for("mqtt: connected")
        now = time.time()
        siren = {"device_key": "Garage Siren", "device_params": "60"}
        body = json.dumps({"schema": 1, "timestamp": now, "expires_at": now + 30, "output_triggered": siren})
        topic = "event_hub/remote_monitor/container/command"
        publish.single(topic, body, qos=1, hostname=mosquitto.host, port=mosquitto.port)
        bus = SharedBus(container.data / "state" / "bus")
        wait_for(lambda: bus.pins(0x20)[0] is True, "The siren never sounded")
        os.kill(app_of(container), signal.SIGKILL)
        wait_for(lambda: bus.pins(0x20)[0] is False, "The siren did not end", patience=2)
        assert container.wait() != 0


def test_a_container_ends_with_its_block(
    engine: Engine, image: str, options: dict[str, object], tmp_path: Path
) -> None:
    with run_container(engine, image, options, folder=tmp_path) as container:
        pid = container.pid
        assert Path(f"/proc/{pid}").exists()
    assert container.exit_code is not None
    assert not Path(f"/proc/{pid}").exists()


def test_there_is_nothing_to_run_without_an_image(engine: Engine, tmp_path: Path) -> None:
    with (
        pytest.raises(ContainerError, match="There is no image localhost/event_hub_nothing"),
        run_container(engine, "localhost/event_hub_nothing:latest", {}, folder=tmp_path),
    ):
        pass
