"""An app that has no broker yet takes pictures all the same, says so, and tells them once there is one."""

from collections.abc import Generator, Iterator
import contextlib
from http.client import HTTPConnection
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest
import pytest_socket

from devkit.broker_process import LOOPBACK, free_ports
from devkit.brokers import Mosquitto
from devkit.devices.app import app_environment
from devkit.fake_supervisor import FakeSupervisor
from tests.addons.hub_relay.conftest import PASSWORD
from tests.addons.hub_relay.kit import PATIENCE, MqttEars, eventually

from .kit import jpeg_of

PROGRAM = """
import runpy, sys
from hub_relay import running
running.ASK_AGAIN = 0.05
runpy.run_module("snapshot_processor", run_name="__main__", alter_sys=True)
"""


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mosquitto]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    with Mosquitto(tmp_path_factory.mktemp("mosquitto"), password=PASSWORD) as broker:
        yield broker


class Lonely:
    """The app's process under a Supervisor that knows no broker."""

    def __init__(self, folder: Path, supervisor: FakeSupervisor, **options: Any) -> None:
        self.folder = folder
        self.watched = folder / "media"
        self.watched.mkdir()
        api, self.health_port = free_ports(2)
        cameras = [{"label": "Camera", "location": "Porch", "watch_folder": str(self.watched)}]
        settings = {"cameras": cameras, "detectors": "off", "api_port": api, "reserve_megabytes": 0, **options}
        options_file = folder / "options.json"
        options_file.write_text(json.dumps(settings))
        environment = app_environment("snapshot_processor")
        environment |= {"SUPERVISOR_TOKEN": supervisor.token, "SUPERVISOR_URL": supervisor.url}
        with (folder / "console.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, "--options", str(options_file), "--health-port", str(self.health_port)],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def pictures(self) -> list[Path]:
        return list((self.folder / "state" / "images").glob("[!.]*/*/*.jpg"))

    def lay(self, name: str, content: bytes) -> None:
        (self.watched / name).write_bytes(content)
        os.utime(self.watched / name, (1_700_000_000, 1_700_000_000))

    def stages(self) -> dict[str, str]:
        """Return what the health page says; nothing while there is none."""
        connection = HTTPConnection(LOOPBACK, self.health_port, timeout=PATIENCE)
        with contextlib.closing(connection), contextlib.suppress(ConnectionError):
            connection.request("GET", "/health")
            found: dict[str, str] = json.loads(connection.getresponse().read())["stages"]
            return found
        return {}


@contextlib.contextmanager
def lonely(folder: Path, supervisor: FakeSupervisor, **options: Any) -> Iterator[Lonely]:
    app = Lonely(folder, supervisor, **options)
    try:
        yield app
        app.process.terminate()
        assert app.process.wait(PATIENCE) == 0, (folder / "console.log").read_text()[-2000:]
    finally:
        app.process.kill()
        app.process.wait()


def test_pictures_are_taken_without_a_broker_and_told_when_there_is_one(tmp_path: Path, mosquitto: Mosquitto) -> None:
    place = "event_hub/snapshot/home"
    with (
        FakeSupervisor() as supervisor,
        MqttEars(mosquitto, f"{place}/event", f"{place}/heartbeat") as ears,
        lonely(tmp_path, supervisor, rabbitmq_hosts="one:") as app,
    ):
        app.lay("a.jpg", jpeg_of(1))
        eventually(lambda: len(app.pictures()) == 1)
        eventually(lambda: "There is no broker" in app.stages().get("broker", ""))
        eventually(lambda: {state for name, state in app.stages().items() if name != "broker"} == {"ok"})
        assert supervisor.announcements == []
        supervisor.mqtt = {
            "host": LOOPBACK,
            "port": mosquitto.port,
            "username": mosquitto.username,
            "password": PASSWORD,
            "ssl": False,
        }
        said: dict[str, Any] = {}
        while len(said) < 2:
            message = ears.next()
            said[message.topic] = json.loads(message.payload)
        assert said[f"{place}/event"]["inputs"][0]["device_key"] == "Porch Camera"
        # RabbitMQ was named too, and wrongly.
        brokers = said[f"{place}/heartbeat"]["health"]["brokers"]
        assert not brokers["ok"]
        assert brokers["detail"].startswith("Correct the option: rabbitmq_hosts must be host or host:port")
        eventually(lambda: set(app.stages().values()) == {"ok"})
        assert {"mqtt", "publisher_mqtt"} <= set(app.stages())
        assert len(supervisor.announcements) == 1
        images: Any = supervisor.announcements[0].config["images"]
        assert images["token"] == (tmp_path / "state" / "api_token").read_text()
