"""Schedules as people and interfaces write them, and what is wrong with those that cannot be.

``{"spans": [{"days": ["mon", "tue"], "enable_at": "22:00", "disable_at": "06:00"}]}``
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from ..errors import InvalidRuleError
from .schedules import WEEK, Schedule, Span, Weekday
from .wall import DAY, format_time, parse_time

SPANS_LIMIT: Final = 50
TIME_ALLOWED: Final = 'a time such as "22:00", in quotes'
_SPAN_NAMES: Final = ("days", "enable_at", "disable_at")

type SpanData = dict[str, list[str] | str]


def schedule_data(schedule: Schedule) -> dict[str, list[SpanData]]:
    """Return a schedule as plain data; times that are not set are left out."""
    return {"spans": [_span_data(span) for span in schedule.spans]}


def read_schedule(data: object) -> Schedule:
    """Return the schedule that plain data describes; a span without days means every day.

    Raises ``InvalidRuleError``, which says which setting of which span is wrong and what is allowed.
    """
    if not isinstance(data, Mapping) or set(data) != {"spans"} or not isinstance(data["spans"], list | tuple):
        raise InvalidRuleError("schedule", 'a list of time spans under the name "spans"')
    spans = data["spans"]
    if len(spans) > SPANS_LIMIT:
        raise InvalidRuleError("spans", f"at most {SPANS_LIMIT}")
    schedule = Schedule(spans=tuple(_read_span(span, number) for number, span in enumerate(spans, 1)))
    check_schedule(schedule)
    return schedule


def check_schedule(schedule: Schedule) -> None:
    """Raise ``InvalidRuleError`` for a schedule of which it is not clear when it enables."""
    if len(schedule.spans) > SPANS_LIMIT:
        raise InvalidRuleError("spans", f"at most {SPANS_LIMIT}")
    for number, span in enumerate(schedule.spans, 1):
        _check_span(span, number)
    _check_overlaps(schedule)
    _check_contradictions(schedule)


def _span_data(span: Span) -> SpanData:
    times = {"enable_at": span.enable_at, "disable_at": span.disable_at}
    return {
        "days": [day.value for day in span.days],
        **{name: format_time(second) for name, second in times.items() if second is not None},
    }


def _read_span(data: object, number: int) -> Span:
    if not isinstance(data, Mapping):
        raise InvalidRuleError("spans", f"days, enable_at and disable_at (span {number})")
    for name in data:
        if name not in _SPAN_NAMES:
            raise InvalidRuleError(str(name)[:50], f"only days, enable_at and disable_at (span {number})")
    return Span(
        days=_read_days(data.get("days", list(WEEK)), number),
        enable_at=_read_time(data, "enable_at", number),
        disable_at=_read_time(data, "disable_at", number),
    )


def _read_days(days: object, number: int) -> tuple[Weekday, ...]:
    if not isinstance(days, list | tuple) or not all(isinstance(day, str) and day in WEEK for day in days):
        raise InvalidRuleError("days", f"a list of {', '.join(WEEK)} (span {number})")
    return tuple(day for day in WEEK if day in days)


def _read_time(data: Mapping[object, object], name: str, number: int) -> int | None:
    text = data.get(name)
    second = parse_time(text)
    if second is None and text is not None:
        raise InvalidRuleError(name, f"{TIME_ALLOWED} (span {number})")
    return second


def _check_span(span: Span, number: int) -> None:
    if not span.days:
        raise InvalidRuleError("days", f"at least one of {', '.join(WEEK)} (span {number})")
    if span.enable_at is None and span.disable_at is None:
        raise InvalidRuleError("spans", f"a time to enable at, one to disable at, or both (span {number})")
    for name in ("enable_at", "disable_at"):
        second = getattr(span, name)
        if second is not None and not 0 <= second < DAY:
            raise InvalidRuleError(name, f"from 00:00 to 23:59:59 (span {number})")


def _check_overlaps(schedule: Schedule) -> None:
    """Refuse spans within each other: the first to end would end both, which is not what they look like."""
    found = sorted(
        (number * DAY + span.enable_at, (span.disable_at - span.enable_at) % DAY or DAY)
        for span in schedule.spans
        if span.enable_at is not None and span.disable_at is not None
        for number, day in enumerate(WEEK)
        if day in span.days
    )
    # After the week's last comes the first of the next.
    following = [(start + len(WEEK) * DAY, length) for start, length in found[:1]]
    for (start, length), (then, _) in pairwise(found + following):
        if start + length > then:
            raise InvalidRuleError("spans", f"apart from each other; those of {_when(start)} and {_when(then)} overlap")


def _check_contradictions(schedule: Schedule) -> None:
    """Refuse a time to disable, on its own, at which something enables: it would do nothing."""
    enables = {(day, span.enable_at) for span in schedule.spans for day in span.days if span.enable_at is not None}
    for span in schedule.spans:
        if span.enable_at is not None:
            continue
        for day in span.days:
            if (day, span.disable_at) in enables:
                at = f"{day} {format_time(span.disable_at or 0)}"
                raise InvalidRuleError("disable_at", f"another time than one to enable at, as {at} is")


def _when(second_of_week: int) -> str:
    day, second = divmod(second_of_week, DAY)
    return f"{WEEK[day % len(WEEK)]} {format_time(second)}"
