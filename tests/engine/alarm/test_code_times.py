"""When a code is good on the nights on which clocks change: by what a clock on the wall shows."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from custom_components.event_hub.engine.alarm.codes import Validity

BERLIN: Final = ZoneInfo("Europe/Berlin")
SUNDAY: Final = (6,)
SATURDAY: Final = (5,)


def minutes(at: str) -> int:
    """Return a time of day in minutes."""
    hours, _, rest = at.partition(":")
    return int(hours) * 60 + int(rest)


def validity(from_: str = "00:00", until: str = "24:00", **more: object) -> Validity:
    """Return when a code is good."""
    return Validity(from_minute=minutes(from_), until_minute=minutes(until), **more)  # type: ignore[arg-type]


def holds(valid: Validity, moment: str) -> bool:
    """Whether a code is good in Berlin at a moment that is given in UTC."""
    return valid.holds(datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(BERLIN))


# On 29 March 2026 at 01:00 UTC the clock goes from 02:00 to 03:00.
@pytest.mark.parametrize(
    ("valid", "moment", "good"),
    [
        (validity("01:30", "02:30"), "2026-03-29T00:29", False),
        (validity("01:30", "02:30"), "2026-03-29T00:30", True),
        (validity("01:30", "02:30"), "2026-03-29T00:59", True),
        (validity("01:30", "02:30"), "2026-03-29T01:00", False),
        (validity("02:15", "02:45"), "2026-03-29T00:59", False),
        (validity("02:15", "02:45"), "2026-03-29T01:00", False),
        (validity("02:30", "06:00"), "2026-03-29T00:59", False),
        (validity("02:30", "06:00"), "2026-03-29T01:00", True),
        (validity("02:30", "06:00"), "2026-03-29T03:59", True),
        (validity("02:30", "06:00"), "2026-03-29T04:00", False),
        (validity("22:00", "06:00", weekdays=SATURDAY), "2026-03-29T03:59", True),
        (validity("22:00", "06:00", weekdays=SATURDAY), "2026-03-29T04:00", False),
        (validity("22:00", "06:00", weekdays=SATURDAY), "2026-03-29T20:30", False),
        (validity(first_day="2026-03-29", last_day="2026-03-29"), "2026-03-28T22:59", False),
        (validity(first_day="2026-03-29", last_day="2026-03-29"), "2026-03-28T23:00", True),
        (validity(first_day="2026-03-29", last_day="2026-03-29"), "2026-03-29T21:59", True),
        (validity(first_day="2026-03-29", last_day="2026-03-29"), "2026-03-29T22:00", False),
    ],
)
def test_an_hour_that_is_skipped_is_no_time_of_a_code(valid: Validity, moment: str, good: bool) -> None:
    assert holds(valid, moment) is good


# On 25 October 2026 at 01:00 UTC the clock goes from 03:00 to 02:00 once more.
@pytest.mark.parametrize(
    ("valid", "moment", "good"),
    [
        (validity("02:00", "02:30"), "2026-10-24T23:59", False),
        (validity("02:00", "02:30"), "2026-10-25T00:00", True),
        (validity("02:00", "02:30"), "2026-10-25T00:30", False),
        (validity("02:00", "02:30"), "2026-10-25T01:00", True),
        (validity("02:00", "02:30"), "2026-10-25T01:29", True),
        (validity("02:00", "02:30"), "2026-10-25T01:30", False),
        (validity("01:00", "02:30"), "2026-10-25T00:59", False),
        (validity("01:00", "02:30"), "2026-10-25T01:10", True),
        (validity("02:45", "06:00"), "2026-10-25T01:10", False),
        (validity("02:45", "06:00"), "2026-10-25T04:59", True),
        (validity("02:45", "06:00"), "2026-10-25T05:00", False),
        (validity("22:00", "02:30", weekdays=SATURDAY), "2026-10-25T00:29", True),
        (validity("22:00", "02:30", weekdays=SATURDAY), "2026-10-25T01:29", True),
        (validity("22:00", "02:30", weekdays=SATURDAY), "2026-10-25T01:30", False),
        (validity(weekdays=SUNDAY), "2026-10-24T21:59", False),
        (validity(weekdays=SUNDAY), "2026-10-24T22:00", True),
        (validity(weekdays=SUNDAY), "2026-10-25T22:59", True),
        (validity(weekdays=SUNDAY), "2026-10-25T23:00", False),
    ],
)
def test_an_hour_that_comes_twice_is_twice_a_time_of_a_code(valid: Validity, moment: str, good: bool) -> None:
    assert holds(valid, moment) is good
