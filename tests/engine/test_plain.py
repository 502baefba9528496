"""The alarm's and the outbox's records as JSON: as they are read, whoever wrote them, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import json
import math
from pathlib import Path
from typing import Any

import pytest

from custom_components.event_hub.engine.alarm.effects import Cancelled, DuressRaised, TellOutside
from custom_components.event_hub.engine.alarm.encode import decode as decode_status, encode as encode_status
from custom_components.event_hub.engine.alarm.status import Alarm
from custom_components.event_hub.engine.plain import GarbledError, from_plain, to_plain
from custom_components.event_hub.engine.telling.encode import decode as decode_outbox, encode as encode_outbox

JOURNALS = Path(__file__).with_name("journals")


class Colour(StrEnum):
    """A word."""

    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A record in another."""

    name: str
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A record with one field of each kind."""

    part: Part
    parts: tuple[Part, ...] = ()
    names: tuple[str, ...] = ()
    colour: Colour | None = None
    at: float | None = None
    count: int = 0
    on: bool = False


FULL = Whole(
    part=Part(name="a"),
    parts=(Part(name="b", at=1.5),),
    names=("c",),
    colour=Colour.RED,
    at=2.5,
    count=3,
    on=True,
)


def journal(name: str) -> dict[str, Any]:
    """Return a journal's values, as an earlier version wrote them."""
    values: dict[str, Any] = {}
    for line in (JOURNALS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        values |= json.loads(line)
    return values


def test_a_status_of_an_earlier_version_is_read_and_written_as_it_was() -> None:
    kept = journal("alarm")["status.home"]
    assert len(kept) > 15
    assert encode_status(decode_status(kept)) == kept


@pytest.mark.parametrize(("key", "kind"), [("tell.1", TellOutside), ("tell.2", DuressRaised), ("tell.3", Cancelled)])
def test_what_was_to_be_told_outside_is_read_and_written_as_it_was(key: str, kind: type) -> None:
    kept = journal("alarm")[key]["effect"]
    assert to_plain(from_plain(kind, kept)) == kept


def test_an_alarm_memory_of_an_earlier_version_is_read_and_written_as_it_was() -> None:
    kept = journal("alarm")["memory.home"]
    assert [to_plain(from_plain(Alarm, each)) for each in kept] == kept


def test_an_outbox_of_an_earlier_version_is_read_and_written_as_it_was() -> None:
    kept = journal("telling")
    restored = decode_outbox(kept)
    assert (len(restored.outbox.postings), restored.garbled) == (6, ())
    assert encode_outbox(restored.outbox) == kept


def test_a_record_is_read_back_as_it_was() -> None:
    assert from_plain(Whole, json.loads(json.dumps(to_plain(FULL)))) == FULL


def test_what_is_as_by_default_takes_no_room() -> None:
    assert to_plain(Whole(part=Part(name="a"))) == {"part": {"name": "a"}}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"part": None}, "part: expected an object"),
        ({"part": {}}, "part: name missing"),
        ({"part": {"name": 1}}, "part: name: expected text"),
        ({"part": {"name": "a", "at": 10**400}}, "part: at: expected a number"),
        ({"part": {"name": "a", "at": math.nan}}, "part: at: expected a number"),
        ({"part": {"name": "a", "at": True}}, "part: at: expected a number"),
        ({"part": {"name": "a", "s3cret": 1}}, "part: there is something that nobody knows of"),
        ({"parts": {}}, "parts: expected a list"),
        ({"colour": "s3cret"}, "colour: expected one of red"),
        ({"count": 1.5}, "count: expected a whole number"),
        ({"on": 1}, "on: expected true or false"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place_and_without_its_value(
    change: Mapping[str, object], problem: str
) -> None:
    with pytest.raises(GarbledError) as caught:
        from_plain(Whole, {**to_plain(FULL), **change})
    assert str(caught.value) == problem


def test_a_time_beyond_all_numbers_is_no_status() -> None:
    with pytest.raises(GarbledError):
        decode_status({"since": 10**400})
