"""A camera of the snapshot processor, from its messages on either broker to what Home Assistant shows."""

from dataclasses import dataclass, field
from itertools import count
import json
import time
from typing import Any

from homeassistant.components.image import async_get_image
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import State
from homeassistant.helpers import entity_registry as er
import msgpack
import pytest

from custom_components.event_hub.event import kinds_of
from custom_components.event_hub.wire.detection import Category, Detection, DetectionStatus, Thing

from .clock import Clock
from .kit import Home, source

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
MARKED = b"\xff\xd8\xff\xe0 a picture with boxes \xff\xd9"
NEWER = b"\xff\xd8\xff\xe0 a newer picture \xff\xd9"
KEY = "Porch Camera"
DEVICE = {"device_key": KEY, "device_label": "Camera", "type": "camera", "location": "Porch"}
PERSON = {"label": "person", "category": "person", "confidence": 87.5, "box": [0.25, 0.2, 0.125, 0.5]}
CAR = {"label": "car", "category": "vehicle", "confidence": 93.1, "box": None}
SOFA = {"label": "sofa", "category": "other", "confidence": 51.0, "box": None}
NUMBERS = count()

SEEN = f"device:{KEY}:person_seen"
DETECTION = f"device:{KEY}:detection"


@dataclass
class Delivery:
    """A message from RabbitMQ."""

    address: str
    body: bytes
    acknowledged: list[bool] = field(default_factory=list)

    def ack(self) -> None:
        self.acknowledged.append(True)


def looked(status: str = "done", reason: str | None = None, *things: dict[str, Any]) -> dict[str, Any]:
    people = sum(thing["category"] == "person" for thing in things)
    return {"status": status, "reason": reason, "detector": "hog", "people": people, "objects": list(things)}


class Camera:
    """The snapshot processor, as the hub hears it."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def _message(self, content: dict[str, Any]) -> dict[str, Any]:
        return {"schema": 1, "message_id": str(next(NUMBERS)), "timestamp": time.time(), **content}

    async def heartbeat(self, **more: Any) -> None:
        """Report what cameras there are, and whatever else."""
        body = self._message({"inputs": [DEVICE], "outputs": [DEVICE], **more})
        self.home.hub.receiver.mqtt("event_hub/snapshot/home/heartbeat", json.dumps(body).encode(), False)  # noqa: FBT003
        await self.home.told()

    async def on_amqp(self, *things: dict[str, Any], **more: Any) -> None:
        """Send a picture and all about it in one message."""
        said = self._event(things, more)
        delivery = Delivery("event.notify.snapshot.home", msgpack.packb(said))
        self.home.hub.receiver.amqp(delivery)
        await self.home.told()
        assert delivery.acknowledged == [True]

    async def on_mqtt(self, *things: dict[str, Any], image: bytes, annotated: bytes | None = None, **more: Any) -> None:
        """Send the pictures ahead and then all about them."""
        receiver = self.home.hub.receiver
        receiver.mqtt("event_hub/snapshot/home/image/porch_camera", image, False)  # noqa: FBT003 - as the link calls it
        if annotated is not None:
            receiver.mqtt("event_hub/snapshot/home/image/porch_camera/annotated", annotated, False)  # noqa: FBT003
        said = json.dumps(self._event(things, more)).encode()
        receiver.mqtt("event_hub/snapshot/home/event", said, False)  # noqa: FBT003
        await self.home.told()

    def _event(self, things: tuple[dict[str, Any], ...], more: dict[str, Any]) -> dict[str, Any]:
        device = {
            **DEVICE,
            "state": "triggered" if things else "OK",
            "event_detail": f"{len(things)} things" if things else None,
            "image_timestamp": time.time(),
            "image_id": 17,
            "detection": looked("done", None, *things),
            **more,
        }
        return self._message({"inputs": [device]})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the hub's clock, in the hands of the test."""
    clock = Clock()
    for module in ("hub", "receiver", "pictures"):
        monkeypatch.setattr(f"custom_components.event_hub.{module}.time", clock)
    return clock


@pytest.fixture
async def camera(home: Home) -> Camera:
    """Return an app with one camera, which the hub knows."""
    camera = Camera(home)
    await camera.heartbeat()
    return camera


async def picture(home: Home, key: str) -> bytes:
    """Return the picture that an image entity shows."""
    return (await async_get_image(home.hass, home.state("image", f"device:{KEY}:{key}").entity_id)).content


def detections(home: Home, written: list[State]) -> list[dict[str, Any]]:
    """Return the attributes of each event that was told."""
    entity_id = home.entity_id("event", DETECTION)
    return [dict(state.attributes) for state in written if state.entity_id == entity_id]


async def test_a_camera_that_was_never_looked_at_has_no_entities_for_that(home: Home, camera: Camera) -> None:
    del camera
    for platform, key in (("event", "detection"), ("binary_sensor", "person_seen"), ("image", "annotated")):
        assert home.entity_id(platform, f"device:{KEY}:{key}") is None
    assert home.entity_id("binary_sensor", f"device:{KEY}:active") is not None


