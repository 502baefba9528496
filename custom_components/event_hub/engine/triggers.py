"""One event, one decision: the checks in their order (behaviour.md, 2)."""

from collections.abc import Mapping
from copy import replace
from dataclasses import dataclass
from typing import Any, Final

from ..wire.messages import Condition, InputReport, Scalar
from ..wire.records import changed, record
from . import deferring, escalating, pictures, scheduling
from .deadlines import Timer, apart
from .effects import Decided
from .linking import command_linked
from .meters import Reading, outside_limits, read
from .model import NO_FACTS, Decision, InputRecord, InputStatus, OutputDecision, Reason, RecentTrigger
from .partitions import silenced, watched
from .state import Draft

# What a report changes of an input's status, by the status's names. Collected and then taken over at
# once: on the event path every copy of a status counts.
type _News = dict[str, Any]


@record(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What an input's report came with. ``age`` in seconds; ``serial`` is unique to the report.

    ``healing`` is a heartbeat that tells what an event should have told, and was lost.
    """

    serial: str
    age: float = 0.0
    duplicate: bool = False
    by_hand: bool = False
    healing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """Where the checks stopped, with the numbers behind it.

    ``opens``: the input is on and what it saw is confirmed, which is what counts for partitions.
    """

    reason: Reason
    facts: Mapping[str, Scalar] = NO_FACTS
    opens: bool = False


_DISABLED: Final = _Verdict(reason=Reason.DISABLED)
_DUPLICATE: Final = _Verdict(reason=Reason.DUPLICATE)
_NOT_ARMED: Final = _Verdict(reason=Reason.NOT_ARMED)
_NOT_ARMED_OPENS: Final = _Verdict(reason=Reason.NOT_ARMED, opens=True)
_TRIGGERED: Final = _Verdict(reason=Reason.TRIGGERED, opens=True)


def tells_something(device: InputReport) -> bool:
    """Whether a report tells more of an input than that it is there."""
    return (
        device.active is not None
        or device.value is not None
        or device.meter is not None
        or device.image is not None
        or device.detection is not None
        or device.condition is not None
        or device.reachable is not None
    )


def _is_of_a_picture(device: InputReport) -> bool:
    """Whether a report tells of a picture, which came with it or went ahead."""
    return (
        device.image is not None
        or device.image_at is not None
        or device.annotated is not None
        or device.detection is not None
    )


def observe(draft: Draft, device: InputReport, *, tells_state: bool) -> None:
    """Keep what a heartbeat tells of an input. One that ``tells_state`` also tells when it is clear, without a hold."""
    record = draft.inputs.get(device.device_key)
    if record is None:
        return
    status = draft.input_status.get(record.key) or InputStatus()
    news = _measured(read(record.rule, device), device)
    if device.already and device.active and not status.active:
        # Who tells how things were tells of changes as well.
        news |= {"active": True, "active_since": draft.now, "last_active": draft.now, "changed_at": draft.now}
        news |= {"reports_clear": True, "confirmed": False}
    if tells_state and device.active is not None:
        news["reports_clear"] = True
        if device.active and status.active and draft.armed(Timer.HOLD, record.key) is not None:
            draft.disarm(Timer.HOLD, record.key)
    if any(getattr(status, name) != value for name, value in news.items()):
        draft.input_status[record.key] = replace(status, **news)


def missed_a_change(draft: Draft, device: InputReport, age: float) -> bool:
    """Whether a native heartbeat of this age tells another state than is known.

    The event that told it was lost, or too old to be acted on. A heartbeat may also have been
    overtaken by an event on the other broker; then it was sent before what is known began.
    """
    record = draft.inputs.get(device.device_key)
    if record is None or device.active is None:
        return False
    status = draft.input_status.get(record.key) or InputStatus()
    outside = outside_limits(record.rule, read(record.rule, device))
    if (device.active if outside is None else outside) == status.active:
        return False
    known_for = None if status.changed_at is None else draft.now - status.changed_at
    return known_for is None or known_for < 0 or age < known_for


def decide(draft: Draft, device: InputReport, occasion: Occasion, index: int) -> None:
    """Decide what one input's report means, and act on it.

    A report that tells nothing new about the input's state (no state at all, still clear,
    a level that is still active within the latch) is no event and gets no decision.
    """
    record = draft.inputs.get(device.device_key)
    if record is None:
        return
    before = draft.input_status.get(record.key) or InputStatus()
    reading = read(record.rule, device)
    outside = outside_limits(record.rule, reading)
    active = device.active if outside is None else outside
    is_event = active or (active is False and before.active)
    late = _late(draft, before, occasion, active=active)
    if late is not None:
        if is_event:
            _conclude(draft, record, device, occasion, index, late, active=bool(active))
        return
    news = _measured(reading, device)
    if device.image is not None or device.detection is not None or before.people:
        news |= pictures.note(draft, record, before, device, active=active)
    if outside is not None or (active is False and not _is_of_a_picture(device)):
        # Whoever measures also measures when it is normal again, however seldom. A picture tells of one moment.
        news["reports_clear"] = True
    if occasion.healing:
        news["healed_at"] = draft.now - occasion.age
    level = device.level or outside is not None
    verdict = _activate(draft, record, before, news, device, level=level) if active else None
    status = draft.input_status[record.key] = changed(before, news)
    if active:
        _hold(draft, record, status, by_hand=occasion.by_hand and not before.active)
    elif is_event:
        clear(draft, record, status, device, occasion, index)
    if verdict is not None:
        _conclude(draft, record, device, occasion, index, verdict, active=True)


def clear(
    draft: Draft,
    record: InputRecord,
    status: InputStatus,
    device: InputReport,
    occasion: Occasion,
    index: int = 0,
    facts: Mapping[str, Scalar] | None = None,
) -> None:
    """End an input's activity, and its escalation; its latch stays."""
    draft.input_status[record.key] = replace(
        status, active=False, active_since=None, detail=device.detail, changed_at=draft.now
    )
    if not status.people:
        draft.disarm(Timer.HOLD, record.key)
    if draft.escalating or record.rule.escalate_after is not None:
        escalating.end(draft, record.key)
    lasted = 0.0 if status.active_since is None else draft.now - status.active_since
    verdict = _Verdict(reason=Reason.CLEARED, facts={"active_for": lasted, **(facts or {})})
    _conclude(draft, record, device, occasion, index, verdict, active=False)


