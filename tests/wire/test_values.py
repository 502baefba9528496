import json
from typing import Any

import msgpack
import pytest

from custom_components.event_hub.wire.amqp import parse_amqp
from custom_components.event_hub.wire.bodies import AMQP_LIMIT, IMAGE_LIMIT, JSON_LIMIT
from custom_components.event_hub.wire.devices import DEVICE_LIMIT
from custom_components.event_hub.wire.messages import ImageFrame, InputReport, ParseError, Report
from custom_components.event_hub.wire.mqtt import parse_mqtt

NOW = 1722116216.0
YEAR = 365 * 86400.0


def report(content: dict[str, Any], address: str = "event.notify.a.b") -> Report:
    message = parse_amqp(address, msgpack.packb(content, datetime=True), received_at=NOW)
    assert isinstance(message, Report)
    return message


def device(**said: Any) -> InputReport:
    (found,) = report({"inputs": [{"device_key": "Front Door", **said}]}).inputs
    return found


@pytest.mark.parametrize(
    ("spelling", "sent_at"),
    [
        ("2024-07-27T21:36:55Z", 1722116215.0),
        ("2024-07-27T21:36:55.164904+0000", 1722116215.164904),
        ("2024-07-27T23:36:55+02:00", 1722116215.0),
        ("2024-07-27T21:36:55", 1722116215.0),
        (1722116215, 1722116215.0),
        (1722116215.25, 1722116215.25),
        ("1722116215.25", 1722116215.25),
        (msgpack.Timestamp(1722116215), 1722116215.0),
        (1577836800, 1577836800.0),
        (1577836799, None),
        (0, None),
        (-5, None),
        ("12.5", None),
        ("1970-01-01T00:00:07Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        (NOW + 9 * YEAR, NOW + 9 * YEAR),
        (None, None),
    ],
)
def test_a_time_is_read_in_every_spelling_of_the_fleet(spelling: object, sent_at: float | None) -> None:
    read = report({"timestamp": spelling})
    assert (read.sent_at, read.rejections) == (sent_at, ())


@pytest.mark.parametrize(
    "spelling",
    [
        *("", "soon", "2024-13-01T00:00:00Z", "nan", "1e400", "9" * 100),
        *(float("nan"), float("inf"), -float("inf"), 1722116215000, NOW + 11 * YEAR),
        *(True, ["2024"], b"1722116215"),
    ],
)
def test_a_time_that_is_none_is_refused_and_costs_nothing_else(spelling: object) -> None:
    read = report({"timestamp": spelling, "inputs": [{"device_key": "Front Door", "state": "on"}]})
    assert (read.sent_at, [each.reason for each in read.rejections]) == (None, ["bad_time"])
    assert read.inputs[0].active is True


def test_an_image_is_dated_by_the_device() -> None:
    assert device(image=b"jpeg", image_timestamp="1722116214").image_at == 1722116214.0


@pytest.mark.parametrize("kind", ["camera", "Camera", "CAMERA"])
def test_the_image_of_a_camera_triggers_in_an_event_only(kind: str) -> None:
    content = {"inputs": [{"device_key": "Gate", "type": kind, "image": b"jpeg"}]}
    assert report(content).inputs[0].active is True
    assert report(content, "event.heartbeat.a.b").inputs[0].active is None


@pytest.mark.parametrize(("said", "active"), [(True, True), (False, False), (" On ", True), ("clear", False)])
def test_a_state_is_a_word_or_a_yes_or_no(said: object, active: bool) -> None:
    assert device(state=said).active is active


@pytest.mark.parametrize(("said", "value"), [(7, 7), (1.5, 1.5), (float("nan"), None), (float("inf"), None)])
def test_a_sample_is_a_finite_number_or_nothing(said: float, value: float | None) -> None:
    assert device(sample_value=said).value == value


def test_a_whole_number_too_large_for_a_database_becomes_a_floating_one() -> None:
    value = device(sample_value=2**63).value
    assert (type(value), value) == (float, float(2**63))


def test_extras_are_bounded() -> None:
    extra = device(**{f"note_{number}": "x" * 300 for number in range(50)}).extra
    assert len(extra) == 32
    assert set(map(len, map(str, extra.values()))) == {255}


def test_a_message_id_that_is_no_text_is_refused_alone() -> None:
    read = report({"message_id": ["a"], "inputs": [{"device_key": "Front Door", "state": "on"}]})
    assert (read.message_id, [each.reason for each in read.rejections]) == (None, ["bad_key"])
    assert read.inputs[0].active is True


def test_more_devices_than_any_board_has_are_refused_once() -> None:
    read = report({"inputs": [{"device_key": str(number)} for number in range(DEVICE_LIMIT + 5)]})
    assert len(read.inputs) == DEVICE_LIMIT
    assert [each.reason for each in read.rejections] == ["too_large"]


def test_a_body_of_exactly_the_limit_is_read() -> None:
    empty = msgpack.packb({"inputs": [{"device_key": "Gate", "image": bytes(70_000)}]})
    content = {"inputs": [{"device_key": "Gate", "image": bytes(70_000 + AMQP_LIMIT - len(empty))}]}
    body = msgpack.packb(content)
    assert len(body) == AMQP_LIMIT
    assert isinstance(parse_amqp("event.notify.a.b", body, received_at=NOW), Report)
    padded = b'{"a":1' + b" " * (JSON_LIMIT - 7) + b"}"
    assert isinstance(parse_mqtt("event_hub/a/b/event", padded, received_at=NOW), Report)


@pytest.mark.parametrize("small", [b"\x80", b"\x90", b"\x01", b"\xa2ab"])
def test_a_small_body_cannot_become_a_heap_of_objects(small: bytes) -> None:
    row = b"\xdc\x04\x00" + small * 1024
    with pytest.raises(ParseError) as refusal:
        parse_amqp("event.notify.a.b", b"\x81\xa1a\xdc\x00\xff" + row * 255, received_at=NOW)
    assert refusal.value.reason == "too_large"


def test_an_image_may_be_larger_than_json_but_not_than_its_own_limit() -> None:
    frame = parse_mqtt("event_hub/a/b/image/gate", bytes(JSON_LIMIT + 1), received_at=NOW)
    assert isinstance(frame, ImageFrame)
    with pytest.raises(ParseError) as refusal:
        parse_mqtt("event_hub/a/b/image/gate", bytes(IMAGE_LIMIT + 1), received_at=NOW)
    assert refusal.value.reason == "too_large"


def test_sixteen_levels_are_not_too_deep() -> None:
    content: Any = 1
    for _ in range(15):
        content = [content]
    assert report({"x": content}).rejections == ()
    body = json.dumps({"x": content}).encode()
    assert isinstance(parse_mqtt("event_hub/a/b/event", body, received_at=NOW), Report)


def test_a_link_that_is_no_web_address_is_never_offered() -> None:
    assert device(storage_url="https://drive.example/a?b=c").storage_url == "https://drive.example/a?b=c"
    for link in ("javascript:alert(1)", "file:///etc/passwd", "https://x\n.example", "https://x/" + "a" * 3000, 5, ""):
        assert device(storage_url=link).storage_url is None


def test_a_refusal_does_not_repeat_parameters_that_may_be_a_password() -> None:
    read = report({"outputs": [{"device_key": "Gate", "device_params": "admin:hunter2@\x01"}, {"device_key": "Bell"}]})
    assert [device.device_key for device in read.outputs] == ["Bell"]
    assert read.rejections[0].reason == "wrong_type"
    assert "hunter2" not in read.rejections[0].detail


def test_parameters_and_addresses_are_refused_rather_than_cut() -> None:
    outputs = [{"device_key": "A", "device_params": "1" * 256}, {"device_key": "B", "trigger_topic": "x" * 256}]
    read = report({"outputs": [*outputs, {"device_key": "C", "device_params": "1" * 255}]})
    assert [device.device_key for device in read.outputs] == ["C"]
    assert [each.reason for each in read.rejections] == ["too_large", "too_large"]


@pytest.mark.parametrize("name", [b"state", 7, 1.5, None, False])
def test_a_device_with_a_key_that_is_no_text_is_refused_alone(name: object) -> None:
    read = report({"inputs": [{"device_key": "Front Door", name: "on"}, {"device_key": "Back Door"}]})
    assert [device.device_key for device in read.inputs] == ["Back Door"]
    assert [each.reason for each in read.rejections] == ["wrong_type"]


def test_a_board_with_more_channels_than_any_has_is_refused() -> None:
    body = json.dumps({"switches": [0] * 65}).encode()
    with pytest.raises(ParseError) as refusal:
        parse_mqtt("switch/state/esp32_1", body, received_at=NOW)
    assert refusal.value.reason == "too_large"
