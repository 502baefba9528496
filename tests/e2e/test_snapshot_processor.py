"""The snapshot processor's app: a camera's upload becomes a picture with a person, and a command becomes a picture.

The tests follow one app through its life, so their order matters.
"""

from collections.abc import Generator
import contextlib
from contextlib import ExitStack
from datetime import datetime
from ftplib import FTP
from functools import partial
import io
import signal
import sqlite3
import time
from typing import Any

import pytest
import pytest_socket

from devkit.brokers import LOOPBACK, free_ports
from devkit.devices.scene import draw_scene
from devkit.fake_camera import Behaviour, FakeCamera
from devkit.fake_camera_door import Guard
from devkit.fake_supervisor import FakeSupervisor

from .app_process import AppProcess, eventually
from .home import Home

pytestmark = pytest.mark.e2e

GATE, SHED, HALL = "Gate Camera", "Shed Camera", "Hall Motion"
PASSWORD = "upload it"
CAPTION = "0,0 100,0 100,8 0,8"
NAME = "attic"


class Cameras(AppProcess):
    """The app as a process, a camera that pushes to it, and one that it fetches from."""

    def __init__(self, home: Home, folder: Any, supervisor: FakeSupervisor, camera: FakeCamera) -> None:
        self.ftp_port, self.api_port = free_ports(2)
        self.camera = camera
        super().__init__("snapshot_processor", folder, self._options(home), supervisor)

    def _options(self, home: Home) -> dict[str, Any]:
        login = self.camera.login
        return {
            "device_name": NAME,
            "ftp_port": self.ftp_port,
            "api_port": self.api_port,
            "cameras": [
                {
                    "location": "Gate",
                    "ftp_username": "gate",
                    "ftp_password": PASSWORD,
                    "masks": CAPTION,
                    "motion": 0,
                    "cool_down": 0,
                },
                {
                    "location": "Shed",
                    "snapshot_url": self.camera.url,
                    "username": login.username,
                    "password": login.password,
                    "masks": CAPTION,
                },
            ],
            "mqtt_host": LOOPBACK,
            "mqtt_port": home.mosquitto.port,
            "rabbitmq_hosts": f"{LOOPBACK}:{home.rabbitmq.port}",
        }

    def push(self, people: int) -> None:
        """Let the gate's camera push what it sees."""
        with FTP(timeout=60) as client:  # noqa: S321 - what cameras speak
            client.connect(LOOPBACK, self.ftp_port)
            client.login("gate", PASSWORD)
            client.storbinary("STOR snapshot.jpg", io.BytesIO(draw_scene("Gate", time.time(), people)))


@pytest.fixture(scope="module")
def supervisor() -> Generator[FakeSupervisor]:
    pytest_socket.enable_socket()
    with FakeSupervisor() as supervisor:
        yield supervisor


@pytest.fixture(scope="module")
def cameras(
    running_home: Home, supervisor: FakeSupervisor, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Cameras]:
    running_home.until_listening()
    with ExitStack() as stack:
        camera = stack.enter_context(FakeCamera("Shed", guard=Guard.DIGEST))
        app = Cameras(running_home, tmp_path_factory.mktemp("attic"), supervisor, camera)
        app.start()
        stack.callback(app.close)
        yield app


def decisions_of(home: Home, key: str, since: float) -> list[dict[str, Any]]:
    """Return what triggered since then, or should have, the oldest first, without what came a second time."""
    found = home.action("why", input=key, limit=20)["decisions"]
    recent = [one for one in found if datetime.fromisoformat(one["at"]).timestamp() > since]
    return [one for one in reversed(recent) if one["reason"] not in {"duplicate", "cleared"}]


def browse(home: Home, *words: str) -> dict[str, Any]:
    """Return a level of Home Assistant's media browser."""
    content = "/".join(["media-source://event_hub", *words])
    return dict(home.run(home.assistant.api.call("media_source/browse_media", media_content_id=content)))


def test_the_app_introduces_its_cameras_and_where_its_pictures_are(
    home: Home, cameras: Cameras, supervisor: FakeSupervisor
) -> None:
    def known() -> bool:
        devices = home.action("list_devices")
        inputs, outputs = ({record["key"] for record in devices[table]} for table in ("inputs", "outputs"))
        return inputs >= {GATE, SHED} and SHED in outputs and GATE not in outputs

    eventually("the cameras in the hub", known)
    (announced,) = supervisor.announcements
    images: Any = announced.config["images"]
    assert (announced.config["app"], announced.config["device"]) == ("snapshot", NAME)
    assert images["port"] == cameras.api_port
    home.action("enable", inputs=[GATE, SHED], outputs=[SHED])
    home.action("set_rule", inputs=[GATE, SHED], latch=0, hold=2)


def test_an_upload_with_a_person_triggers_and_shows_who_came(home: Home, cameras: Cameras) -> None:
    eventually("the FTP server", lambda: "Waiting for pictures" in cameras.log)
    began = time.time()
    cameras.push(1)
    home.until_entity(f"device:{GATE}:person_seen", "on")
    home.until_entity(f"device:{GATE}:people", "1")
    (decision,) = decisions_of(home, GATE, began)
    assert (decision["reason"], decision["detail"]) == ("triggered", "1 person(s)")
    for picture in ("snapshot", "annotated"):
        entity = home.entity(f"device:{GATE}:{picture}")
        assert home.run(home.assistant.api.read(f"/api/image_proxy/{entity}")).startswith(b"\xff\xd8")
    # Nobody reports that the picture is over; the hold ends it.
    home.until_entity(f"device:{GATE}:person_seen", "off")


