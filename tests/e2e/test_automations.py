"""Automations in a real Home Assistant: every blueprint filled in as people do it, and one that was made by hand.

What begins them comes over MQTT, what they do is seen outside. The tests follow one home through its life, so their
order matters.
"""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
import re
from typing import Any, Final

import pytest
import pytest_socket

from devkit.brokers import Mosquitto

from .automation_home import ALARM, BLUEPRINTS, LIGHT, MESSAGE, TRACKERS, AutomationHome
from .messages import meter
from .telling_home import CODE, PANEL, PARTITION
from .telling_outside import OFFLINE, Board
from .test_telling import jpeg

pytestmark = pytest.mark.e2e

DOOR, MOTION, BELL, CAMERA, SHED = "Door", "Motion", "Bell", "Porch", "Shed"
COMMAND: Final = "event_hub/snapshot/porch/command"
# Seconds until the time of day that a digest is set to: it is to be saved by then, if not at once then the next time.
SOON: Final = (4, 15, 45)
HAND: Final = "hand_made"


@pytest.fixture(scope="module")
def running_automation_home(tmp_path_factory: pytest.TempPathFactory) -> Generator[AutomationHome]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    with AutomationHome(tmp_path_factory.mktemp("automations")) as home:
        home.board.add(DOOR, MOTION, BELL)
        home.board.listen(ALARM, "house/#")
        home.introduce(home.board)
        home.add_partition(DOOR)
        home.run(home.heard(home.board))
        yield home


@pytest.fixture
def home(running_automation_home: AutomationHome) -> AutomationHome:
    return running_automation_home


@pytest.fixture(scope="module")
def camera(running_automation_home: AutomationHome) -> Generator[Board]:
    """Return a camera that has shown a picture, and takes one when it is told to."""
    home = running_automation_home
    pytest_socket.enable_socket()
    board = Board(home.mosquitto.port, "porch", topic="snapshot")
    board.add(CAMERA, type="camera")
    board.outputs[CAMERA] = {"device_key": CAMERA, "device_label": CAMERA, "type": "camera"}
    board.listen(COMMAND)
    home.introduce(board)
    board.show(CAMERA, jpeg(20), 0)
    home.until("the first picture", lambda: picture_of(home) == jpeg(20))
    yield board
    board.stop()


def picture_of(home: AutomationHome) -> bytes:
    """Return the picture that Home Assistant shows of the camera."""
    image = home.entity(f"device:{CAMERA}:snapshot")
    if home.state(image) in {None, "unknown", "unavailable"}:
        return b""
    return home.run(home.api.read(f"/api/image_proxy/{image}"))


def stands(home: AutomationHome, state: str) -> None:
    """Wait until keypads are told that the alarm stands so."""
    home.until(f"the alarm {state}", lambda: (home.board.heard(ALARM) or [{}])[-1].get("state") == state)


def is_at(home: AutomationHome, name: str, place: str) -> None:
    """Let somebody be somewhere."""
    home.board.say(f"house/{name}", place, retain=True)
    home.until_state(f"device_tracker.{name}", place)


def test_the_house_is_armed_when_everybody_left_and_who_comes_home_is_reminded(home: AutomationHome) -> None:
    for name in ("ann", "ben"):
        is_at(home, name, "home")
    home.use("arm_when_everybody_leaves", people=[*TRACKERS], panel=PANEL, minutes=0, **MESSAGE)
    is_at(home, "ann", "not_home")
    is_at(home, "ben", "not_home")
    stands(home, "armed_away")
    states = [body["state"] if topic == ALARM else body for topic, body in home.board.got]
    # As the broker passed it on: nothing was armed before the last one left.
    assert states.index("armed_away") > len(states) - states[::-1].index("not_home") - 1
    is_at(home, "ann", "home")
    (message,) = home.messages(1)
    assert (message["title"], message["message"]) == ("Home is armed", "Disarm Home when you come in.")


def test_an_alarm_turns_the_light_on_until_it_is_over(home: AutomationHome) -> None:
    home.run(home.api.post("/api/states/sun.sun", {"state": "below_horizon"}))
    zones = [home.device(DOOR)]
    lights = {"entity_id": LIGHT}
    home.use("light_on_perimeter_alarm", panel=PANEL, zones=zones, lights=lights, brightness=80, minutes=0)
    home.board.say("house/light/state", "OFF", retain=True)
    home.until_state(LIGHT, "off")
    home.board.press(DOOR)
    stands(home, "triggered")
    home.until_heard(home.board, "house/light/brightness", 80)
    home.board.say("house/light/state", "ON", retain=True)
    home.until_state(LIGHT, "on")
    home.act("alarm_disarm", partition=PARTITION, code=CODE)
    home.until_heard(home.board, "house/light/set", "OFF")


def test_motion_asks_the_camera_and_sends_the_picture_that_comes(home: AutomationHome, camera: Board) -> None:
    image = home.entity(f"device:{CAMERA}:snapshot")
    ask = home.device(CAMERA)
    home.use("snapshot_on_motion", motion=home.target(MOTION), picture=image, ask=ask, wait=60, **MESSAGE)
    home.board.press(MOTION, "by the gate")
    (command,) = home.until("the command", lambda: camera.heard(COMMAND))
    assert command["output_triggered"]["device_key"] == CAMERA
    camera.show(CAMERA, jpeg(80), 0)
    (message,) = home.messages(1)
    assert message["title"] == MOTION
    assert message["message"].startswith("Motion: by the gate, ")
    assert home.run(home.api.read(message["data"]["image"])) == jpeg(80)


