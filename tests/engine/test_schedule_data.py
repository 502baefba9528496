"""Schedules as people write them, and what they are told of those that cannot be."""

import json

from hypothesis import given
import pytest

from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.times.schedule_data import (
    SPANS_LIMIT,
    check_schedule,
    read_schedule,
    schedule_data,
)
from custom_components.event_hub.engine.times.schedules import WEEK, Schedule, Span, Weekday
from custom_components.event_hub.storage.decode import decode
from custom_components.event_hub.storage.encode import to_json

from .clocks import DAYS
from .spans import schedule, schedules


def test_a_schedule_is_written_as_people_write_it() -> None:
    written = {
        "spans": [
            {"days": ["mon", "fri"], "enable_at": "22:00", "disable_at": "06:00:30"},
            {"days": ["sun"], "disable_at": "12:00"},
        ]
    }
    read = read_schedule(written)
    assert read.spans[0] == Span(days=(Weekday.MONDAY, Weekday.FRIDAY), enable_at=22 * 3600, disable_at=6 * 3600 + 30)
    assert schedule_data(read) == written


def test_days_are_put_in_order_and_are_every_day_if_not_named() -> None:
    read = read_schedule({"spans": [{"days": ["sun", "mon", "sun"], "enable_at": "7:00"}, {"disable_at": "8:00"}]})
    assert [span.days for span in read.spans] == [(Weekday.MONDAY, Weekday.SUNDAY), WEEK]


def _is_clear(tried: Schedule) -> bool:
    try:
        check_schedule(tried)
    except InvalidRuleError:
        return False
    return True


@given(schedules.filter(_is_clear))
def test_what_is_written_is_read_again(written: Schedule) -> None:
    assert read_schedule(json.loads(json.dumps(schedule_data(written)))) == written


@given(schedules)
def test_a_schedule_can_be_stored_as_it_is(stored: Schedule) -> None:
    assert decode(Schedule, json.loads(json.dumps(to_json(stored)))) == stored


def span(**settings: object) -> dict[str, object]:
    """Return the data of a schedule with one span."""
    return {"spans": [settings]}


@pytest.mark.parametrize(
    ("data", "setting", "allowed"),
    [
        ([], "schedule", "a list of time spans"),
        ({}, "schedule", "a list of time spans"),
        ({"spans": {}}, "schedule", "a list of time spans"),
        ({"spans": [], "more": 1}, "schedule", "a list of time spans"),
        ({"spans": ["08:00"]}, "spans", "span 1"),
        ({"spans": [{"enable_at": "8:00"}] * (SPANS_LIMIT + 1)}, "spans", f"at most {SPANS_LIMIT}"),
        ({"spans": [{"enable_at": "8:00"}, {"enable_at": "25:00"}]}, "enable_at", "span 2"),
        (span(), "spans", "a time to enable at, one to disable at, or both"),
        (span(enable_at=None, disable_at=None), "spans", "a time to enable at"),
        (span(enable_at="08:00", disble_at="09:00"), "disble_at", "only days, enable_at and disable_at"),
        (span(enable_at=1320), "enable_at", "in quotes"),
        (span(enable_at="8"), "enable_at", 'such as "22:00"'),
        (span(disable_at="24:00"), "disable_at", 'such as "22:00"'),
        (span(disable_at="08:60"), "disable_at", 'such as "22:00"'),
        (span(enable_at="08:00", days=[]), "days", "at least one of mon, tue"),
        (span(enable_at="08:00", days="mon"), "days", "a list of mon, tue"),
        (span(enable_at="08:00", days=["monday"]), "days", "a list of mon, tue"),
        (span(enable_at="08:00", days=[0]), "days", "a list of mon, tue"),
        (span(enable_at="08:00", days=None), "days", "a list of mon, tue"),
    ],
)
def test_what_is_no_schedule_is_refused_in_words(data: object, setting: str, allowed: str) -> None:
    with pytest.raises(InvalidRuleError) as refused:
        read_schedule(data)
    assert refused.value.setting == setting
    assert allowed in refused.value.allowed


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        pytest.param(
            [("mon", "08:00", "12:00"), ("mon", "11:00", "13:00")], "mon 08:00 and mon 11:00", id="on one day"
        ),
        pytest.param(
            [("mon", "22:00", "06:00"), ("tue", "05:00", "07:00")], "mon 22:00 and tue 05:00", id="over midnight"
        ),
        pytest.param(
            [("sun", "22:00", "06:00"), ("mon", "05:00", "07:00")], "sun 22:00 and mon 05:00", id="over the week"
        ),
        pytest.param(
            [("mon", "00:00", "00:00"), ("mon", "05:00", "07:00")], "mon 00:00 and mon 05:00", id="within a whole day"
        ),
        pytest.param([("mon", "08:00", "09:00")] * 2, "mon 08:00 and mon 08:00", id="twice the same"),
        pytest.param([("mon", "08:00", None), ("", None, "08:00")], "as mon 08:00 is", id="both at one time"),
    ],
)
def test_a_schedule_that_is_not_clear_is_refused(refused: list[tuple[str, str | None, str | None]], told: str) -> None:
    with pytest.raises(InvalidRuleError) as error:
        schedule(*refused)
    assert told in error.value.allowed


@pytest.mark.parametrize(
    "allowed",
    [
        [("mon", "08:00", "12:00"), ("mon", "12:00", "13:00")],
        [("sun", "22:00", "06:00"), ("mon", "06:00", "07:00")],
        [("", "00:00", "00:00")],
        [("mon", "08:00", None), ("tue", None, "08:00")],
    ],
)
def test_spans_may_touch(allowed: list[tuple[str, str | None, str | None]]) -> None:
    assert len(schedule(*allowed).spans) == len(allowed)


@pytest.mark.parametrize("second", [-1, DAYS])
def test_a_time_outside_of_the_day_is_refused(second: int) -> None:
    with pytest.raises(InvalidRuleError) as refused:
        check_schedule(Schedule(spans=(Span(enable_at=second),)))
    assert refused.value.setting == "enable_at"
