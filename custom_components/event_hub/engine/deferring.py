"""Joins quiet hours with the engine: what is held back, and the digest once they are over (behaviour.md, 2 and 5)."""

from collections.abc import Mapping
from typing import Final

from ..wire.messages import Scalar
from .deadlines import Timer
from .effects import DigestDue
from .model import Decision
from .scheduling import when_facts
from .state import Draft
from .times import digest
from .times.escalation import SETTLE
from .times.quiet_hours import ends

# A digest that nobody says to have delivered is told again.
RETRY: Final = 60.0


def deferral(draft: Draft) -> Mapping[str, Scalar] | None:
    """Return until when what is informational is held back; ``None`` if it is not quiet."""
    end = ends(draft.settings.quiet_hours, draft.now, draft.settings.zone)
    return None if end is None else when_facts(draft, end)


def hold_back(draft: Draft, decision: Decision, label: str | None) -> None:
    """Keep a decision for the digest."""
    draft.digest = digest.add(draft.digest, decision, label)
    watch(draft)


def watch(draft: Draft) -> None:
    """Have the digest be due when quiet hours end, if there is something in it."""
    due = digest.due_at(draft.digest, draft.settings.quiet_hours, draft.now, draft.settings.zone)
    if due == draft.armed(Timer.DIGEST, ""):
        return
    if due is None:
        draft.disarm(Timer.DIGEST, "")
    else:
        draft.arm(Timer.DIGEST, "", due)


def clock_set(draft: Draft) -> None:
    """Go by the new time of day; what is being told already is not told again at once."""
    moved = draft.armed(Timer.DIGEST, "")
    watch(draft)
    if draft.digest.taken is not None and moved is not None and draft.armed(Timer.DIGEST, "") == draft.now:
        draft.arm(Timer.DIGEST, "", min(moved, draft.now + RETRY))


def resume(draft: Draft) -> None:
    """Go on after a restart; those who listen get time to start as well."""
    watch(draft)
    due = draft.armed(Timer.DIGEST, "")
    if due is not None:
        draft.arm(Timer.DIGEST, "", max(due, draft.now + SETTLE))


def digest_due(draft: Draft) -> None:
    """Tell what was held back, unless it is quiet again: the clock, its zone or the settings may have changed."""
    draft.disarm(Timer.DIGEST, "")
    watch(draft)
    due = draft.armed(Timer.DIGEST, "")
    if due is None or due > draft.now:
        return
    draft.digest, bundle = digest.take(draft.digest)
    if bundle is not None:
        draft.effects.append(DigestDue(bundle=bundle, at=draft.now))
        draft.arm(Timer.DIGEST, "", draft.now + RETRY)


def delivered(draft: Draft, number: int) -> None:
    """Take that the digest of this number is in the hands of those who deliver it."""
    draft.digest = digest.confirm(draft.digest, number)
    watch(draft)
