"""What a weekly schedule says, whatever is done to the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.times.schedules import WEEK, Schedule, Span, enabled_at, next_change

from .clocks import APIA, BERLIN, DAYS, GREENWICH, LORD_HOWE, NEW_YORK, ST_JOHNS, moments, shown, unix, zones
from .spans import QUARTER, schedule, schedules


def steps(of: Schedule, start: str, zone: ZoneInfo, count: int) -> list[str]:
    """Return the next changes after a time, as the clock shows them and with what they say."""
    now, found = unix(start), list[str]()
    for _ in range(count):
        change = next_change(of, now, zone)
        assert change is not None
        now = change
        found.append(f"{shown(now, zone)} {'on' if enabled_at(of, now, zone) else 'off'}")
    return found


@pytest.mark.parametrize(
    ("spans", "at", "enabled"),
    [
        pytest.param([("", "08:00", "18:00")], "2026-06-03T07:59:59Z", False, id="before it begins"),
        pytest.param([("", "08:00", "18:00")], "2026-06-03T08:00:00Z", True, id="as it begins"),
        pytest.param([("", "08:00", "18:00")], "2026-06-03T17:59:59.9Z", True, id="just before it ends"),
        pytest.param([("", "08:00", "18:00")], "2026-06-03T18:00:00Z", False, id="as it ends"),
        pytest.param([("wed", "22:00", "06:00")], "2026-06-04T05:59:59Z", True, id="after midnight"),
        pytest.param([("wed", "22:00", "06:00")], "2026-06-03T05:00:00Z", False, id="not the night before"),
        pytest.param([("sun", "22:00", "06:00")], "2026-06-08T01:00:00Z", True, id="from Sunday to Monday"),
        pytest.param([("wed", "00:00", "00:00")], "2026-06-03T23:59:59Z", True, id="a whole day"),
        pytest.param([("wed", "00:00", "00:00")], "2026-06-04T00:00:00Z", False, id="after a whole day"),
        pytest.param([("", "00:00", "00:00")], "2026-06-04T00:00:00Z", True, id="all days"),
        pytest.param([("wed", "08:00", "12:00"), ("wed", "14:00", "18:00")], "2026-06-03T13:00:00Z", False, id="break"),
        pytest.param([("wed", "08:00", "12:00"), ("wed", "12:00", "18:00")], "2026-06-03T12:00:00Z", True, id="touch"),
        pytest.param([("wed", "08:00", None)], "2026-06-03T07:00:00Z", True, id="only enables: since a week"),
        pytest.param([("wed", None, "08:00")], "2026-06-10T07:00:00Z", False, id="only disables: since a week"),
        pytest.param([("mon", "08:00", None), ("fri", None, "17:00")], "2026-06-05T16:59:00Z", True, id="work week"),
        pytest.param([("mon", "08:00", None), ("fri", None, "17:00")], "2026-06-07T12:00:00Z", False, id="week end"),
        pytest.param([], "2026-06-03T12:00:00Z", None, id="nothing"),
    ],
)
def test_the_last_change_that_came_decides(
    spans: list[tuple[str, str | None, str | None]], at: str, enabled: bool | None
) -> None:
    assert enabled_at(schedule(*spans), unix(at), GREENWICH) is enabled


@pytest.mark.parametrize(
    ("zone", "span", "start", "expected"),
    [
        pytest.param(
            BERLIN,
            ("", "02:30", "05:00"),
            "2026-03-28T12:00:00+01:00",
            ["2026-03-29T03:00:00+02:00 on", "2026-03-29T05:00:00+02:00 off", "2026-03-30T02:30:00+02:00 on"],
            id="what the clock jumps over happens at the jump",
        ),
        pytest.param(
            BERLIN,
            ("", "01:00", "02:30"),
            "2026-03-28T12:00:00+01:00",
            ["2026-03-29T01:00:00+01:00 on", "2026-03-29T03:00:00+02:00 off", "2026-03-30T01:00:00+02:00 on"],
            id="what ends within the jump ends at the jump",
        ),
        pytest.param(
            BERLIN,
            ("", "02:10", "02:50"),
            "2026-03-28T12:00:00+01:00",
            ["2026-03-29T03:00:00+02:00 off", "2026-03-30T02:10:00+02:00 on"],
            id="what is wholly within the jump is over at once",
        ),
        pytest.param(
            BERLIN,
            ("", "02:30", "05:00"),
            "2026-10-24T12:00:00+02:00",
            ["2026-10-25T02:30:00+02:00 on", "2026-10-25T05:00:00+01:00 off", "2026-10-26T02:30:00+01:00 on"],
            id="what exists twice happens the first time",
        ),
        pytest.param(
            BERLIN,
            ("", "02:15", "02:45"),
            "2026-10-24T12:00:00+02:00",
            ["2026-10-25T02:15:00+02:00 on", "2026-10-25T02:45:00+02:00 off", "2026-10-26T02:15:00+01:00 on"],
            id="nor does a short span happen again in the second of two hours",
        ),
        pytest.param(
            NEW_YORK,
            ("", "22:00", "02:00"),
            "2026-03-07T12:00:00-05:00",
            ["2026-03-07T22:00:00-05:00 on", "2026-03-08T03:00:00-04:00 off", "2026-03-08T22:00:00-04:00 on"],
            id="over midnight and to the jump",
        ),
        pytest.param(
            NEW_YORK,
            ("", "22:00", "06:00"),
            "2026-10-31T12:00:00-04:00",
            ["2026-10-31T22:00:00-04:00 on", "2026-11-01T06:00:00-05:00 off", "2026-11-01T22:00:00-05:00 on"],
            id="over midnight and an hour longer",
        ),
        pytest.param(
            LORD_HOWE,
            ("", "02:15", "02:45"),
            "2026-10-03T12:00:00+10:30",
            ["2026-10-04T02:30:00+11:00 on", "2026-10-04T02:45:00+11:00 off", "2026-10-05T02:15:00+11:00 on"],
            id="a jump of half an hour",
        ),
        pytest.param(
            LORD_HOWE,
            ("", "01:45", "02:15"),
            "2026-04-04T12:00:00+11:00",
            ["2026-04-05T01:45:00+11:00 on", "2026-04-05T02:15:00+10:30 off", "2026-04-06T01:45:00+10:30 on"],
            id="half an hour twice",
        ),
        pytest.param(
            APIA,
            ("fri", "08:00", "18:00"),
            "2011-12-28T12:00:00-10:00",
            ["2011-12-31T00:00:00+14:00 off", "2012-01-06T08:00:00+14:00 on"],
            id="a Friday that there was not",
        ),
        pytest.param(
            APIA,
            ("thu fri", "22:00", "06:00"),
            "2011-12-29T12:00:00-10:00",
            [
                "2011-12-29T22:00:00-10:00 on",
                "2011-12-31T00:00:00+14:00 on",
                "2011-12-31T06:00:00+14:00 off",
                "2012-01-05T22:00:00+14:00 on",
            ],
            id="the night of a Friday that there was not",
        ),
        pytest.param(
            ST_JOHNS,
            ("", "00:00", "12:00"),
            "2010-11-06T20:00:00-02:30",
            ["2010-11-07T00:00:00-02:30 on", "2010-11-07T12:00:00-03:30 off", "2010-11-08T00:00:00-03:30 on"],
            id="a midnight that exists twice",
        ),
        pytest.param(
            BERLIN,
            ("thu", "22:00", "06:00"),
            "2026-12-30T12:00:00+01:00",
            ["2026-12-31T22:00:00+01:00 on", "2027-01-01T06:00:00+01:00 off", "2027-01-07T22:00:00+01:00 on"],
            id="over the end of a year",
        ),
        pytest.param(
            BERLIN,
            ("tue", "22:00", "06:00"),
            "2028-02-28T12:00:00+01:00",
            ["2028-02-29T22:00:00+01:00 on", "2028-03-01T06:00:00+01:00 off", "2028-03-07T22:00:00+01:00 on"],
            id="leap day",
        ),
        pytest.param(
            GREENWICH,
            ("sun", "02:30", "03:00"),
            "2026-03-28T12:00:00Z",
            ["2026-03-29T02:30:00+00:00 on", "2026-03-29T03:00:00+00:00 off", "2026-04-05T02:30:00+00:00 on"],
            id="where clocks stay as they are",
        ),
    ],
)
def test_changes_come_when_the_clock_on_the_wall_shows_them(
    zone: ZoneInfo, span: tuple[str, str, str], start: str, expected: list[str]
) -> None:
    assert steps(schedule(span), start, zone, len(expected)) == expected


def test_what_came_in_the_first_of_two_hours_stays_so_in_the_second() -> None:
    twice = schedule(("", "02:15", None), ("", None, "02:30"))
    assert enabled_at(twice, unix("2026-10-25T02:20:00+02:00"), BERLIN) is True
    assert enabled_at(twice, unix("2026-10-25T02:20:00+01:00"), BERLIN) is False


def test_a_midnight_that_came_before_the_clock_went_back_to_yesterday_has_come() -> None:
    midnight = schedule(("sun", "00:00", "12:00"))
    second_time = unix("2010-11-06T23:30:00-03:30")
    assert enabled_at(midnight, second_time, ST_JOHNS) is True
    assert shown(next_change(midnight, second_time, ST_JOHNS), ST_JOHNS) == "2010-11-07T12:00:00-03:30"


def test_a_change_that_says_what_is_so_already_is_a_change() -> None:
    assert steps(schedule(("mon tue", "08:00", None)), "2026-06-01T12:00:00Z", GREENWICH, 2) == [
        "2026-06-02T08:00:00+00:00 on",
        "2026-06-08T08:00:00+00:00 on",
    ]


def test_an_empty_schedule_has_no_next_change() -> None:
    assert next_change(Schedule(), unix("2026-06-01T12:00:00Z"), GREENWICH) is None


def by_watching_the_clock(watched: Schedule, now: float, zone: ZoneInfo) -> bool | None:
    """Return what a schedule says, by looking at the clock every quarter of an hour for nine days.

    Whatever the clock shows for the first time, or has jumped over, is done.
    """
    at = int(now // QUARTER) * QUARTER - 9 * DAYS
    furthest = datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None)
    state: bool | None = None
    while (at := at + QUARTER) <= now:
        wall = datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None)
        while furthest < wall:
            furthest += timedelta(seconds=QUARTER)
            second = furthest.hour * 3600 + furthest.minute * 60
            said = [says for span in watched.spans for says in _said(span, furthest, second)]
            state = max(said) if said else state
    return state


def _said(span: Span, day: datetime, second: int) -> list[bool]:
    """Return what one span says as the clock shows a time."""
    begun = day - timedelta(days=1) if span.over_midnight else day
    said = [True] if span.enable_at == second and WEEK[day.weekday()] in span.days else []
    return said + ([False] if span.disable_at == second and WEEK[begun.weekday()] in span.days else [])


@settings(max_examples=60)
@given(schedules, moments, zones)
def test_a_schedule_says_what_somebody_watching_the_clock_would_do(
    watched: Schedule, now: float, zone: ZoneInfo
) -> None:
    assert enabled_at(watched, now, zone) is by_watching_the_clock(watched, now, zone)


@settings(max_examples=60)
@given(schedules, moments, zones, st.integers(1, 20))
def test_stepping_from_change_to_change_misses_nothing(
    stepped: Schedule, start: float, zone: ZoneInfo, count: int
) -> None:
    now = start
    for _ in range(count):
        change = next_change(stepped, now, zone)
        assert change is not None
        assert now < change <= now + 9 * DAYS
        between = (now + change) / 2
        assert enabled_at(stepped, between, zone) is enabled_at(stepped, now, zone)
        if (change - now) > 2:
            assert enabled_at(stepped, change - 1, zone) is enabled_at(stepped, now, zone)
        assert next_change(stepped, between, zone) == change
        now = change


@given(schedules, moments, zones)
def test_a_schedule_with_a_span_always_says_something(said: Schedule, now: float, zone: ZoneInfo) -> None:
    assert enabled_at(said, now, zone) is not None
