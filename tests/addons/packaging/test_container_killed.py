"""What is left of a container that is killed, or whose app is."""

import json
import os
from pathlib import Path
import signal
import time
from typing import Any

from paho.mqtt import publish
import pytest

from devkit.addons.engine import ContainerError, Engine, descendants
from devkit.broker_process import accepts, wait_for
from remote_monitor.bus.shared import SharedBus

from .kit import Brokers, app_of, started

pytestmark = pytest.mark.e2e


remote_monitor = pytest.mark.parametrize("app", ["remote_monitor"], indirect=True)
snapshot_processor = pytest.mark.parametrize("app", ["snapshot_processor"], indirect=True)


@remote_monitor
@pytest.mark.usefixtures("socket_enabled")
def test_a_container_that_is_killed_says_so_by_its_exit_code(
    engine: Engine, image: str, options: dict[str, object], tmp_path: Path
) -> None:
    with started(engine, image, options, folder=tmp_path) as running:
        running.container.signal(signal.SIGKILL)
        assert running.container.wait() != 0
        with pytest.raises(ContainerError, match="It never said 'good morning'"):
            running.container.wait_for("good morning")


@remote_monitor
@pytest.mark.usefixtures("socket_enabled")
def test_an_app_that_is_killed_in_its_container_leaves_its_relays_safe(
    engine: Engine, image: str, options: dict[str, object], brokers: Brokers, tmp_path: Path
) -> None:
    with started(engine, image, options, folder=tmp_path) as running:
        container = running.container
        container.wait_for("mqtt: connected")
        now = time.time()
        siren = {"device_key": "Garage Siren", "device_params": "600"}
        body = json.dumps({"schema": 1, "timestamp": now, "expires_at": now + 30, "output_triggered": siren})
        topic = "event_hub/remote_monitor/container/command"
        publish.single(topic, body, qos=1, hostname=brokers.mosquitto.host, port=brokers.mosquitto.port)
        bus = SharedBus(container.data / "state" / "bus")
        wait_for(lambda: bus.pins(0x20)[0] is True, "The siren never sounded")
        os.kill(app_of(container, "remote_monitor"), signal.SIGKILL)
        wait_for(lambda: bus.pins(0x20)[0] is False, "The siren did not end")
        assert container.wait() != 0


@remote_monitor
@pytest.mark.usefixtures("socket_enabled")
def test_a_container_ends_with_its_block(
    engine: Engine, image: str, options: dict[str, object], tmp_path: Path
) -> None:
    with started(engine, image, options, folder=tmp_path) as running:
        pid = running.container.pid
        assert Path(f"/proc/{pid}").exists()
    assert running.container.exit_code is not None
    assert not Path(f"/proc/{pid}").exists()


@snapshot_processor
@pytest.mark.usefixtures("socket_enabled")
def test_an_app_that_is_killed_leaves_neither_its_ftp_server_nor_anything_else_behind(
    engine: Engine, image: str, options: dict[str, Any], tmp_path: Path
) -> None:
    with started(engine, image, options, folder=tmp_path) as running:
        container = running.container
        wait_for(lambda: accepts(options["ftp_port"]), "Nobody takes pictures")
        processes = list(descendants(container.pid))
        main = app_of(container, "snapshot_processor")
        assert len(list(descendants(main))) > 1
        os.kill(main, signal.SIGKILL)
        assert container.wait() != 0
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes), "Something was left behind")
        assert not accepts(options["ftp_port"])
