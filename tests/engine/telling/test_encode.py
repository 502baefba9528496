"""What is kept is read back as it was; what is garbled is named, and takes nothing else with it."""

from collections.abc import Callable
from dataclasses import replace
import json
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.status import AlarmKind
from custom_components.event_hub.engine.telling.encode import (
    VERSION,
    changes,
    decode,
    encode,
)
from custom_components.event_hub.engine.telling.model import Fault, Recent, Telling, Topic
from custom_components.event_hub.engine.telling.outbox import ANSWER_LIMIT
from custom_components.event_hub.engine.telling.state import Outbox, Posting

from .kit import MAIL, SMS, START, TELEGRAM, Post, alarm, always, pictured, telling

type Stored = dict[str, Any]

FULL = Telling(
    telling_id="1",
    at=START,
    topic=Topic.ALARM,
    label="Tür 🚪",
    input_key="Door",
    source_id="board",
    detail="opened",
    location="Hall",
    picture=pictured("1").picture,
    people=2,
    faces=1,
    recent=(Recent(label="Gate", at=START - 12, detail="opened", count=2),),
    by_button=True,
    critical=True,
    partition_id="house",
    partition="House",
    alarm_kind=AlarmKind.FIRE,
    by="Anna",
    lasted=1.5,
    until=START + 5,
    count=3,
    fault=Fault.LEFT_OPEN,
    affected=("Front Door",),
    areas=("Hall",),
    only_for=Topic.SILENT,
    not_to=("sms",),
)


def eventful() -> Outbox:
    """Return an outbox in which hardly anything is as in a fresh one."""
    post = Post(always(MAIL), TELEGRAM, SMS)
    post.down = {"sms"}
    post.post(telling("done"))
    post.hung = {"telegram"}
    post.post(alarm("fire"), pictured("anna"), pictured("ben"), telling("door"))
    post.wait(13)
    post.fails(permanent=True)
    post.wait(ANSWER_LIMIT + 13)
    post.hung = {"telegram", "mail"}
    post.post(telling("gate"))
    return post.outbox


def stored() -> Stored:
    return json.loads(json.dumps(encode(eventful())))  # type: ignore[no-any-return]


def test_an_eventful_outbox_has_something_of_everything() -> None:
    outbox = eventful()
    errands = [errand for posting in outbox.postings.values() for errand in posting.errands]
    assert any(posting.told for posting in outbox.postings.values())
    assert any(errand.tries for errand in errands)
    assert any(status.late for status in outbox.channels.values())
    assert any(status.attempt for status in outbox.channels.values())
    assert outbox.done == ("done",)


def test_an_outbox_is_read_back_as_it_was() -> None:
    restored = decode(stored())
    assert (restored.outbox, restored.garbled) == (eventful(), ())


def test_an_empty_outbox_takes_no_room() -> None:
    assert encode(Outbox()) == {}
    assert decode({}).outbox == Outbox()


def test_a_step_writes_what_it_changed_and_nothing_else() -> None:
    post = Post(TELEGRAM)
    post.hung = {"telegram"}
    post.post(telling("door"), telling("gate"))
    before = post.outbox
    post.arrives()
    assert set(changes(before, post.outbox)) == {"outbox", "channel.telegram", "posting.1"}
    assert changes(before, post.outbox)["posting.1"] is None
    assert changes(post.outbox, post.outbox) == {}


def test_a_restart_repeats_only_what_was_under_way() -> None:
    post = Post(TELEGRAM)
    post.post(telling("told"))
    post.hung = {"telegram"}
    post.post(telling("under way"))
    post.wait(12)
    post.restart()
    post.hung = set()
    post.wait(12)
    assert [tellings for _, tellings in post.messages] == [["told"], ["under way"], ["under way"]]
    assert post.told == [("telegram", "told"), ("telegram", "under way")]


def test_deadlines_run_on_while_the_hub_is_down() -> None:
    post = Post(TELEGRAM, SMS)
    post.hung = {"telegram"}
    post.post(alarm("fire"))
    post.now += 60
    post.restart()
    assert post.told == [("sms", "fire")]


def test_before_channels_are_loaded_nothing_is_lost() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram"}
    post.post(telling("door"))
    post.channels = ()
    post.restart()
    post.wait(1000)
    assert post.dropped == []
    post.down = set()
    post.set_up(TELEGRAM, SMS)
    assert ("telegram", "door") in post.told


def change(path: str, value: object) -> Callable[[Stored], None]:
    """Return what puts a value somewhere in what is stored."""
    *way, last = path.split("/")

    def put(content: Stored) -> None:
        part: Any = content
        for step in way:
            part = part[int(step)] if isinstance(part, list) else part[step]
        part[last] = value

    return put