def hold_due(draft: Draft, key: str) -> None:
    """Clear an input whose source never says "clear", once it was not reported active for long enough.

    Nor are people seen any longer in the pictures of one that was not active.
    """
    draft.disarm(Timer.HOLD, key)
    record, status = draft.inputs.get(key), draft.input_status.get(key)
    if record is None or status is None:
        return
    if status.people:
        status = draft.input_status[key] = replace(status, people=0)
    if not status.active:
        return
    device = InputReport(device_key=key, active=False)
    occasion = Occasion(serial=f"hold.{key}.{draft.now:.6f}")
    clear(draft, record, status, device, occasion, facts={"hold": record.rule.hold})


def _late(draft: Draft, before: InputStatus, occasion: Occasion, *, active: bool | None) -> _Verdict | None:
    """Checks 1 and 2: is the report one to act on at all?

    An event's news may have been told by a heartbeat already, because that was faster on the other broker.
    """
    if occasion.age > draft.settings.max_validity or occasion.age < -draft.settings.max_ahead:
        facts = {"age": occasion.age, "max_validity": draft.settings.max_validity}
        return _Verdict(reason=Reason.STALE, facts=facts)
    if occasion.duplicate:
        return _DUPLICATE
    if occasion.healing or before.healed_at is None or active is not before.active:
        return None
    return _DUPLICATE if draft.now - occasion.age <= before.healed_at else None


def _activate(
    draft: Draft, record: InputRecord, before: InputStatus, news: _News, device: InputReport, *, level: bool
) -> _Verdict | None:
    """Take an active report: add what it changes to ``news``, and judge it if it is an activation."""
    now = draft.now
    news |= {"active": True, "last_active": now, "detail": device.detail}
    if not before.active:
        news |= {"active_since": now, "changed_at": now}
    elif level and before.activated_at is not None and apart(now, before.activated_at) < record.rule.latch:
        return None
    verdict = _judge(draft, record, before, news, device)
    if record.rule.confirm_count > 1 or record.group is not None:
        news["confirmed"] = verdict.opens or (before.active and before.confirmed)
    # A level that stays is looked at again when its latch ends, not a latch after its rise.
    news["activated_at"] = before.triggered_at if verdict.reason is Reason.LATCHED else now
    if verdict.reason is Reason.TRIGGERED:
        news |= {"triggered_at": now, "triggered_detail": device.detail}
    return verdict


def _hold(draft: Draft, record: InputRecord, status: InputStatus, *, by_hand: bool) -> None:
    """Let the hold run for what nobody else will clear: a source that never says so, or a press."""
    if by_hand or not status.reports_clear:
        draft.arm(Timer.HOLD, record.key, draft.now + record.rule.hold)
    elif draft.armed(Timer.HOLD, record.key) is not None:
        draft.disarm(Timer.HOLD, record.key)


def _judge(draft: Draft, record: InputRecord, status: InputStatus, news: _News, device: InputReport) -> _Verdict:
    """Checks 4 to 8 for an activation; the first that applies is the reason. ``status`` is from before it."""
    # On the event path even a function that is not called counts.
    verdict = None
    if record.schedule is not None or (draft.groups_scheduled and record.group is not None):
        verdict = _off(draft, record)
    elif not record.enabled:
        verdict = _DISABLED
    if verdict is not None:
        return verdict
    if record.rule.confirm_count > 1:
        verdict = _unconfirmed(draft, record, status, news)
    if verdict is None and record.group is not None:
        verdict = _unconfirmed_group(draft, record)
    if record.key in draft.watchers and not watched(draft, record.key):
        return _unwatched(draft, record, opens=verdict is None)
    if verdict is not None:
        return verdict
    latched = status.triggered_at is not None and status.triggered_detail == device.detail
    if latched and (since := apart(draft.now, status.triggered_at or 0.0)) < record.rule.latch:
        return _Verdict(reason=Reason.LATCHED, facts={"since": since, "latch": record.rule.latch}, opens=True)
    if record.rule.informational and (facts := deferring.deferral(draft)) is not None:
        return _Verdict(reason=Reason.DEFERRED, facts=facts, opens=True)
    return _TRIGGERED


