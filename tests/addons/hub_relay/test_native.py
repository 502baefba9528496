"""What a device says is what the contract's golden messages are."""

import base64
import json
from typing import Any

from hypothesis import given, strategies as st
import msgpack
import pytest

from hub_relay.links import Publication
from hub_relay.native import Kind, Status, Transport, Voice, event, heartbeat, result, slug

from .kit import CONTRACT

SENT_AT = 1722116215.164904
MESSAGE_ID = "6f1d0a52-9a7e-4f0e-8f0b-0d9c2f6f6a11"
COMMAND_ID = "c0ffee00-1111-4222-8333-444455556666"
GARAGE = Voice(topic="remote_monitor", name="garage")
ATTIC = Voice(topic="snapshot_processor", name="attic")
DOOR = {"device_key": "Front Door", "device_label": "Front Door", "type": "contact", "location": "Hall"}
SIREN = {
    "device_key": "Garage Siren",
    "device_label": "Siren",
    "type": "siren",
    "location": "Garage",
    "device_params": "30",
}
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


def said_heartbeat() -> dict[str, Any]:
    return heartbeat(
        timestamp=SENT_AT,
        uptime=3600.5,
        inputs=[DOOR | {"group_name": "Doors"}],
        outputs=[SIREN],
        message_id=MESSAGE_ID,
    )


def said_event() -> dict[str, Any]:
    changed = DOOR | {"state": "triggered", "sample_value": 62, "event_detail": "Tamper"}
    return event(timestamp=SENT_AT, inputs=[changed], message_id=MESSAGE_ID)


def said_result(status: Status, detail: str | None = None) -> dict[str, Any]:
    return result(
        timestamp=SENT_AT,
        command_id=COMMAND_ID,
        device_key="Garage Siren",
        status=status,
        detail=detail,
        message_id=MESSAGE_ID,
    )


def golden(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((CONTRACT / "native" / f"{name}.json").read_text(encoding="utf-8"))
    return content


def decoded(publication: Publication, encoding: str) -> object:
    return json.loads(publication.body) if encoding == "json" else msgpack.unpackb(publication.body)


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("heartbeat_amqp", Kind.HEARTBEAT, said_heartbeat()),
        ("heartbeat_mqtt", Kind.HEARTBEAT, said_heartbeat()),
        ("event_amqp", Kind.EVENT, said_event()),
        ("event_mqtt", Kind.EVENT, said_event()),
        ("result_accepted_mqtt", Kind.RESULT, said_result(Status.ACCEPTED)),
        ("result_done_mqtt", Kind.RESULT, said_result(Status.DONE)),
        ("result_done_amqp", Kind.RESULT, said_result(Status.DONE)),
        ("result_expired_mqtt", Kind.RESULT, said_result(Status.EXPIRED, "too old when it came")),
        ("result_failed_mqtt", Kind.RESULT, said_result(Status.FAILED, "no answer from the camera")),
    ],
)
def test_what_is_said_is_the_golden_message(name: str, kind: Kind, content: dict[str, Any]) -> None:
    wanted = golden(name)
    (publication,) = GARAGE.publications(Transport(wanted["transport"]), kind, content)
    assert publication.address == wanted["address"]
    assert decoded(publication, wanted["encoding"]) == wanted["body"]
    assert publication.lasting is (kind is not Kind.HEARTBEAT)


@pytest.mark.parametrize("name", ["status_online", "status_offline"])
def test_the_status_topic_is_that_of_the_contract(name: str) -> None:
    assert GARAGE.mqtt("status") == golden(name)["address"]


def test_an_image_goes_inside_the_event_on_rabbitmq() -> None:
    wanted = golden("event_camera_amqp")
    camera = wanted["body"]["inputs"][0] | {"image": JPEG}
    said = event(timestamp=SENT_AT, inputs=[camera], message_id=MESSAGE_ID)
    (publication,) = ATTIC.publications(Transport.AMQP, Kind.EVENT, said)
    assert publication.address == wanted["address"]
    assert msgpack.unpackb(publication.body) == wanted["body"] | {"inputs": [camera]}


def test_an_image_goes_ahead_of_its_event_on_mqtt() -> None:
    wanted = golden("image_mqtt")
    said = event(timestamp=SENT_AT, inputs=[{"device_key": "Gate Camera", "image": JPEG, "state": "OK"}])
    image, rest = ATTIC.publications(Transport.MQTT, Kind.EVENT, said)
    assert image.address == wanted["address"]
    assert image.body == JPEG == base64.b64decode(wanted["body"]["$bytes"])
    assert json.loads(rest.body)["inputs"] == [{"device_key": "Gate Camera", "state": "OK"}]
    assert said["inputs"][0]["image"] == JPEG


def test_commands_come_where_the_contract_says() -> None:
    for name, address in (("native_mqtt", GARAGE.mqtt("command")), ("native_amqp", GARAGE.command_key)):
        sends = json.loads((CONTRACT / "commands" / f"{name}.json").read_text(encoding="utf-8"))["sends"]
        assert address == sends["address"]


def test_device_keys_become_the_slugs_of_the_contract() -> None:
    slugs = json.loads((CONTRACT / "slugs.json").read_text(encoding="utf-8"))
    assert {key: slug(key) for key in slugs} == slugs


@given(st.text())
def test_a_slug_is_one_level_of_a_topic_and_its_own_slug(key: str) -> None:
    level = slug(key)
    assert level
    assert not set(level) & set("/+#\0 ")
    assert slug(level) == level


def test_every_message_has_an_id_of_its_own() -> None:
    ids = {event(timestamp=SENT_AT, inputs=[])["message_id"] for _ in range(100)}
    assert len(ids) == 100


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("", "garage"),
        ("a/b", "garage"),
        ("a.b", "garage"),
        ("a", ""),
        ("a", "b/c"),
        ("a", "#"),
        ("a", "b\n"),
        ("a", "b" * 101),
    ],
)
def test_a_name_that_would_change_the_address_is_refused(topic: str, name: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in an address"):
        Voice(topic=topic, name=name)


def test_json_has_no_word_for_nan() -> None:
    said = event(timestamp=SENT_AT, inputs=[{"device_key": "a", "sample_value": float("nan")}])
    with pytest.raises(ValueError, match="JSON"):
        GARAGE.publications(Transport.MQTT, Kind.EVENT, said)
