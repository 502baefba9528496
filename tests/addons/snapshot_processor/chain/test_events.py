"""What is told of a picture: the wire's own words, and whether it is a trigger."""

import json

import pytest

from hub_relay.native import Kind, Transport, Voice
from snapshot_processor.camera_options import TriggeredBy
from snapshot_processor.events import Composer, state_of
from snapshot_processor.ledger.pictures import Seen
from snapshot_processor.model import Detection, Gate, Status

from .kit import NOTHING, NOW, PERSON, PORCH, Home, jpeg_of, png_of


def gated(gate: Gate) -> Detection:
    return Detection(status=Status.GATED, reason=gate)


@pytest.mark.parametrize(
    ("detection", "by_image", "by_detection"),
    [
        (PERSON, True, True),
        (NOTHING, True, False),
        (gated(Gate.SENT_AGAIN), False, False),
        (gated(Gate.DUPLICATE), True, False),
        (gated(Gate.MOTION), True, False),
        (gated(Gate.COOL_DOWN), True, False),
        (gated(Gate.BUDGET), True, True),
        (gated(Gate.BUSY), True, True),
        (Detection(status=Status.FAILED, reason="no network"), True, True),
        (Detection(status=Status.OFF), True, True),
    ],
)
def test_a_picture_is_a_trigger(detection: Detection, by_image: bool, by_detection: bool) -> None:
    for triggered_by, wanted in ((TriggeredBy.IMAGE, by_image), (TriggeredBy.DETECTION, by_detection)):
        assert state_of(detection, triggered_by) == ("triggered" if wanted else "OK")


def test_an_event_says_what_the_wire_says_it_does(home: Home) -> None:
    home.upload(jpeg_of(1), ago=2)
    home.sweep()
    home.look()
    (known,) = home.pictures()
    said = Composer(home.ledger.pictures, home.store, home.cameras).event(known.id)
    assert said is not None
    (device,) = said["inputs"]
    assert known.marked is not None
    assert device == {
        "device_key": PORCH,
        "device_label": "camera",
        "type": "camera",
        "location": "Porch",
        "state": "triggered",
        "event_detail": "1 person(s)",
        "image": jpeg_of(1),
        "image_annotated": home.store.path(known.marked).read_bytes(),
        "image_timestamp": NOW - 2,
        "image_id": known.id,
        "storage_path": known.path,
        "operation": "upload",
        "detection": {
            "status": "done",
            "reason": None,
            "detector": "fake",
            "people": 1,
            "objects": [{"label": "person", "category": "person", "confidence": 90.0, "box": None}],
        },
    }
    assert said["message_id"] == known.message_id
    assert said["timestamp"].startswith("2026-09-21T")


def test_on_mqtt_both_pictures_go_ahead_of_the_event(home: Home) -> None:
    home.upload(jpeg_of(1))
    home.sweep()
    home.look()
    (known,) = home.pictures()
    said = Composer(home.ledger.pictures, home.store, home.cameras).event(known.id)
    assert said is not None
    sent = Voice(topic="snapshot", name="home").publications(Transport.MQTT, Kind.EVENT, said)
    assert [one.address for one in sent] == [
        "event_hub/snapshot/home/image/porch_camera",
        "event_hub/snapshot/home/image/porch_camera/annotated",
        "event_hub/snapshot/home/event",
    ]
    (device,) = json.loads(sent[-1].body)["inputs"]
    assert not {"image", "image_annotated"} & set(device)


def test_a_png_goes_out_as_a_jpeg(home: Home) -> None:
    home.upload(png_of(1))
    home.sweep()
    home.look()
    assert home.events()[0]["image"][:3] == b"\xff\xd8\xff"


def test_a_picture_that_is_forgotten_or_not_looked_at_is_not_told(home: Home) -> None:
    composer = Composer(home.ledger.pictures, home.store, home.cameras)
    assert composer.event(1) is None
    known = home.kept(seen=False)
    assert composer.event(known.id) is None


def test_a_drawing_that_has_gone_is_left_out(home: Home) -> None:
    known = home.kept(seen=False)
    seen = Seen(detection=PERSON, summary="1 person(s)", marked="porch-camera/x/human_1.jpg", marked_size=5)
    home.ledger.pictures.looked_at(known, seen, to_archive=False)
    (device,) = home.events()
    assert "image" in device
    assert "image_annotated" not in device


@pytest.mark.parametrize("detection", [PERSON, NOTHING, gated(Gate.BUSY), Detection(status=Status.FAILED, reason="x")])
def test_a_detection_comes_back_from_the_ledger_as_it_was(detection: Detection) -> None:
    assert Detection.of_wire(json.loads(json.dumps(detection.wire()))) == detection