def _unwatched(draft: Draft, record: InputRecord, *, opens: bool) -> _Verdict:
    """Say of a zone that no partition watches whether one has silenced it."""
    facts = silenced(draft, record.key)
    if facts:
        return _Verdict(reason=Reason.NOT_ARMED, facts=facts, opens=opens)
    return _NOT_ARMED_OPENS if opens else _NOT_ARMED


def _off(draft: Draft, record: InputRecord) -> _Verdict | None:
    """Check 4 for an input that has a schedule, which may have changed just now."""
    record = scheduling.up_to_date(draft, record)
    if record.enabled:
        return None
    facts = scheduling.off_facts(draft, record)
    return _DISABLED if facts is None else _Verdict(reason=Reason.OFF_SCHEDULE, facts=facts)


def _unconfirmed(draft: Draft, record: InputRecord, status: InputStatus, news: _News) -> _Verdict | None:
    """Check 5 for the input alone."""
    rule, now = record.rule, draft.now
    recent = tuple(at for at in status.activations if apart(now, at) < rule.confirm_within)
    activations = (*recent, now)[-rule.confirm_count :]
    news["activations"] = activations
    if len(activations) >= rule.confirm_count:
        return None
    facts = {"count": len(activations), "needed": rule.confirm_count, "within": rule.confirm_within}
    return _Verdict(reason=Reason.UNCONFIRMED, facts=facts)


def _unconfirmed_group(draft: Draft, record: InputRecord) -> _Verdict | None:
    """Check 5 for the input's cross-zone group: enough different members must agree."""
    rule = None if record.group is None else draft.groups.get(record.group)
    if rule is None:
        return None
    now = draft.now
    before = draft.group_activations.get(rule.name, ())
    others = tuple((at, key) for at, key in before if key != record.key and apart(now, at) < rule.within)
    members = (*others, (now, record.key))[-rule.count :]
    draft.group_activations[rule.name] = members
    if len(members) >= rule.count:
        return None
    facts: dict[str, Scalar] = {"group": rule.name, "count": len(members), "needed": rule.count, "within": rule.within}
    return _Verdict(reason=Reason.UNCONFIRMED, facts=facts)


def _conclude(
    draft: Draft,
    record: InputRecord,
    device: InputReport,
    occasion: Occasion,
    index: int,
    verdict: _Verdict,
    *,
    active: bool,
) -> None:
    """Put a verdict on record; a trigger reaches the linked outputs."""
    decision_id = f"{occasion.serial}.{index}"
    recent: tuple[RecentTrigger, ...] = ()
    outputs: tuple[OutputDecision, ...] = ()
    if verdict.opens and record.key in draft.watchers:
        draft.opened.append(record.key)
    if verdict.reason is Reason.TRIGGERED:
        recent = _note_trigger(draft, record, device)
        outputs = command_linked(draft, record, device, decision_id)
        if record.rule.escalate_after is not None:
            escalating.begin(draft, record)
    decision = Decision(
        decision_id=decision_id,
        at=draft.now,
        input_key=record.key,
        reason=verdict.reason,
        active=active,
        detail=device.detail,
        value=device.value,
        has_image=device.image is not None,
        facts=verdict.facts,
        outputs=outputs,
        recent=recent,
    )
    if verdict.reason is Reason.DEFERRED:
        deferring.hold_back(draft, decision, record.label)
    draft.effects.append(Decided(decision=decision))


def _note_trigger(draft: Draft, record: InputRecord, device: InputReport) -> tuple[RecentTrigger, ...]:
    """Remember a trigger; returns the other inputs' triggers before it, newest first."""
    now, key, settings = draft.now, record.key, draft.settings
    window = settings.recent_window
    others = [trigger for trigger in draft.recent if trigger.key != key and apart(now, trigger.at) < window]
    del others[settings.recent_limit :]
    this = RecentTrigger(key=key, label=record.label, detail=device.detail, at=now)
    draft.recent = (this, *others)
    return tuple(others)


def _conditioned(condition: Condition) -> _News:
    return {"tamper": condition.tamper, "fault": condition.fault, "low_battery": condition.low_battery}


def _measured(reading: Reading, device: InputReport) -> _News:
    """Return what a reading changes; what the device did not tell stays as it was."""
    news: _News = {} if device.condition is None else _conditioned(device.condition)
    if device.reachable is not None:
        news["unreachable"] = not device.reachable
    if reading.value is not None:
        news["value"] = reading.value
    if reading.register is not None:
        news["meter_register"] = reading.register
    return news
