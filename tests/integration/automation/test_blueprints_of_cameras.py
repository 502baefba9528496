"""The blueprints that send a picture."""

from typing import Any

from homeassistant.core import ServiceCall, callback
import pytest

from custom_components.event_hub.engine.times.quiet_hours import QuietHours
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until
from tests.integration.kit import Home, source

from .blueprints import MESSAGE, use
from .kit import Done, heard, target, waits

PIR, BELL, CAMERA = "Yard PIR", "Bell", "Porch"
PICTURE = b"\xff\xd8\xff\xe0 a picture"
NEWER = b"\xff\xd8\xff\xe0 a newer picture"
ALWAYS = QuietHours(begin_at=0, end_at=24 * 3600 - 1)
NEVER = QuietHours(enabled=False)


@pytest.fixture
def phone(home: Home) -> Done:
    """Return the messages that a telephone got."""
    return Done(home.hass, "notify", "phone")


@pytest.fixture
async def yard(home: Home) -> Home:
    """Return a home with a detector, a bell and a camera that has taken a picture, and no quiet hours."""
    await home.report(InputReport(device_key=PIR, active=False), InputReport(device_key=BELL, active=False))
    await home.frame(CAMERA, PICTURE)
    await home.enable(inputs=(PIR, BELL, CAMERA))
    be_quiet(home, NEVER)
    return home


def be_quiet(home: Home, hours: QuietHours) -> None:
    """Set the quiet hours."""
    object.__setattr__(home.hub.state.settings, "quiet_hours", hours)


def picture(home: Home) -> str:
    """Return the entity of the camera's picture."""
    entity_id = home.entity_id("image", f"device:{CAMERA}:snapshot")
    assert entity_id is not None
    return entity_id


async def press(home: Home, key: str, detail: str | None = None) -> None:
    """Let an input trigger."""
    await home.report(InputReport(device_key=key, active=True, detail=detail), by=source())
    await heard(home)


async def test_motion_sends_the_newest_picture(yard: Home, phone: Done) -> None:
    inputs: dict[str, Any] = {"motion": target(yard, f"device:{PIR}"), "picture": picture(yard), "wait": 0}
    await use(yard.hass, "snapshot_on_motion", **inputs, **MESSAGE)
    await press(yard, BELL)
    await press(yard, PIR, "by the gate")
    (call,) = phone.calls
    assert call["title"] == PIR
    assert call["message"].startswith(f"{PIR}: by the gate, ")
    assert call["data"]["image"] == f"/api/image_proxy/{picture(yard)}"


async def test_motion_asks_the_camera_and_waits_for_its_picture(yard: Home, phone: Done) -> None:
    asked = []

    @callback
    def take(call: ServiceCall) -> None:
        asked.append(call.data)

    yard.hass.services.async_register("shutter", "take", take)
    await yard.adopt_output("Shutter", "shutter.take")
    shutter = yard.device("device:Shutter")
    assert shutter is not None
    inputs: dict[str, Any] = {"motion": target(yard, f"device:{PIR}"), "picture": picture(yard), "ask": shutter.id}
    await use(yard.hass, "snapshot_on_motion", **inputs, wait=60, **MESSAGE)
    before = yard.hass.states.get(picture(yard))
    yard.inject(InputReport(device_key=PIR, active=True))
    await waits(yard)
    await until(lambda: asked)
    assert phone.calls == []
    await yard.frame(CAMERA, NEWER)
    await heard(yard)
    assert len(asked) == len(phone.calls) == 1
    assert yard.hass.states.get(picture(yard)) != before


async def test_a_picture_that_came_along_is_sent_at_once_and_more_is_done_then(yard: Home, phone: Done) -> None:
    also = Done(yard.hass, "test", "also")
    inputs: dict[str, Any] = {"motion": target(yard, f"device:{CAMERA}"), "picture": picture(yard)}
    actions = [{"action": "test.also", "data": {"path": "{{ path }}"}}]
    await use(yard.hass, "snapshot_on_motion", **inputs, **MESSAGE, also=actions)
    await yard.frame(CAMERA, NEWER)
    await heard(yard)
    assert len(phone.calls) == 1
    assert [call["path"] for call in also.calls] == [f"/api/image_proxy/{picture(yard)}"]


@pytest.mark.parametrize(("hours", "too", "messages"), [(ALWAYS, False, 0), (ALWAYS, True, 1), (NEVER, False, 1)])
async def test_motion_in_quiet_hours(yard: Home, phone: Done, hours: QuietHours, too: bool, messages: int) -> None:
    inputs: dict[str, Any] = {"motion": target(yard, f"device:{PIR}"), "picture": "camera.yard"}
    await use(yard.hass, "snapshot_on_motion", **inputs, in_quiet_hours=too, **MESSAGE)
    be_quiet(yard, hours)
    await press(yard, PIR)
    assert len(phone.calls) == messages
    assert [call["data"]["image"] for call in phone.calls] == ["/api/camera_proxy/camera.yard"] * messages


@pytest.mark.parametrize(("hours", "too", "rings"), [(NEVER, False, 1), (ALWAYS, False, 0), (ALWAYS, True, 1)])
async def test_the_doorbell_rings_and_sends_a_message(
    yard: Home, phone: Done, hours: QuietHours, too: bool, rings: int
) -> None:
    gong = Done(yard.hass, "test", "gong")
    inputs: dict[str, Any] = {"bell": target(yard, f"device:{BELL}"), "ring": [{"action": "test.gong"}]}
    await use(yard.hass, "doorbell", **inputs, ring_in_quiet_hours=too, **MESSAGE)
    be_quiet(yard, hours)
    await press(yard, BELL)
    assert len(gong.calls) == rings
    (call,) = phone.calls
    assert call["message"] == "Somebody is at the door"
    assert "image" not in call["data"]


async def test_the_doorbell_waits_for_the_picture_of_who_is_there(yard: Home, phone: Done) -> None:
    inputs: dict[str, Any] = {"bell": target(yard, f"device:{BELL}"), "picture": picture(yard), "wait": 30}
    await use(yard.hass, "doorbell", **inputs, **MESSAGE)
    yard.inject(InputReport(device_key=BELL, active=True))
    await waits(yard)
    assert phone.calls == []
    await yard.frame(CAMERA, NEWER)
    await heard(yard)
    assert [call["data"]["image"] for call in phone.calls] == [f"/api/image_proxy/{picture(yard)}"]
