"""When an input, output or group is enabled by its weekly schedule (behaviour.md, 2).

A schedule is a list of changes on the wall's clock, and the last change that has come decides. So the
state needs no memory: it is what it would be had nothing restarted. The one thing to remember is what
a person switched by hand since, which the next change ends.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from .wall import instant, local

# Set back by up to a day, the clock may have shown times of two days that are now to come (again).
_SHOWN_BEFORE: Final = 2
_WEEK: Final = 7


class Weekday(StrEnum):
    """A day of the week, in the order of ``date.weekday()``."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


WEEK: Final = tuple(Weekday)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Enabled from one time of day to another, in seconds after midnight, on each of ``days``.

    Not later than ``enable_at``, ``disable_at`` is meant for the day after. Either may be missing: then
    the span only enables, or only disables, and somebody or another span does the opposite.
    """

    days: tuple[Weekday, ...] = WEEK
    enable_at: int | None = None
    disable_at: int | None = None

    @property
    def over_midnight(self) -> bool:
        """Whether it is disabled on the day after the one it was enabled on."""
        return self.enable_at is not None and self.disable_at is not None and self.disable_at <= self.enable_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The spans of a week. Where one ends when another begins, it stays enabled."""

    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What somebody switched by hand, and when, in unix seconds."""

    enabled: bool
    at: float


def enabled_at(schedule: Schedule, now: float, zone: ZoneInfo) -> bool | None:
    """Return whether the schedule alone has it enabled at ``now`` (unix seconds); ``None`` if it says nothing."""
    today = local(now, zone).date()
    for ahead in range(_SHOWN_BEFORE, -_WEEK - 1, -1):
        day = today + timedelta(days=ahead)
        for second, enables in reversed(_changes_of(schedule, day)):
            if instant(day, second, zone) <= now:
                return enables
    return None


def next_change(schedule: Schedule, now: float, zone: ZoneInfo) -> float | None:
    """Return the next time, in unix seconds and after ``now``, at which the schedule says something.

    It may say what is so already; that still ends an override. ``None`` if it never says anything.
    """
    today = local(now, zone).date()
    for ahead in range(_SHOWN_BEFORE + _WEEK):
        day = today + timedelta(days=ahead)
        for second, _ in _changes_of(schedule, day):
            if (at := instant(day, second, zone)) > now:
                return at
    return None


def override_counts(schedule: Schedule, override: Override, now: float, zone: ZoneInfo) -> bool:
    """Whether what was switched by hand still counts; one that does not is to be forgotten by the caller.

    It counts until the next change, also one that fell into a time when the hub was down. A clock that is
    set back leaves overrides in the future behind: they count unless a change lies between, so that
    one made under a clock that was years ahead does not count for years.
    """
    earlier, later = sorted((override.at, now))
    change = next_change(schedule, earlier, zone)
    return change is None or change > later


def _changes_of(schedule: Schedule, day: date) -> list[tuple[int, bool]]:
    """Return a day's changes in order: second after midnight, and whether it enables.

    Disabling comes before enabling at the same time, so that spans which touch are one.
    """
    today, yesterday = WEEK[day.weekday()], WEEK[day.weekday() - 1]
    changes: list[tuple[int, bool]] = []
    for span in schedule.spans:
        if span.enable_at is not None and today in span.days:
            changes.append((span.enable_at, True))
        if span.disable_at is not None and (yesterday if span.over_midnight else today) in span.days:
            changes.append((span.disable_at, False))
    return sorted(changes)
