"""Changes in words: what a rule, options or a schedule become, and what they were."""

from collections.abc import Iterable, Mapping
from typing import Final

from ..engine.model import InputRule
from ..engine.times.schedules import WEEK, Schedule, Span
from ..engine.times.wall import format_time

_SETTINGS: Final[Mapping[str, str]] = {
    "latch": "latch, in seconds",
    "confirm_count": "activations needed",
    "confirm_within": "within so many seconds",
    "hold": "hold, in seconds",
    "low": "low limit",
    "high": "high limit",
    "factor": "factor",
    "precision": "decimals",
    "unit": "unit",
    "informational": "only informational",
    "escalate_after": "escalates after so many seconds",
    "interval": "trigger interval, in seconds",
    "deadline": "deadline, in seconds",
    "trigger_topic": "topic of its commands",
}
# What may hold a login is not told.
_UNTOLD: Final = frozenset({"params"})


def quoted(name: str) -> str:
    """Return a name as it stands in a sentence."""
    return f"“{name}”"


def listed(names: Iterable[str]) -> str:
    """Return names one after the other."""
    return ", ".join(quoted(name) for name in names)


def settings_text(before: object, after: Mapping[str, object]) -> str:
    """Say which settings change, to what, and what they were: "latch, in seconds: 30 (was 60)"."""
    parts = []
    for name, value in after.items():
        known = getattr(before, name)
        if name in _UNTOLD:
            parts.append("its parameters" if value is not None else "no parameters")
        elif value != known:
            parts.append(f"{_SETTINGS.get(name, name.replace('_', ' '))}: {_value(value)} (was {_value(known)})")
    return "; ".join(parts)


def rule_text(before: InputRule, after: InputRule) -> str:
    """Say what becomes of a rule."""
    return settings_text(before, {name: getattr(after, name) for name in InputRule.__dataclass_fields__})


def schedule_text(schedule: Schedule | None) -> str:
    """Say what a schedule does: "on at 22:30, off at 05:30 every day"."""
    if schedule is None or not schedule.spans:
        return "no schedule"
    return "; ".join(_span_text(span) for span in schedule.spans)


def _span_text(span: Span) -> str:
    times = {"on": span.enable_at, "off": span.disable_at}
    changes = ", ".join(f"{word} at {format_time(second)}" for word, second in times.items() if second is not None)
    days = "every day" if set(span.days) == set(WEEK) else f"on {', '.join(span.days)}"
    return f"{changes} {days}"


def _value(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:.12g}"
    return str(value)
