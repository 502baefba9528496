"""What the activity log tells of the alarm.

It is open to everybody in the home. So what must be seen nowhere there, duress and silent alarms, is not in it; nor is
what says again what another entry said, such as the whole alarm memory with each new alarm.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ..engine.alarm.effects import (
    AlarmRaised,
    BypassChanged,
    Cancelled,
    Chimed,
    DuressRaised,
    Effect,
    LeftOpen,
    MemoryChanged,
    Overridden,
    Passed,
    Refused,
    SwungOut,
    TellOutside,
    TroubleChanged,
    WalkTested,
)
from ..engine.alarm.problems import Fault, PassReason
from ..engine.alarm.status import Alarm
from ..engine.effects import AlarmTold

# Every opening while disarmed would be told twice: its decision says that it was not armed.
UNTOLD: Final = frozenset(
    (
        PassReason.NOT_A_ZONE,
        PassReason.NOT_WATCHED,
        PassReason.STILL_OPEN,
        PassReason.DISABLED,
        PassReason.DEADLINES_ONLY,
    )
)


def logged(told: AlarmTold) -> AlarmTold | None:
    """Return what the log tells of an effect, or ``None``."""
    match told.effect:
        case effect if _is_untold(effect):
            return None
        case MemoryChanged(memory=memory) as changed:
            return replace(told, effect=replace(changed, memory=_seen(memory)))
        case TellOutside(alarms=alarms) as outside:
            seen = _seen(alarms)
            return replace(told, effect=replace(outside, alarms=seen)) if seen else None
    return told


def _is_untold(effect: Effect) -> bool:
    match effect:
        case DuressRaised() | MemoryChanged(actor=None):
            return True
        case MemoryChanged(silent=silent) | Cancelled(silent=silent) | SwungOut(silent=silent):
            return silent
        case AlarmRaised(alarm=alarm):
            return alarm.silent
        case Passed(reason=reason):
            return reason in UNTOLD
    return False


def reason_of(effect: Effect) -> str | None:
    """Return why, where an effect has a reason."""
    return str(effect.reason) if isinstance(effect, Passed | Refused) else None


def zones_of(effect: Effect) -> Iterator[str]:
    """Yield the inputs that an effect is about."""
    match effect:
        case AlarmRaised(alarm=alarm):
            yield from (() if alarm.zone is None else (alarm.zone,))
        case TellOutside(alarms=alarms):
            yield from (alarm.zone for alarm in alarms if alarm.zone is not None)
        case Passed(zone=zone):
            yield from (() if zone is None else (zone,))
        case Chimed(zone=zone) | SwungOut(zone=zone) | WalkTested(zone=zone):
            yield zone
        case Refused(problems=problems) | Overridden(problems=problems):
            yield from (problem.zone for problem in problems)
        case BypassChanged(bypassed=bypassed, forced=forced):
            yield from (*bypassed, *forced)
        case LeftOpen(zones=zones):
            yield from zones
        case TroubleChanged(troubles=troubles):
            yield from (trouble.zone for trouble in troubles if trouble.fault is not Fault.BROKER)


def _seen(alarms: tuple[Alarm, ...]) -> tuple[Alarm, ...]:
    return tuple(alarm for alarm in alarms if not alarm.silent)