FIRST = "posting.2"
GARBAGE = {
    "nothing": change(FIRST, None),
    "a list": change(FIRST, []),
    "no version": change(f"{FIRST}/version", None),
    "a version that is yes": change(f"{FIRST}/version", value=True),
    "a newer version": change(f"{FIRST}/version", VERSION + 1),
    "another number": change(f"{FIRST}/number", 7),
    "a number that is text": change(f"{FIRST}/number", "2"),
    "an unknown field": change(f"{FIRST}/password", "1234"),
    "an unknown topic": change(f"{FIRST}/telling/topic", "weather"),
    "no topic": change(f"{FIRST}/telling", {"telling_id": "x", "at": 1}),
    "a time that is text": change(f"{FIRST}/posted_at", "now"),
    "a time without end": change(f"{FIRST}/posted_at", float("inf")),
    "a time beyond all numbers": change(f"{FIRST}/posted_at", 10**400),
    "text that is a number": change(f"{FIRST}/telling/label", 1),
    "a yes that is a number": change(f"{FIRST}/undelivered", 1),
    "a list that is text": change(f"{FIRST}/told", "sms"),
    "a channel twice": change(f"{FIRST}/errands", [{"channel_id": "sms", "since": 1}] * 2),
    "a channel that told it": change(f"{FIRST}/errands", [{"channel_id": "mail", "since": 1}]),
    "less than no tries": change(f"{FIRST}/errands", [{"channel_id": "sms", "since": 1, "tries": -1}]),
}


@pytest.mark.parametrize("spoil", GARBAGE.values(), ids=GARBAGE)
def test_a_garbled_posting_is_named_and_the_others_are_used(spoil: Callable[[Stored], None]) -> None:
    content = stored()
    spoil(content)
    restored = decode(content)
    assert [each.key for each in restored.garbled] == [FIRST]
    expected = {number: each for number, each in eventful().postings.items() if number != 2}
    assert restored.outbox == replace(eventful(), postings=expected)


@pytest.mark.parametrize(
    "spoil",
    [
        change("channel.telegram/pause", -1),
        change("channel.telegram/channel_id", "sms"),
        change("channel.telegram/attempt", {"attempt_id": 0, "since": 1, "numbers": [1]}),
        change("channel.telegram/attempt", {"attempt_id": 1, "since": 1, "numbers": []}),
        change("outbox/number", -1),
        change("outbox", "full"),
        change("weather", {"version": 1}),
    ],
)
def test_a_garbled_channel_or_head_loses_no_posting(spoil: Callable[[Stored], None]) -> None:
    content = stored()
    spoil(content)
    restored = decode(content)
    assert len(restored.garbled) == 1
    assert restored.outbox.postings == eventful().postings
    assert restored.outbox.number >= max(restored.outbox.postings)


def test_a_telling_that_is_kept_twice_is_told_once() -> None:
    content = stored()
    content["posting.99"] = {**content[FIRST], "number": 99}
    assert decode(content).outbox.postings == eventful().postings


def test_what_is_wrong_is_told_with_its_place_and_without_its_value() -> None:
    content = stored()
    content[FIRST]["telling"]["topic"] = "s3cret"
    (garbled,) = decode(content).garbled
    assert garbled.problem.startswith("telling: topic: expected one of trigger, ")
    assert "s3cret" not in garbled.problem


def kept(telling: Telling) -> Telling:
    """Return a telling as it is read back."""
    outbox = Outbox(postings={1: Posting(number=1, telling=telling, posted_at=START)}, number=1)
    restored = decode(json.loads(json.dumps(encode(outbox))))
    assert restored.garbled == ()
    return restored.outbox.postings[1].telling


def test_a_telling_is_read_back() -> None:
    assert kept(FULL) == FULL


def test_the_telling_that_is_read_back_has_every_field_set() -> None:
    usual = Telling(telling_id="", at=0, topic=Topic.TRIGGER)
    assert all(getattr(FULL, name) != getattr(usual, name) for name in Telling.__slots__)


def test_half_a_surrogate_pair_is_kept_as_a_question_mark() -> None:
    assert kept(replace(FULL, detail="\ud83d!")).detail == "?!"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
# A machine with much else to do makes nothing of it wrong.
NO_HURRY = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
KEYS = st.sampled_from(["outbox", "posting.1", "posting.2", "channel.sms", "posting.x", ""])


@NO_HURRY
@given(st.dictionaries(KEYS, JSON | st.dictionaries(st.sampled_from(["version", "number", "done"]), JSON), max_size=4))
def test_whatever_is_stored_is_read_or_named(content: dict[str, object]) -> None:
    restored = decode(content)
    assert {each.key for each in restored.garbled} <= set(content)
    again = decode(encode(restored.outbox))
    assert (again.outbox, again.garbled) == (restored.outbox, ())
