"""Nothing that arrives may raise anything but ``ParseError``, and what is read must be fit to be stored and sent on."""

from collections.abc import Callable
import json
import tracemalloc
from typing import Any

from hypothesis import example, given, settings, strategies as st
import msgpack

from custom_components.event_hub.wire.amqp import parse_amqp
from custom_components.event_hub.wire.encode import encode_command
from custom_components.event_hub.wire.messages import Command, InputReport, Message, OutputReport, ParseError, Report
from custom_components.event_hub.wire.mqtt import parse_mqtt
from custom_components.event_hub.wire.reasons import Refused

from . import golden

NOW = 1722116216.0
WORDS = st.sampled_from(["ioboard", "snapshot", "garage", "esp32_1", "image", "heartbeat", "control", "", "+", "#"])
ROUTING_KEYS = st.one_of(
    st.text(max_size=300),
    st.builds(
        lambda kind, words: ".".join(["event", kind, *words]),
        st.sampled_from(["notify", "heartbeat", "trigger", "leader", "result", "control", "party"]),
        st.lists(WORDS, max_size=4),
    ),
)
TOPICS = st.one_of(
    st.text(max_size=300),
    st.builds(
        lambda root, words: "/".join([root, *words]),
        st.sampled_from(["sensor", "meter", "switch", "event_hub"]),
        st.lists(WORDS | st.sampled_from(["status", "event", "result", "command", "state"]), max_size=5),
    ),
)
KEYS = st.sampled_from(
    [
        *("timestamp", "inputs", "outputs", "data", "device_info", "active_devices", "samples", "storage_url"),
        *("device_key", "device_label", "type", "device_type", "location", "input_location", "group_name", "state"),
        *("sample_value", "event_detail", "image", "image_timestamp", "device_params", "trigger_topic", "app_name"),
        *("tamper", "fault", "detection", "objects", "people", "label", "category", "confidence", "box"),
        *("image_annotated", "image_id", "detector", "reason", "ok", "receiver", "currency", "calls_today"),
        *("schema", "message_id", "uptime", "command_id", "status", "detail", "device_id", "switches"),
        *("input_1", "input_2", "input_label", "active", "register_reading", "last_metered_minute", "pulse_discards"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["on", "triggered", "camera", "Smoke Detector", "done", "2024-07-27T21:36:55Z", "1722116215", 1]),
)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=6),
    max_leaves=25,
)
DETECTOR_WORDS = st.sampled_from(["done", "gated", "person", "vehicle", "sofa"])
THINGS = st.dictionaries(KEYS, SCALARS | DETECTOR_WORDS | st.lists(st.floats(0, 2), max_size=5), max_size=5)
DETECTIONS = st.fixed_dictionaries(
    {"status": DETECTOR_WORDS}, optional={"objects": st.lists(THINGS | PLAIN, max_size=3), "people": SCALARS}
)
LOOKED_AT = st.fixed_dictionaries({"device_key": st.text(max_size=5), "detection": DETECTIONS})
DEVICES = st.lists(st.dictionaries(KEYS, PLAIN, max_size=8) | LOOKED_AT | PLAIN, max_size=4)
NEARLY_VALID = st.fixed_dictionaries(
    {},
    optional={
        "timestamp": PLAIN,
        "inputs": DEVICES | PLAIN,
        "outputs": DEVICES | PLAIN,
        "data": st.dictionaries(st.sampled_from(["device_info", "active_devices", "samples"]), DEVICES | PLAIN),
        "schema": st.sampled_from([1, 1, 1, 2, None, "1"]),
        "message_id": PLAIN,
        "uptime": PLAIN,
        "health": st.dictionaries(st.text(max_size=5), PLAIN, max_size=4) | PLAIN,
        "budget": st.dictionaries(KEYS, PLAIN, max_size=4) | PLAIN,
        "status": PLAIN,
        "command_id": PLAIN,
        "device_id": SCALARS,
        "switches": PLAIN,
        "input_1": st.dictionaries(KEYS, PLAIN) | PLAIN,
    },
)
# MessagePack's maps may have keys that are no text.
ODD_KEYS = KEYS | st.integers(-1, 3) | st.floats() | st.none() | st.booleans() | st.binary(max_size=2)
ODD_MAPS = st.dictionaries(ODD_KEYS, SCALARS | DETECTIONS | st.dictionaries(ODD_KEYS, SCALARS, max_size=4), max_size=5)
ODD = st.dictionaries(
    st.sampled_from(["inputs", "outputs", "data", "health", "budget"]), ODD_MAPS | st.lists(ODD_MAPS, max_size=4)
)