async def test_people_are_seen_until_the_hold_is_over(home: Home, clock: Clock, camera: Camera) -> None:
    await camera.on_amqp(PERSON, PERSON, CAR, image=JPEG, image_annotated=MARKED)
    seen = home.state("binary_sensor", SEEN)
    assert (seen.state, seen.attributes["device_class"], seen.name) == ("on", "occupancy", "Porch Camera Person seen")
    people = home.state("sensor", f"device:{KEY}:people")
    assert people.state == "2"
    await clock.go_on(home, 31)
    assert home.state("binary_sensor", SEEN).state == "off"
    assert home.state("sensor", f"device:{KEY}:people").state == "0"
    assert home.state("sensor", f"device:{KEY}:last_detection").state != STATE_UNKNOWN


async def test_a_picture_without_people_ends_it_at_once(home: Home, camera: Camera) -> None:
    await camera.on_amqp(PERSON, image=JPEG)
    await camera.on_amqp(CAR, image=NEWER)
    assert home.state("binary_sensor", SEEN).state == "off"
    assert home.state("binary_sensor", f"device:{KEY}:active").state == "on"


@pytest.mark.parametrize("status", ["gated", "failed", "off"])
async def test_a_picture_that_nobody_looked_at_ends_nothing(home: Home, camera: Camera, status: str) -> None:
    await camera.on_amqp(PERSON, image=JPEG)
    await camera.on_amqp(image=NEWER, detection=looked(status, "for a reason"))
    assert home.state("binary_sensor", SEEN).state == "on"
    assert home.state("binary_sensor", f"device:{KEY}:active").state == "on"
    assert await picture(home, "snapshot") == NEWER


async def test_a_detection_of_a_later_app_ends_nothing(home: Home, clock: Clock, camera: Camera) -> None:
    active = f"device:{KEY}:active"
    await camera.on_amqp(PERSON, image=JPEG)
    await camera.on_amqp(image=NEWER, state="OK", detection={"status": "dreamt"})
    assert (home.state("binary_sensor", SEEN).state, home.state("binary_sensor", active).state) == ("on", "on")
    await clock.go_on(home, 31)
    await camera.heartbeat()
    assert (home.state("binary_sensor", SEEN).state, home.state("binary_sensor", active).state) == ("off", "off")


async def test_both_pictures_are_shown_and_neither_is_newer(home: Home, camera: Camera) -> None:
    await camera.on_amqp(PERSON, image=JPEG, image_annotated=MARKED)
    assert (await picture(home, "snapshot"), await picture(home, "annotated")) == (JPEG, MARKED)
    clean, marked = (home.state("image", f"device:{KEY}:{key}") for key in ("snapshot", "annotated"))
    assert clean.state == marked.state
    assert marked.name == "Porch Camera Annotated snapshot"


async def test_pictures_that_go_ahead_on_mqtt_are_shown_the_same(home: Home, camera: Camera) -> None:
    await camera.on_mqtt(PERSON, image=JPEG, annotated=MARKED)
    assert (await picture(home, "snapshot"), await picture(home, "annotated")) == (JPEG, MARKED)
    clean, marked = (home.state("image", f"device:{KEY}:{key}") for key in ("snapshot", "annotated"))
    assert clean.state == marked.state
    assert home.state("binary_sensor", SEEN).state == "on"


async def test_what_was_found_last_stays_until_something_is_found_again(home: Home, camera: Camera) -> None:
    await camera.on_amqp(PERSON, image=JPEG, image_annotated=MARKED)
    before = home.state("image", f"device:{KEY}:annotated").state
    await camera.on_amqp(image=NEWER)
    assert (await picture(home, "snapshot"), await picture(home, "annotated")) == (NEWER, MARKED)
    assert home.state("image", f"device:{KEY}:annotated").state == before


async def test_an_annotated_picture_that_is_none_is_refused_and_the_rest_counts(home: Home, camera: Camera) -> None:
    await camera.on_amqp(PERSON, image=JPEG, image_annotated=b"no picture")
    assert home.hub.receiver.refusals.by_reason == {"bad_image": 1}
    assert await picture(home, "snapshot") == JPEG
    assert home.entity_id("image", f"device:{KEY}:annotated") is None
    assert home.state("binary_sensor", SEEN).state == "on"


async def test_an_older_annotated_picture_does_not_come_back_with_an_older_clean_one(
    home: Home, camera: Camera
) -> None:
    await camera.on_amqp(PERSON, image=NEWER, image_annotated=MARKED)
    await camera.on_amqp(PERSON, image=JPEG, image_annotated=JPEG, image_timestamp=time.time() - 60)
    assert (await picture(home, "snapshot"), await picture(home, "annotated")) == (NEWER, MARKED)


