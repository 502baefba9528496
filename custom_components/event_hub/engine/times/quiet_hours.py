"""The hours in which informational inputs are held back (behaviour.md, 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from ..errors import InvalidRuleError
from .schedule_data import TIME_ALLOWED
from .schedules import Schedule, Span, enabled_at, next_change
from .wall import DAY, HOUR, format_time, parse_time

_NAMES: Final = ("enabled", "begin_at", "end_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From when to when it is quiet every day, in seconds after midnight; over midnight if it ends earlier."""

    enabled: bool = True
    begin_at: int = 21 * HOUR
    end_at: int = 7 * HOUR


def is_quiet(quiet: QuietHours, now: float, zone: ZoneInfo) -> bool:
    """Whether ``now`` (unix seconds) is within quiet hours. The second at which they end is not."""
    return enabled_at(_schedule(quiet), now, zone) is True


def ends(quiet: QuietHours, now: float, zone: ZoneInfo) -> float | None:
    """Return when, in unix seconds, the quiet hours that ``now`` is in end; ``None`` if it is not quiet."""
    schedule = _schedule(quiet)
    at: float | None = now
    # Where a whole day is skipped, they end and begin again in the same second.
    while at is not None and enabled_at(schedule, at, zone):
        at = next_change(schedule, at, zone)
    return None if at == now else at


def check_quiet_hours(quiet: QuietHours) -> None:
    """Raise ``InvalidRuleError`` for quiet hours that are none, or that would never end."""
    for name in ("begin_at", "end_at"):
        if not 0 <= getattr(quiet, name) < DAY:
            raise InvalidRuleError(name, "from 00:00 to 23:59:59")
    if quiet.begin_at == quiet.end_at:
        raise InvalidRuleError("end_at", "another time than the beginning; switch quiet hours off to have none")


def quiet_hours_data(quiet: QuietHours) -> dict[str, bool | str]:
    """Return quiet hours as people and interfaces write them."""
    return {
        "enabled": quiet.enabled,
        "begin_at": format_time(quiet.begin_at),
        "end_at": format_time(quiet.end_at),
    }


def read_quiet_hours(data: object) -> QuietHours:
    """Return the quiet hours that plain data describes; what is missing is the default.

    Raises ``InvalidRuleError``, which says which setting is wrong and what is allowed.
    """
    if not isinstance(data, Mapping):
        raise InvalidRuleError("quiet_hours", f"the settings {', '.join(_NAMES)}")
    for name in data:
        if name not in _NAMES:
            raise InvalidRuleError(str(name)[:50], f"only {', '.join(_NAMES)}")
    enabled = data.get("enabled", True)
    if not isinstance(enabled, bool):
        raise InvalidRuleError("enabled", "yes or no")
    default = QuietHours()
    quiet = QuietHours(
        enabled=enabled,
        begin_at=_read_time(data, "begin_at", default.begin_at),
        end_at=_read_time(data, "end_at", default.end_at),
    )
    check_quiet_hours(quiet)
    return quiet


def _read_time(data: Mapping[object, object], name: str, default: int) -> int:
    if name not in data:
        return default
    second = parse_time(data[name])
    if second is None:
        raise InvalidRuleError(name, TIME_ALLOWED)
    return second


def _schedule(quiet: QuietHours) -> Schedule:
    """Return quiet hours as a schedule; those that end when they begin would never end, and are none."""
    if not quiet.enabled or quiet.begin_at == quiet.end_at:
        return Schedule()
    return Schedule(spans=(Span(enable_at=quiet.begin_at, disable_at=quiet.end_at),))
