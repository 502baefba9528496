"""What only the apps tell, and how much of it is too much."""

import json
from typing import Any

from hypothesis import given, strategies as st
import msgpack
import pytest

from custom_components.event_hub.wire.amqp import parse_amqp
from custom_components.event_hub.wire.apps import PART_LIMIT, THING_LIMIT
from custom_components.event_hub.wire.detection import Category, DetectionStatus
from custom_components.event_hub.wire.messages import ImageFrame, InputReport, ParseError, Report
from custom_components.event_hub.wire.mqtt import parse_mqtt

NOW = 1722116216.0


def report(content: dict[str, Any], kind: str = "notify") -> Report:
    message = parse_amqp(f"event.{kind}.snapshot.home", msgpack.packb({"schema": 1, **content}), received_at=NOW)
    assert isinstance(message, Report)
    return message


def looked_at(**said: Any) -> Report:
    return report({"inputs": [{"device_key": "Porch", "type": "camera", **said}]})


def camera(**said: Any) -> InputReport:
    (found,) = looked_at(**said).inputs
    return found


@pytest.mark.parametrize("status", DetectionStatus)
@pytest.mark.parametrize(("state", "active"), [("triggered", True), ("OK", False)])
def test_only_a_picture_that_was_looked_at_tells_that_all_is_clear(
    status: DetectionStatus, state: str, active: bool
) -> None:
    expected = active if active or status is DetectionStatus.DONE else None
    assert camera(state=state, detection={"status": status}, image=b"jpeg").active is expected


@pytest.mark.parametrize("detection", [{"status": "dreamt"}, {}, "done", 1])
def test_a_detection_that_is_not_understood_does_not_tell_that_all_is_clear(detection: object) -> None:
    assert camera(state="OK", detection=detection, image=b"jpeg").active is None


@pytest.mark.parametrize("image", [{}, {"image": b"jpeg"}])
def test_when_a_picture_was_taken_is_read_with_it_and_without(image: dict[str, bytes]) -> None:
    found = camera(image_timestamp=NOW - 2, **image)
    assert (found.image_at, "image_timestamp" in found.extra) == (NOW - 2, False)


def test_people_are_counted_where_the_app_does_not() -> None:
    things = [{"label": label, "category": category} for label, category in (("a", "person"), ("b", "animal"))]
    detection = camera(detection={"status": "done", "objects": things}).detection
    assert detection is not None
    assert (detection.people, [thing.category for thing in detection.things]) == (1, [Category.PERSON, Category.ANIMAL])


def test_no_more_is_in_a_picture_than_anybody_reads() -> None:
    things = [{"label": str(number), "category": "other"} for number in range(THING_LIMIT + 5)]
    read = looked_at(detection={"status": "done", "objects": things})
    detection = read.inputs[0].detection
    assert detection is not None
    assert len(detection.things) == THING_LIMIT
    assert [each.reason for each in read.rejections] == ["too_large"]


@pytest.mark.parametrize("objects", [{}, "person", 3])
def test_things_that_are_no_list_are_refused_and_the_detection_stays(objects: object) -> None:
    read = looked_at(detection={"status": "done", "people": 2, "objects": objects})
    detection = read.inputs[0].detection
    assert detection is not None
    assert (detection.people, detection.things) == (2, ())
    assert [each.reason for each in read.rejections] == ["wrong_type"]


@pytest.mark.parametrize("detection", [[], "done", 1, {"status": None}, {}])
def test_a_detection_that_is_none_costs_the_event_nothing(detection: object) -> None:
    read = looked_at(state="triggered", detection=detection)
    assert (read.inputs[0].active, read.inputs[0].detection) == (True, None)
    assert len(read.rejections) == 1


def test_a_device_of_the_fleet_has_no_detection() -> None:
    body = msgpack.packb({"inputs": [{"device_key": "Porch", "state": "on", "detection": {"status": "done"}}]})
    message = parse_amqp("event.notify.snapshot", body, received_at=NOW)
    assert isinstance(message, Report)
    assert (message.inputs[0].detection, message.rejections) == (None, ())


def test_no_app_has_more_parts_than_anybody_looks_at() -> None:
    parts = {f"part {number}": {"ok": True} for number in range(PART_LIMIT + 1)}
    read = report({"health": parts}, "heartbeat")
    assert read.health is not None
    assert len(read.health) == PART_LIMIT
    assert [each.reason for each in read.rejections] == ["too_large"]


def test_an_event_tells_nothing_of_health_and_budget() -> None:
    read = report({"health": {"detector": {"ok": False}}, "budget": {"calls_today": 1}})
    assert (read.health, read.budget, read.rejections) == (None, None, ())


def test_an_app_may_say_that_it_has_no_parts() -> None:
    assert report({"health": {}}, "heartbeat").health == ()
    assert report({}, "heartbeat").health is None


@given(
    numbers=st.fixed_dictionaries(
        {},
        optional={
            **{name: st.integers(0, 2**53 - 1) for name in ("calls_today", "calls_per_day", "calls_this_month")},
            **{name: st.floats(0, 1e9) for name in ("cost_today", "cost_this_month")},
            "currency": st.sampled_from(["USD", "EUR"]),
        },
    )
)
def test_what_an_app_says_it_spent_is_what_is_read(numbers: dict[str, Any]) -> None:
    read = report({"budget": numbers}, "heartbeat")
    assert read.rejections == ()
    assert {name: getattr(read.budget, name) for name in numbers} == numbers


@pytest.mark.parametrize(("slug", "annotated"), [("porch", False), ("porch/annotated", True), ("annotated", False)])
def test_an_annotated_picture_is_told_from_a_clean_one_by_its_topic(slug: str, annotated: bool) -> None:
    frame = parse_mqtt(f"event_hub/snapshot/home/image/{slug}", b"jpeg", received_at=NOW)
    assert isinstance(frame, ImageFrame)
    assert (frame.slug, frame.annotated) == (slug.split("/", maxsplit=1)[0], annotated)


@pytest.mark.parametrize("topic", ["image", "image/porch/clean", "image/porch/annotated/again"])
def test_other_topics_of_pictures_are_refused(topic: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parse_mqtt(f"event_hub/snapshot/home/{topic}", b"jpeg", received_at=NOW)
    assert refusal.value.reason == "unknown_address"


def test_an_app_says_the_same_on_either_broker() -> None:
    content = {"schema": 1, "health": {"storage": {"ok": False, "detail": "full"}}, "budget": {"calls_today": 3}}
    mqtt = parse_mqtt("event_hub/snapshot/home/heartbeat", json.dumps(content).encode(), received_at=NOW)
    amqp = report(content, "heartbeat")
    assert isinstance(mqtt, Report)
    assert (mqtt.health, mqtt.budget) == (amqp.health, amqp.budget)
