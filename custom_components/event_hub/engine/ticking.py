"""What is due, in turns: the alarm's deadlines in a step of their own, and before all others."""

from .deadlines import Timer, TimerKey
from .state import Changes, State, Transition


def in_turns(state: State, now: float) -> list[tuple[TimerKey, ...]]:
    """Return what is due at ``now`` (unix seconds), for one ``Tick`` each, earliest first in each.

    The end of a zone's activity belongs to the alarm: an exit delay that ended after it must not find the zone open.
    """
    overdue = state.deadlines.due(now)
    alarm = tuple(each for each in overdue if _is_the_alarms(state, each))
    others = tuple(each for each in overdue if each not in alarm)
    return [turn for turn in (alarm, others) if turn]


def is_due(state: State, key: TimerKey, now: float) -> bool:
    """Whether a deadline has passed and was not handled."""
    due = state.deadlines.get(key)
    return due is not None and due <= now


def postponed(key: TimerKey, until: float) -> Transition:
    """Return what puts a deadline off."""
    return Transition(changes=Changes(deadlines={key: until}), effects=())


def _is_the_alarms(state: State, each: TimerKey) -> bool:
    timer, key = each
    return timer in (Timer.ALARM, Timer.SIREN) or (timer is Timer.HOLD and key in state.watchers)
