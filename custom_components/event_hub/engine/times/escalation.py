"""An input that stays active for too long is escalated, once, until it is clear (behaviour.md, 2).

``None`` stands for an input of which nothing runs. Its trigger begins an escalation and only its
clear ends it: the latch holds back repeats of a trigger, and says nothing of how long it lasts.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
import math
from typing import Final

from ..errors import InvalidRuleError
from .wall import DAY

ESCALATE_LIMITS: Final = (1.0, float(DAY))
# behaviour.md, 4: so long may inputs take to say how they are after a restart.
SETTLE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """An escalation that runs, or was raised. Times in unix seconds.

    ``since`` is the trigger; ``due_at`` is when it is raised, ``None`` once it was, at ``raised_at``.
    """

    since: float
    due_at: float | None
    raised_at: float | None = None


class News(StrEnum):
    """What people are to be told of an escalation."""

    RAISED = "raised"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of an escalation, and what is to be told."""

    status: Escalation | None
    news: News | None = None


def begin(before: Escalation | None, escalate_after: float | None, triggered_at: float) -> Escalation | None:
    """Take a trigger. One that runs already, or was raised, goes on: repeats must not put it off.

    ``escalate_after`` is in seconds; ``None`` means that this input never escalates.
    """
    # A clock that was set back would have it wait until the clock has caught up.
    waits_too_long = before is not None and before.due_at is not None and before.since > triggered_at
    if before is not None and not waits_too_long:
        return before
    if escalate_after is None:
        return None
    return Escalation(since=triggered_at, due_at=triggered_at + escalate_after)


def tick(before: Escalation | None, now: float, *, active: bool) -> Step:
    """Raise what is due, if the input is still ``active``; a clear that nobody noticed ends it unsaid."""
    if before is None or before.due_at is None or now < before.due_at:
        return Step(status=before)
    if not active:
        return Step(status=None)
    return Step(status=replace(before, due_at=None, raised_at=now), news=News.RAISED)


def clear(before: Escalation | None) -> Step:
    """Take a clear, or that the input is no longer there: it is over, and resolved if it had been raised."""
    raised = before is not None and before.raised_at is not None
    return Step(status=None, news=News.RESOLVED if raised else None)


def change(before: Escalation | None, escalate_after: float | None) -> Escalation | None:
    """Take another rule while it runs, counted from the trigger; what was raised stays until the clear."""
    if before is None or before.due_at is None:
        return before
    return None if escalate_after is None else replace(before, due_at=before.since + escalate_after)


def resume(before: Escalation | None, escalate_after: float | None, now: float) -> Escalation | None:
    """Go on after a restart at ``now``. The deadline stands, but inputs first get time to say how they are.

    Otherwise a door that was closed while the hub was down would be escalated for having been open.
    """
    changed = change(before, escalate_after)
    if changed is None or changed.due_at is None or escalate_after is None:
        return changed
    # A clock that went back while the hub was away must not make it longer.
    due_at = max(min(changed.due_at, now + escalate_after), now + SETTLE)
    return replace(changed, due_at=due_at)


def check_escalate_after(seconds: float | None) -> None:
    """Raise ``InvalidRuleError`` for a time after which nothing could be escalated sensibly."""
    low, high = ESCALATE_LIMITS
    if seconds is not None and not (math.isfinite(seconds) and low <= seconds <= high):
        raise InvalidRuleError("escalate_after", f"from {low:g} to {high:g}")