async def test_each_kind_of_thing_is_an_event_and_a_person_the_last(home: Home, camera: Camera) -> None:
    await camera.on_amqp(image=JPEG)
    written = home.writes()
    await camera.on_amqp({**PERSON, "confidence": 61}, PERSON, CAR, SOFA, image=NEWER)
    told = detections(home, written)
    assert [event["event_type"] for event in told] == ["vehicle", "person"]
    person = told[1]
    assert {name: person[name] for name in ("count", "labels", "confidence", "detector", "image_id")} == {
        "count": 2,
        "labels": ["person"],
        "confidence": 87.5,
        "detector": "hog",
        "image_id": 17,
    }


async def test_what_is_found_in_a_cameras_first_picture_is_told_too(home: Home, camera: Camera) -> None:
    written = home.writes()
    await camera.on_amqp(PERSON, image=JPEG)
    await home.told()
    assert [event["event_type"] for event in detections(home, written)] == [None, "person"]


async def test_what_is_found_in_pictures_that_come_at_once_after_the_first_is_told_in_order(
    home: Home, camera: Camera
) -> None:
    written = home.writes()
    for thing in (PERSON, CAR, PERSON):
        said = camera._event((thing,), {"image": JPEG})
        home.hub.receiver.amqp(Delivery("event.notify.snapshot.home", msgpack.packb(said)))
    await home.told()
    await home.told()
    assert [event["event_type"] for event in detections(home, written)] == [None, "person", "vehicle", "person"]


async def test_something_else_is_told_only_alone(home: Home, camera: Camera) -> None:
    await camera.on_amqp(image=JPEG)
    written = home.writes()
    await camera.on_amqp(SOFA, image=NEWER)
    assert [event["event_type"] for event in detections(home, written)] == ["other"]


async def test_a_picture_with_nothing_in_it_is_no_event(home: Home, camera: Camera) -> None:
    await camera.on_amqp(image=JPEG)
    written = home.writes()
    await camera.on_amqp(image=NEWER)
    await camera.on_amqp(image=JPEG, detection=looked("gated", "motion", PERSON))
    assert detections(home, written) == []
    assert home.state("event", DETECTION).state == STATE_UNKNOWN


async def test_pictures_that_come_in_one_go_are_all_told(home: Home, camera: Camera) -> None:
    await camera.on_amqp(image=JPEG)
    written = home.writes()
    for thing in (PERSON, CAR, PERSON):
        said = camera._event((thing,), {})
        home.hub.receiver.mqtt("event_hub/snapshot/home/event", json.dumps(said).encode(), False)  # noqa: FBT003
    await home.told()
    assert [event["event_type"] for event in detections(home, written)] == ["person", "vehicle", "person"]


def test_a_thing_of_unknown_confidence_is_told_without_one() -> None:
    thing = Thing(label="cat", category=Category.ANIMAL)
    ((kind, told),) = kinds_of(Detection(status=DetectionStatus.DONE, things=(thing,)))
    assert (kind, told["confidence"], told["labels"]) == ("animal", None, ["cat"])


async def test_why_a_detector_was_not_asked_is_there_for_those_who_want_it(home: Home, camera: Camera) -> None:
    await camera.on_amqp(image=JPEG, detection=looked("gated", "motion"))
    unique_id = f"device:{KEY}:detection_status"
    entity = er.async_get(home.hass).async_get(home.entity_id("sensor", unique_id) or "")
    assert entity is not None
    assert (entity.disabled_by, entity.entity_category) == (er.RegistryEntryDisabler.INTEGRATION, "diagnostic")
    await home.enable_entity("sensor", unique_id)
    state = home.state("sensor", unique_id)
    assert (state.state, state.attributes["reason"]) == ("gated", "motion")


async def test_a_restart_forgets_no_picture_and_no_detection_and_nobody_stays_for_ever(
    home: Home, clock: Clock, camera: Camera
) -> None:
    await camera.on_amqp(PERSON, image=JPEG, image_annotated=MARKED)
    last = home.state("sensor", f"device:{KEY}:last_detection").state
    await home.reload()
    assert home.state("sensor", f"device:{KEY}:last_detection").state == last
    assert home.state("binary_sensor", SEEN).state == "on"
    assert await picture(home, "annotated") == MARKED
    await clock.go_on(home, 31)
    assert home.state("binary_sensor", SEEN).state == "off"


async def test_a_camera_of_a_lost_app_tells_nothing_of_now(home: Home, camera: Camera) -> None:
    await camera.on_amqp(PERSON, image=JPEG)
    await home.lose(source("home", "snapshot"))
    assert home.state("binary_sensor", SEEN).state == STATE_UNAVAILABLE
    assert home.state("sensor", f"device:{KEY}:last_detection").state != STATE_UNAVAILABLE


async def test_a_camera_that_can_be_fetched_has_a_button_for_it(home: Home, camera: Camera) -> None:
    del camera
    state = home.state("button", f"device:{KEY}:trigger")
    assert state.name == "Porch Camera Take snapshot"
    entity = er.async_get(home.hass).async_get(state.entity_id)
    assert entity is not None
    assert entity.translation_key == "trigger_camera"
