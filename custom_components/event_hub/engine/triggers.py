"""One event, one decision: the checks in their order (behaviour.md, 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..wire.messages import InputReport, Scalar
from .deadlines import Timer, apart
from .effects import Decided
from .linking import command_linked
from .meters import Reading, outside_limits, read
from .model import Decision, InputRecord, InputStatus, Reason, RecentTrigger
from .state import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What an input's report came with. ``age`` in seconds; ``serial`` is unique to the report."""

    serial: str
    age: float = 0.0
    duplicate: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """Where the checks stopped, with the numbers behind it."""

    reason: Reason
    facts: Mapping[str, Scalar]


def observe(draft: Draft, device: InputReport) -> None:
    """Keep what a heartbeat tells of an input besides its state."""
    record = draft.inputs.get(device.device_key)
    if record is not None and (device.value is not None or device.meter is not None):
        status = draft.input_status.get(record.key) or InputStatus()
        draft.input_status[record.key] = _measured(status, read(record.rule, device))


def decide(draft: Draft, device: InputReport, occasion: Occasion, index: int) -> None:
    """Decide what one input's report means, and act on it.

    A report that tells nothing new about the input's state (no state at all, still clear,
    a level that is still active within the latch) is no event and gets no decision.
    """
    if device.active is None and device.value is None and device.meter is None and device.image is None:
        # A board names all its inputs with every event of one: most of what is reported is this.
        return
    record = draft.inputs.get(device.device_key)
    if record is None:
        return
    status = draft.input_status.get(record.key) or InputStatus()
    reading = read(record.rule, device)
    outside = outside_limits(record.rule, reading)
    active = device.active if outside is None else outside
    level = device.level or outside is not None
    if outside is not None and not status.reports_clear:
        # Whoever measures also measures when it is normal again, however seldom.
        status = replace(status, reports_clear=True)
    late = _too_late(draft, occasion)
    if late is None:
        status = _measured(status, reading)
        status = status if device.image is None else replace(status, image_at=device.image_at or draft.now)
        draft.input_status[record.key] = status
    if active is None or (not active and not status.active):
        if active is False and late is None and not status.reports_clear:
            draft.input_status[record.key] = replace(status, reports_clear=True)
        return
    if late is not None:
        _conclude(draft, record, device, occasion, index, late, active=active)
    elif active:
        _activate(draft, record, status, device, occasion, index, level=level)
    else:
        clear(draft, record, replace(status, reports_clear=True), device, occasion, index)


def clear(
    draft: Draft,
    record: InputRecord,
    status: InputStatus,
    device: InputReport,
    occasion: Occasion,
    index: int = 0,
    facts: Mapping[str, Scalar] | None = None,
) -> None:
    """End an input's activity; its latch stays."""
    draft.input_status[record.key] = replace(
        status, active=False, active_since=None, detail=device.detail, changed_at=draft.now
    )
    draft.disarm(Timer.HOLD, record.key)
    lasted = 0.0 if status.active_since is None else draft.now - status.active_since
    verdict = _Verdict(reason=Reason.CLEARED, facts={"active_for": lasted, **(facts or {})})
    _conclude(draft, record, device, occasion, index, verdict, active=False)


def hold_due(draft: Draft, key: str) -> None:
    """Clear an input whose source never says "clear", once it was not reported active for long enough."""
    draft.disarm(Timer.HOLD, key)
    record, status = draft.inputs.get(key), draft.input_status.get(key)
    if record is None or status is None or not status.active:
        return
    device = InputReport(device_key=key, active=False)
    occasion = Occasion(serial=f"hold.{key}.{draft.now:.6f}")
    clear(draft, record, status, device, occasion, facts={"hold": record.rule.hold})


def _too_late(draft: Draft, occasion: Occasion) -> _Verdict | None:
    """Checks 1 and 2: is the report one to act on at all?"""
    if occasion.age > draft.settings.max_validity or occasion.age < -draft.settings.max_ahead:
        facts = {"age": occasion.age, "max_validity": draft.settings.max_validity}
        return _Verdict(reason=Reason.STALE, facts=facts)
    if occasion.duplicate:
        return _Verdict(reason=Reason.DUPLICATE, facts={})
    return None


