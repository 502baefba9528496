from collections.abc import Callable
from dataclasses import replace
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.encode import (
    GarbledStatusError,
    decode,
    decode_record,
    encode,
    encode_record,
)
from custom_components.event_hub.engine.alarm.events import CodeRefused, WalkTest, ZonePictured
from custom_components.event_hub.engine.alarm.model import Actor, Mode
from custom_components.event_hub.engine.alarm.status import PartitionStatus
from custom_components.event_hub.storage.decode import decode as decode_stored
from custom_components.event_hub.storage.encode import to_json_object

from .kit import ANNA, Panel

type Stored = dict[str, Any]


def eventful() -> PartitionStatus:
    """Return a status in which hardly a field is as in a fresh one."""
    panel = Panel()
    panel.post(CodeRefused(actor=ANNA))
    panel.open("attic")
    panel.bypass("hall")
    panel.armed(Mode.HOME)
    panel.change(Mode.AWAY)
    panel.change(Mode.AWAY, force=True)
    panel.pulse("door")
    panel.pulse("water")
    panel.post(ZonePictured(zone="water", image="1.jpg"))
    panel.wait(60)
    panel.open("door")
    panel.lose("window")
    panel.restart()
    panel.open("garage")
    return panel.status


def stored() -> Stored:
    return json.loads(json.dumps(encode(eventful())))  # type: ignore[no-any-return]


def test_a_status_is_read_back_as_it_was() -> None:
    assert decode(stored()) == eventful()


def test_a_fresh_status_takes_no_room() -> None:
    assert encode(PartitionStatus()) == {}
    assert decode({}) == PartitionStatus()


def test_whoever_did_it_is_read_though_it_was_not_yet_kept_whether_they_may_disarm() -> None:
    before = {"kind": "code_user", "name": "Anna", "user_id": "anna"}
    assert decode_record(Actor, before) == replace(ANNA, disarms=False)
    assert decode_record(Actor, encode_record(ANNA)) == ANNA


def test_a_walk_test_is_read_back() -> None:
    panel = Panel()
    panel.post(WalkTest(actor=ANNA, life_safety=True))
    panel.open("door")
    assert decode(encode(panel.status)) == panel.status


def test_the_store_of_the_hub_reads_and_writes_it_as_well() -> None:
    status = eventful()
    assert decode_stored(PartitionStatus, json.loads(json.dumps(to_json_object(status)))) == status


def change(path: str, value: object) -> Callable[[Stored], object]:
    """Return what puts a value somewhere in a stored status."""
    *way, last = path.split(".")

    def put(content: Stored) -> object:
        part: Any = content
        for step in way:
            part = part[int(step)] if isinstance(part, list) else part[step]
        part[last] = value
        return content

    return put


GARBAGE: dict[str, Callable[[Stored], object]] = {
    "nothing": lambda _: None,
    "a list": lambda _: [],
    "text": lambda _: "armed",
    "a mode nobody knows": change("mode", "wide awake"),
    "a mode that is a number": change("mode", 1),
    "a time that is text": change("since", "yesterday"),
    "a time that is yes or no": lambda content: {**content, "since": True},
    "a time without end": change("since", float("inf")),
    "a time that is none": change("since", float("nan")),
    "a list that is text": change("bypassed", "door"),
    "a zone that is a number": change("bypassed", [1]),
    "a yes that is a number": change("siren", 1),
    "a count that is yes or no": change("lockout", {"wrong": True}),
    "a record that is a list": change("lockout", []),
    "half an alarm": change("memory", [{"at": 1.0}]),
    "an unknown field": change("password", "1234"),
    "an unknown field within": change("deadlines.0.colour", "red"),
    "a timer that runs twice": lambda content: {**content, "deadlines": content["deadlines"] * 2},
    "a delay while disarmed": change("mode", None),
    "a siren without an alarm": lambda content: {
        "siren": True,
        "alarm_kind": "fire",
        "mode": content["mode"],
    },
    "an alarm of no kind": change("alarm_kind", None),
    "a walk test without end": lambda _: {"walk": {}},
    "an entry delay that nothing started": change("entry_trips", []),
    "a timer of less than no time": change("deadlines.0.seconds", -1),
    "a deadline before all time": change("deadlines.0.due", -1),
}


@pytest.mark.parametrize("spoil", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused(spoil: Callable[[Stored], object]) -> None:
    content = stored()
    assert decode(content)
    with pytest.raises(GarbledStatusError):
        decode(spoil(content))


def test_what_is_wrong_is_told_with_its_place_and_without_its_value() -> None:
    with pytest.raises(GarbledStatusError, match=r"^deadlines: timer: expected one of lockout, ") as caught:
        decode({"deadlines": [{"timer": "s3cret", "due": 1, "seconds": 1}]})
    assert "s3cret" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(PartitionStatus.__slots__)), JSON, max_size=4))
def test_whatever_is_stored_is_read_or_refused(content: dict[str, object]) -> None:
    try:
        status = decode(content)
    except GarbledStatusError:
        return
    assert decode(encode(status)) == status