def test_the_doorbell_rings_and_shows_who_is_there(home: AutomationHome, camera: Board) -> None:
    image = home.entity(f"device:{CAMERA}:snapshot")
    ring = [{"action": "rest_command.outside", "data": {"to": "gong", "said": {"ding": "dong"}}}]
    quiet = {"ring_in_quiet_hours": True}
    home.use("doorbell", bell=home.target(BELL), ring=ring, picture=image, wait=30, **quiet, **MESSAGE)
    home.board.press(BELL)
    assert home.came("gong", 1) == [{"ding": "dong"}]
    camera.show(CAMERA, jpeg(140), 0)
    (message,) = home.messages(1)
    assert (message["title"], message["message"]) == (BELL, "Somebody is at the door")
    assert home.run(home.api.read(message["data"]["image"])) == jpeg(140)


def test_a_meter_that_falls_below_its_limit_is_told(home: AutomationHome) -> None:
    def reads(register: float) -> None:
        home.board.say("meter/water", meter(register))

    async def known() -> bool:
        reads(200)
        found = (await home.ask("list_devices", return_response=True))["inputs"]
        return any(record["key"] == "Water Meter" for record in found)

    home.until_async("the meter", known)
    home.act("enable", inputs=["Water Meter"])
    register = home.entity("device:Water Meter:register")
    reads(200)
    home.until("a reading", lambda: (home.state(register) or "").startswith("200"))
    home.use("meter_low", meter=register, below=100, minutes=0, **MESSAGE)
    reads(99)
    (message,) = home.messages(1)
    assert re.fullmatch(r".*water .*is low", message["title"])
    assert re.fullmatch(r"99(\.0+)?\D* left, less than 100(\.0)?\. Top it up\.", message["message"])


@pytest.mark.usefixtures("socket_enabled")
def test_batteries_and_silent_boards_are_told_at_the_time_of_day(home: AutomationHome, camera: Board) -> None:
    shed = Board(home.mosquitto.port, "shed")
    shed.add("Shed Window")
    home.introduce(shed)
    shed.publish("status", OFFLINE, retain=True)
    shed.stop()
    home.board.say("house/battery", "7", retain=True)
    home.until_state("sensor.hall_battery", "7")
    home.until_state(home.entity("source:ioboard.shed:connected"), "off")
    for board, source in ((home.board, "ioboard.hall"), (camera, "snapshot.porch")):
        board.introduce()
        home.until_state(home.entity(f"source:{source}:connected"), "on")
    for seconds in SOON:
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        home.use("battery_and_lost_digest", at=at.strftime("%H:%M:%S"), **MESSAGE)
        if datetime.now(UTC) < at - timedelta(seconds=1):
            break
    (message,) = home.messages(1)
    assert message["message"] == "Low batteries: Hall battery (7 %). Silent: ioboard.shed."


def test_each_blueprint_is_in_use(home: AutomationHome) -> None:
    wanted = {f"automation.{path.stem}" for path in BLUEPRINTS.glob("*.yaml")}
    states = home.run(home.api.states())
    assert {each: states.get(each, {}).get("state") for each in wanted} == dict.fromkeys(wanted, "on")


def opens(home: AutomationHome, detail: str) -> None:
    """Let the motion detector tell something."""
    home.board.press(MOTION, detail)


def is_held_back(home: AutomationHome, detail: str) -> None:
    """Let the motion detector tell something, and wait until the condition of the automation has stopped there."""

    def stopped() -> set[str]:
        runs = home.run(home.api.call("trace/list", domain="automation", item_id=HAND))
        return {str(run["run_id"]) for run in runs if run["script_execution"] == "failed_conditions"}

    before = stopped()
    opens(home, detail)
    home.until(f"{detail} held back", lambda: stopped() - before)


def by_hand(home: AutomationHome) -> dict[str, Any]:
    """Return an automation as the editor makes it: it passes on what is seen while the house is armed."""
    trigger = {
        "trigger": "event_hub.input_triggered",
        "target": home.target(MOTION),
        "options": {"detail": "person"},
    }
    condition = {
        "condition": "event_hub.partition_is_in_mode",
        "target": {"entity_id": PANEL},
        "options": {"mode": ["away", "night"]},
    }
    said = "{{ dict(name=trigger.name, detail=trigger.detail) }}"
    action = {"action": "rest_command.outside", "data": {"to": HAND, "said": said}}
    return {"triggers": [trigger], "conditions": [condition], "actions": [action], "mode": "queued"}


def test_an_automation_made_by_hand_begins_and_is_held_back_as_its_condition_says(home: AutomationHome) -> None:
    made = by_hand(home)
    home.make(HAND, **made)
    is_held_back(home, "person 1")
    home.act("alarm_arm", partition=PARTITION, mode="away", skip_delay=True)
    opens(home, "a cat")
    opens(home, "person 2")
    assert home.came(HAND, 1) == [{"name": MOTION, "detail": "person 2"}]
    kept = home.config_of(HAND)
    assert {key: kept[key] for key in made} == made


def test_it_outlives_a_restart_of_home_assistant(home: AutomationHome) -> None:
    home.run(home.assistant.restart())
    home.run(home.heard(home.board))
    assert home.state(PANEL) == "armed_away"
    before = len(home.outside.calls(HAND))

    def begins() -> bool:
        # Home Assistant lets automations begin a moment after it has started.
        opens(home, "person 3")
        return len(home.outside.calls(HAND)) > before

    home.until("the automation begins", begins)
    home.act("alarm_disarm", partition=PARTITION, code=CODE)
    is_held_back(home, "person 4")
    home.act("alarm_arm", partition=PARTITION, mode="night", skip_delay=True)
    opens(home, "person 5")
    home.until("the last", lambda: home.outside.calls(HAND)[-1].said["detail"] == "person 5")
    details = {call.said["detail"] for call in home.outside.calls(HAND)}
    assert details == {"person 2", "person 3", "person 5"}
