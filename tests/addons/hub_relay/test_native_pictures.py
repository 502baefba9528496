"""Pictures on the native wire: clean and drawn in, sent or asked for."""

import json
from typing import Any

import msgpack
import pytest

from hub_relay.native import Kind, Transport, Voice, event, heartbeat

HOME = Voice(topic="snapshot", name="home")
CLEAN, DRAWN = b"\xff\xd8\xff clean", b"\xff\xd8\xff drawn"
CAMERA = {"device_key": "Porch Camera", "type": "camera"}


def said(**device: object) -> dict[str, Any]:
    return event(timestamp=1_722_116_215.0, inputs=[{**CAMERA, **device}])


def test_both_pictures_go_ahead_of_the_event_on_mqtt() -> None:
    clean, drawn, rest = HOME.publications(Transport.MQTT, Kind.EVENT, said(image=CLEAN, image_annotated=DRAWN))
    assert (clean.address, clean.body) == ("event_hub/snapshot/home/image/porch_camera", CLEAN)
    assert (drawn.address, drawn.body) == ("event_hub/snapshot/home/image/porch_camera/annotated", DRAWN)
    assert json.loads(rest.body)["inputs"] == [CAMERA]


def test_both_pictures_are_inside_the_event_on_rabbitmq() -> None:
    (one,) = HOME.publications(Transport.AMQP, Kind.EVENT, said(image=CLEAN, image_annotated=DRAWN))
    assert msgpack.unpackb(one.body)["inputs"] == [{**CAMERA, "image": CLEAN, "image_annotated": DRAWN}]


@pytest.mark.parametrize(
    ("operation", "ending"), [({"operation": "fetch"}, ".image"), ({"operation": "upload"}, ""), ({}, "")]
)
def test_a_picture_that_was_asked_for_has_the_fleets_key(operation: dict[str, str], ending: str) -> None:
    content = said(image=CLEAN, **operation)
    (amqp,) = HOME.publications(Transport.AMQP, Kind.EVENT, content)
    assert amqp.address == f"event.notify.snapshot.home{ending}"
    assert HOME.publications(Transport.MQTT, Kind.EVENT, content)[-1].address == "event_hub/snapshot/home/event"


def test_a_heartbeat_without_pictures_has_one_address() -> None:
    body = heartbeat(timestamp=1_722_116_215.0, uptime=1, inputs=[CAMERA], outputs=[])
    (one,) = HOME.publications(Transport.AMQP, Kind.HEARTBEAT, body)
    assert (one.address, one.lasting) == ("event.heartbeat.snapshot.home", False)