def test_a_picture_without_people_shows_nobody(home: Home, cameras: Cameras) -> None:
    began = time.time()
    cameras.push(0)
    eventually("the decision", lambda: decisions_of(home, GATE, began))
    (decision,) = decisions_of(home, GATE, began)
    assert (decision["reason"], decision.get("detail")) == ("triggered", None)
    home.until_entity(f"device:{GATE}:person_seen", "off")


def test_another_input_that_triggers_takes_a_snapshot(home: Home, cameras: Cameras) -> None:
    cameras.camera.people = 2
    home.devices.mqtt(
        "sensor/hall/esp32_ca11",
        {"device_id": "esp32_ca11", "input_location": "Hall", "input_1": {"input_label": "motion", "active": False}},
    )
    eventually("the hall in the hub", lambda: HALL in home.inputs())
    home.action("enable", inputs=[HALL])
    home.action("link", inputs=[HALL], outputs=[SHED])
    began = time.time()
    home.devices.mqtt(
        "sensor/hall/esp32_ca11",
        {"device_id": "esp32_ca11", "input_location": "Hall", "input_1": {"input_label": "motion", "active": True}},
    )
    home.until_entity(f"device:{SHED}:last_command", "done")
    eventually("the shed's decision", lambda: decisions_of(home, SHED, began))
    assert decisions_of(home, SHED, began)[0]["detail"] == "2 person(s)"


def test_a_dead_camera_is_a_command_that_failed_and_a_problem_that_says_why(home: Home, cameras: Cameras) -> None:
    cameras.camera.behaviour = Behaviour.FAILS
    home.action("trigger_output", output=SHED)
    home.until_entity(f"device:{SHED}:last_command", "failed")
    home.until_entity(f"source:snapshot.{NAME}:cameras_problem", "on")
    cameras.camera.behaviour = Behaviour.WELL
    home.action("trigger_output", output=SHED)
    home.until_entity(f"device:{SHED}:last_command", "done")
    home.until_entity(f"source:snapshot.{NAME}:cameras_problem", "off")


def test_pictures_can_be_looked_at_in_the_media_browser(home: Home, cameras: Cameras) -> None:
    api = home.assistant.api
    (entry,) = home.run(api.config_entries("event_hub"))
    token = (cameras.folder / "state" / "api_token").read_text(encoding="ascii")
    address = {"url": f"http://{LOOPBACK}:{cameras.api_port}", "token": token}
    home.run(api.run_options_flow(entry["entry_id"], {"next_step_id": "pictures"}, address))
    shown = {child["title"].partition(" (")[0]: child["media_content_id"] for child in browse(home)["children"]}
    assert set(shown) == {GATE, SHED}
    (day,) = browse(home, shown[GATE].removeprefix("media-source://event_hub/"))["children"]
    pictures = browse(home, day["media_content_id"].removeprefix("media-source://event_hub/"))["children"]
    assert [picture["title"].partition(" ")[2] for picture in pictures] == ["", "1 person"]
    resolved = home.run(api.call("media_source/resolve_media", media_content_id=pictures[1]["media_content_id"]))
    assert home.run(api.read(resolved["url"])).startswith(b"\xff\xd8")
    assert home.run(api.read(pictures[1]["thumbnail"])).startswith(b"\xff\xd8")


@pytest.mark.parametrize("moment", ["before anything else happens", "once it was looked at"])
def test_a_picture_outlives_a_kill_while_no_broker_is_there_and_comes_once(
    home: Home, cameras: Cameras, moment: str
) -> None:
    home.until_entity(f"device:{GATE}:person_seen", "off")
    home.mosquitto.stop()
    home.rabbitmq.stop()
    began = time.time()
    kept = cameras.folder / "state" / "images" / "gate-camera"
    before = len(list(kept.rglob("human_*")))
    cameras.push(1)
    if moment == "once it was looked at":
        eventually("the person found", partial(_more, kept, before))
    cameras.end(signal.SIGKILL)
    home.rabbitmq.start()
    home.mosquitto.start()
    home.until_listening()
    cameras.start()
    eventually("the decision", lambda: decisions_of(home, GATE, began))
    eventually("nothing left to tell", partial(_all_told, cameras))
    assert [(one["reason"], one.get("detail")) for one in decisions_of(home, GATE, began)] == [
        ("triggered", "1 person(s)")
    ]


def _all_told(cameras: Cameras) -> bool:
    ledger = cameras.folder / "state" / "ledger.db"
    with contextlib.closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as connection:
        (waiting,) = connection.execute("SELECT COUNT(*) FROM outbox").fetchone()
        return bool(waiting == 0)


def _more(kept: Any, before: int) -> bool:
    return len(list(kept.rglob("human_*"))) > before


def test_the_app_stops_in_order_and_leaves_nothing_running(home: Home, cameras: Cameras) -> None:
    assert cameras.end() == 0
    # Its will comes over one of two brokers only; the other shows by its silence.
    home.until_entity(f"source:snapshot.{NAME}:connected", "off", 90)
    with pytest.raises(ConnectionRefusedError):
        FTP(timeout=60).connect(LOOPBACK, cameras.ftp_port)  # noqa: S321 - what cameras speak