def outcome(parse: Callable[..., Message], address: str, body: bytes) -> Message | None:
    """Return the message, or ``None`` for one that was refused the way it must be."""
    try:
        return parse(address, body, received_at=NOW)
    except ParseError as error:
        refusal = error
    assert refusal.reason in set(Refused)
    assert 0 < len(str(refusal).encode()) <= 1000
    return None


def check_fit(message: Message | None) -> None:
    """Check that no value of a message can break what stores it or sends it on."""
    if message is None:
        return
    assert 0 < len(message.source.source_id) <= 255
    json.dumps(golden.to_json(message), allow_nan=False, ensure_ascii=False).encode()
    if not isinstance(message, Report):
        return
    for device in message.inputs + message.outputs:
        assert 0 < len(device.device_key) <= 255
        assert not any(letter < " " or letter == "\x7f" for letter in device.device_key)
        assert len(device.extra) <= 32
        for text in (device.label, device.type, device.location, device.group, *device.extra):
            assert text is None or 0 < len(text) <= 255
        for value in device.extra.values():
            assert value is None or isinstance(value, str | bool | float) or -(2**63) <= value < 2**63
    keys = [device.device_key for device in message.inputs]
    assert len(set(keys)) == len(keys)
    for detection in filter(None, (device.detection for device in message.inputs)):
        assert 0 <= detection.people < 2**53
        assert all(thing.label and 0 <= (thing.confidence or 0) <= 100 for thing in detection.things)


@given(ROUTING_KEYS, st.binary(max_size=200))
@example("event.notify.a.b", b"\xc1")
@example("event.notify.a.b", b"\xdf\xff\xff\xff\xff")
@example("event.notify.a.b", b"\xdd\xff\xff\xff\xff" * 600)
@example("event.notify.a.b", b"\x91" * 5000)
@example("event.notify.a.b", b"\x81\xa9timestamp\xd6\xff\x66\xa5\x68\xb7")
@example("event.notify.a.b", b"\x81\xc7\x0c\xff" + b"\xff" * 12 + b"\x01")
@example("event.notify.a.b", b"\x81\xa1a\xc7\x0c\xff" + b"\xff" * 12)
def test_any_bytes_on_rabbitmq_are_read_or_refused(address: str, body: bytes) -> None:
    check_fit(outcome(parse_amqp, address, body))


