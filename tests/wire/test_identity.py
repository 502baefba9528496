import json
from typing import Any

from hypothesis import given, strategies as st
import msgpack
import pytest

from custom_components.event_hub.wire.amqp import parse_amqp
from custom_components.event_hub.wire.messages import Dialect, Message, ParseError, Report
from custom_components.event_hub.wire.mqtt import parse_mqtt, sender_of
from custom_components.event_hub.wire.slug import slug

NOW = 1722116216.0
WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=20)


def on_amqp(routing_key: str, content: dict[str, Any]) -> Message:
    return parse_amqp(routing_key, msgpack.packb(content), received_at=NOW)


def on_mqtt(topic: str, content: dict[str, Any] | None = None) -> Message:
    body = b"OK" if content is None else json.dumps(content).encode()
    return parse_mqtt(topic, body, received_at=NOW)


@given(topic=WORDS, name=WORDS)
def test_a_native_source_is_the_same_on_either_broker(topic: str, name: str) -> None:
    content = {"schema": 1}
    amqp = on_amqp(f"event.notify.{topic}.{name}", content).source
    mqtt = on_mqtt(f"event_hub/{topic}/{name}/event", content).source
    assert amqp.source_id == mqtt.source_id == f"{topic}.{name}"
    assert amqp.dialect is mqtt.dialect is Dialect.NATIVE


def test_a_sensor_board_is_one_source_in_reports_and_heartbeats() -> None:
    assert on_mqtt("sensor/garage/esp32_1", {}).source == on_mqtt("sensor/heartbeat/esp32_1").source


def test_a_switch_board_is_one_source_in_states_and_heartbeats() -> None:
    assert on_mqtt("switch/state/esp32_1", {"switches": []}).source == on_mqtt("switch/heartbeat/esp32_1").source


def test_a_meter_board_is_one_source_in_readings_of_all_its_meters_and_heartbeats() -> None:
    water, gas = (on_mqtt(f"meter/{name}", {"device_id": "esp32_1"}).source for name in ("water", "gas"))
    assert water == gas == on_mqtt("meter/heartbeat/esp32_1").source


def test_a_fetched_frame_is_from_the_program_that_uploads() -> None:
    assert on_amqp("event.notify.snapshot.attic.image", {}).source == on_amqp("event.notify.snapshot.attic", {}).source


def test_a_device_called_image_keeps_its_name() -> None:
    assert on_amqp("event.notify.ioboard.image", {}).source.source_id == "ioboard.image"


def test_the_generation_of_a_device_is_told_by_its_body() -> None:
    legacy = on_amqp("event.heartbeat.ioboard.shed", {"data": {}}).source
    current = on_amqp("event.heartbeat.ioboard.shed", {"inputs": []}).source
    assert (legacy.dialect, current.dialect) == (Dialect.LEGACY, Dialect.CURRENT)
    assert legacy.source_id == current.source_id


def test_the_election_of_a_leader_is_one_source_an_app_whoever_leads() -> None:
    def elect(step: str, device: str) -> str:
        data = {"app_name": "snapshots", "device_name": device, "leader_elect": device}
        return on_amqp(f"event.leader.{step}", {"data": data}).source.source_id

    assert elect("elect", "attic") == elect("notify", "cellar") == "leader.snapshots"


@pytest.mark.parametrize("address", ["event.notify", "event.notify..x", "x.notify.a.b", "event.notify.a.b\n", ""])
def test_a_routing_key_that_names_no_source_is_refused(address: str) -> None:
    with pytest.raises(ParseError) as refusal:
        on_amqp(address, {})
    assert refusal.value.reason == "unknown_address"


@given(st.text())
def test_a_slug_is_one_level_of_a_topic_and_its_own_slug(text: str) -> None:
    made = slug(text)
    assert made
    assert slug(made) == made
    assert all(letter == "_" or letter.isalnum() for letter in made)


def test_a_key_that_is_derived_does_not_depend_on_letter_case_or_blanks() -> None:
    def derived(location: str, label: str) -> str:
        report = on_amqp("event.notify.a.b", {"inputs": [{"location": location, "device_label": label}]})
        assert isinstance(report, Report)
        return report.inputs[0].device_key

    assert derived("front  porch", "DOOR bell") == derived("Front Porch", "door Bell") == "Front Porch Door Bell"


@pytest.mark.parametrize("topic", ["event_hub", "event_hub_expected", "home_assistant"])
def test_nobody_reports_under_the_name_of_the_hubs_own_sources(topic: str) -> None:
    with pytest.raises(ParseError) as refused:
        on_amqp(f"event.notify.{topic}", {"inputs": [{"device_key": "Panic", "state": "triggered"}]})
    assert refused.value.reason == "unknown_address"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("event_hub/ioboard/garage/event", "event_hub/ioboard/garage/image/door/annotated"),
        ("sensor/garage/esp32_1", "sensor/heartbeat/esp32_1"),
        ("switch/state/esp32_1", "switch/heartbeat/esp32_1"),
    ],
)
def test_all_topics_of_a_board_are_of_one_sender(one: str, other: str) -> None:
    assert sender_of(one) == sender_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("event_hub/ioboard/garage/event", "event_hub/ioboard/shed/event"),
        ("sensor/garage/esp32_1", "sensor/garage/esp32_2"),
        ("meter/water", "meter/gas"),
    ],
)
def test_topics_of_different_boards_are_of_different_senders(one: str, other: str) -> None:
    assert sender_of(one) != sender_of(other)
