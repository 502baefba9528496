"""Joins escalations with the engine: what begins and ends them, and what people are told (behaviour.md, 2)."""

from .deadlines import Timer
from .effects import EscalationRaised, EscalationResolved
from .model import InputRecord
from .state import Draft
from .times import escalation
from .times.escalation import Escalation, News


def begin(draft: Draft, record: InputRecord) -> None:
    """Take a trigger of an input whose rule escalates."""
    before = draft.escalations.get(record.key)
    _keep(draft, record.key, before, escalation.begin(before, record.rule.escalate_after, draft.now))


def end(draft: Draft, key: str) -> None:
    """Take that an input is clear, switched off or forgotten; people are told if they were told it was not."""
    before = draft.escalations.get(key)
    if before is None:
        return
    _keep(draft, key, before, None)
    if escalation.clear(before).news is News.RESOLVED:
        draft.effects.append(EscalationResolved(input_key=key, since=before.since, at=draft.now))


def change(draft: Draft, record: InputRecord) -> None:
    """Take another rule of an input."""
    before = draft.escalations.get(record.key)
    _keep(draft, record.key, before, escalation.change(before, record.rule.escalate_after))


def escalation_due(draft: Draft, key: str) -> None:
    """Escalate an input that is still active."""
    draft.disarm(Timer.ESCALATION, key)
    before, status = draft.escalations.get(key), draft.input_status.get(key)
    step = escalation.tick(before, draft.now, active=status is not None and status.active)
    _keep(draft, key, before, step.status)
    if step.news is News.RAISED and step.status is not None:
        draft.effects.append(EscalationRaised(input_key=key, since=step.status.since, at=draft.now))


def resume(draft: Draft) -> None:
    """Go on after a restart, once inputs had time to say how they are."""
    for key, before in draft.escalations.base.items():
        record = draft.inputs.get(key)
        if record is None or not record.enabled:
            end(draft, key)
            continue
        after = escalation.resume(before, record.rule.escalate_after, draft.now)
        _keep(draft, key, before, after)
        if after is not None and after.due_at is not None:
            draft.arm(Timer.ESCALATION, key, after.due_at)


def _keep(draft: Draft, key: str, before: Escalation | None, after: Escalation | None) -> None:
    if after == before:
        return
    draft.escalations[key] = after
    if after is None or after.due_at is None:
        draft.disarm(Timer.ESCALATION, key)
    else:
        draft.arm(Timer.ESCALATION, key, after.due_at)