def _activate(
    draft: Draft,
    record: InputRecord,
    status: InputStatus,
    device: InputReport,
    occasion: Occasion,
    index: int,
    *,
    level: bool,
) -> None:
    """Take an active report: keep the state, and decide if it is an activation."""
    now = draft.now
    counts = (
        not level
        or not status.active
        or status.activated_at is None
        or apart(now, status.activated_at) >= record.rule.latch
    )
    started = not status.active
    status = replace(
        status,
        active=True,
        active_since=now if started else status.active_since,
        changed_at=now if started else status.changed_at,
        last_active=now,
        activated_at=now if counts else status.activated_at,
        detail=device.detail,
    )
    _hold(draft, record, status, by_hand=occasion.by_hand and started)
    draft.input_status[record.key] = status
    if counts:
        verdict = _judge(draft, record, status, device)
        _conclude(draft, record, device, occasion, index, verdict, active=True)
        if verdict.reason is Reason.LATCHED:
            # A level that stays is looked at again when this latch ends, not a latch after its rise.
            latched = draft.input_status[record.key]
            draft.input_status[record.key] = replace(latched, activated_at=latched.triggered_at)


def _hold(draft: Draft, record: InputRecord, status: InputStatus, *, by_hand: bool) -> None:
    """Let the hold run for what nobody else will clear: a source that never says so, or a press."""
    if by_hand or not status.reports_clear:
        draft.arm(Timer.HOLD, record.key, draft.now + record.rule.hold)
    elif draft.armed(Timer.HOLD, record.key) is not None:
        draft.disarm(Timer.HOLD, record.key)


def _judge(draft: Draft, record: InputRecord, status: InputStatus, device: InputReport) -> _Verdict:
    """Checks 4 to 8 for an activation; the first that applies is the reason."""
    if not record.enabled:
        return _Verdict(reason=Reason.DISABLED, facts={})
    return (
        _unconfirmed(draft, record, status)
        or _unconfirmed_group(draft, record)
        or _latched(draft, record, device)
        or _Verdict(reason=Reason.TRIGGERED, facts={})
    )


def _unconfirmed(draft: Draft, record: InputRecord, status: InputStatus) -> _Verdict | None:
    """Check 5 for the input alone."""
    rule, now = record.rule, draft.now
    if rule.confirm_count <= 1:
        return None
    recent = tuple(at for at in status.activations if apart(now, at) < rule.confirm_within)
    activations = (*recent, now)[-rule.confirm_count :]
    draft.input_status[record.key] = replace(draft.input_status[record.key], activations=activations)
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


def _latched(draft: Draft, record: InputRecord, device: InputReport) -> _Verdict | None:
    """Check 6: the same trigger again within the latch."""
    status = draft.input_status[record.key]
    if status.triggered_at is None or status.triggered_detail != device.detail:
        return None
    since = apart(draft.now, status.triggered_at)
    if since >= record.rule.latch:
        return None
    return _Verdict(reason=Reason.LATCHED, facts={"since": since, "latch": record.rule.latch})


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
    decision = Decision(
        decision_id=f"{occasion.serial}.{index}",
        at=draft.now,
        input_key=record.key,
        reason=verdict.reason,
        active=active,
        detail=device.detail,
        value=device.value,
        has_image=device.image is not None,
        facts=verdict.facts,
    )
    if verdict.reason is Reason.TRIGGERED:
        recent = _note_trigger(draft, record, device)
        outputs = command_linked(draft, record, device, decision.decision_id)
        decision = replace(decision, outputs=outputs, recent=recent)
    draft.effects.append(Decided(decision=decision))


def _note_trigger(draft: Draft, record: InputRecord, device: InputReport) -> tuple[RecentTrigger, ...]:
    """Remember a trigger; returns the other inputs' triggers before it, newest first."""
    now, settings = draft.now, draft.settings
    draft.input_status[record.key] = replace(
        draft.input_status[record.key], triggered_at=now, triggered_detail=device.detail
    )
    others = tuple(
        trigger
        for trigger in draft.recent
        if trigger.key != record.key and apart(now, trigger.at) < settings.recent_window
    )
    this = RecentTrigger(key=record.key, label=record.label, detail=device.detail, at=now)
    draft.recent = (this, *others)[: settings.recent_limit + 1]
    return others[: settings.recent_limit]


def _measured(status: InputStatus, reading: Reading) -> InputStatus:
    """Keep a reading; what the device did not measure stays as it was."""
    if reading.value is None and reading.register is None:
        return status
    return replace(
        status,
        value=status.value if reading.value is None else reading.value,
        meter_register=status.meter_register if reading.register is None else reading.register,
    )