@given(TOPICS, st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example("event_hub/a/b/event", b"[" * 200_000)
@example("event_hub/a/b/event", b'{"a":' * 100_000)
@example("event_hub/a/b/event", b'{"uptime": ' + b"9" * 5000 + b"}")
@example("event_hub/a/b/event", b'{"uptime": ' + b"9" * 4000 + b', "timestamp": ' + b"9" * 4000 + b"}")
@example("event_hub/a/b/event", b'{"inputs": [{"device_key": "\\ud800"}, {"device_key": "a", "\\udfff": "\\ud800"}]}')
@example("event_hub/a/b/event", b'{"uptime": 1e999, "timestamp": -1e999}')
@example("event_hub/a/b/event", b"\xef\xbb\xbf{}")
@example("switch/state/a", b'{"switches": [[], {}, 1e999, null, true]}')
def test_any_bytes_on_mqtt_are_read_or_refused(topic: str, payload: bytes) -> None:
    check_fit(outcome(parse_mqtt, topic, payload))


@settings(max_examples=300)
@given(ROUTING_KEYS, NEARLY_VALID | PLAIN | ODD)
def test_nearly_valid_messages_on_rabbitmq_are_read_or_refused(address: str, content: Any) -> None:
    check_fit(outcome(parse_amqp, address, msgpack.packb(content)))


@settings(max_examples=300)
@given(TOPICS, NEARLY_VALID | PLAIN)
def test_nearly_valid_messages_on_mqtt_are_read_or_refused(topic: str, content: Any) -> None:
    check_fit(outcome(parse_mqtt, topic, json.dumps(content).encode()))


@settings(max_examples=300)
@given(
    st.sampled_from(["event.heartbeat.ioboard.a", "event.notify.snapshot.a", "event.heartbeat.other.a"]),
    st.dictionaries(KEYS, SCALARS, max_size=8),
    st.dictionaries(KEYS, SCALARS, max_size=8),
    st.sampled_from([{}, {"schema": 1}]),
)
def test_what_a_device_advertises_is_either_encoded_or_refused_in_words(
    address: str, cause: dict[str, Any], output: dict[str, Any], schema: dict[str, int]
) -> None:
    devices = {"inputs": [{**cause, "device_key": "In"}], "outputs": [{**output, "device_key": "Out"}]}
    message = outcome(parse_amqp, address, msgpack.packb({**schema, **devices}))
    if not isinstance(message, Report):
        return
    inputs = message.inputs or (InputReport(device_key="In"),)
    for each in message.outputs or (OutputReport(device_key="Out"),):
        command = Command(
            command_id="c",
            source=message.source,
            output=each,
            cause=inputs[0],
            issued_at=NOW,
            expires_at=NOW + 90,
        )
        refusal = None
        try:
            ordered = msgpack.unpackb(encode_command(command).body)["output_triggered"]
            assert set(ordered) == {"device_key", "device_label", "device_type", "device_params"}
        except ValueError as error:
            refusal = str(error)
        assert refusal != ""


DEVICE_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=50).filter(
    lambda text: not text.isspace()
)


@given(
    devices=st.dictionaries(DEVICE_TEXT, st.tuples(st.booleans(), st.integers(0, 100), DEVICE_TEXT), max_size=5),
    message_id=st.uuids().map(str),
    sent_at=st.integers(1577836800, 1722116215),
)
def test_what_a_native_device_says_is_what_is_read_on_either_broker(
    devices: dict[str, tuple[bool, int, str]], message_id: str, sent_at: int
) -> None:
    said = [
        {"device_key": key, "state": "on" if active else "off", "sample_value": value, "event_detail": detail}
        for key, (active, value, detail) in devices.items()
    ]
    content = {"schema": 1, "message_id": message_id, "timestamp": sent_at, "inputs": said}
    amqp = parse_amqp("event.notify.a.b", msgpack.packb(content), received_at=NOW)
    mqtt = parse_mqtt("event_hub/a/b/event", json.dumps(content).encode(), received_at=NOW)
    assert isinstance(amqp, Report)
    assert isinstance(mqtt, Report)
    assert (amqp.inputs, amqp.message_id, amqp.sent_at) == (mqtt.inputs, mqtt.message_id, mqtt.sent_at)
    assert (amqp.message_id, amqp.sent_at, amqp.rejections) == (message_id, sent_at, ())
    assert {device.device_key: (device.active, device.value, device.detail) for device in amqp.inputs} == {
        key: (active, value, detail.strip()) for key, (active, value, detail) in devices.items()
    }


def test_descriptions_that_are_long_and_ever_new_are_not_kept_in_memory() -> None:
    def report(number: int) -> bytes:
        device = {"device_key": "Door", "device_label": f"{number} " + "x" * 100_000}
        return bytes(msgpack.packb({"inputs": [device]}))

    tracemalloc.start()
    try:
        for number in range(500):
            parse_amqp("event.heartbeat.ioboard.hall", report(number), received_at=0.0)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 5_000_000
