"""Inputs and outputs are switched on and off by their schedules (behaviour.md, 2).

What counts, and what is shown, is a record's ``enabled``. A schedule, a device's own or else its group's, is
followed at every change of it: each has one deadline, the next change. So an event costs a look at the
schedules only where there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ..wire.messages import Scalar
from . import escalating, guarding
from .deadlines import Timer
from .errors import UnknownKeyError
from .events import ScheduleSet
from .model import NO_FACTS, InputRecord, OutputRecord
from .state import Draft
from .times.schedule_data import check_schedule
from .times.schedules import Override, Schedule, enabled_at, next_change, override_counts
from .times.wall import local

type _Record = InputRecord | OutputRecord


class _Scheduled(Protocol):
    """A state, or a draft of one."""

    @property
    def group_schedules(self) -> Mapping[str, Schedule]:
        """Return the groups' schedules by group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The schedule that counts for a device, and the ``key`` of its deadline; ``group`` is set if it is the group's."""

    key: str
    schedule: Schedule
    group: str | None = None


def plan_of(state: _Scheduled, record: _Record) -> Plan | None:
    """Return what a device is scheduled by: its own schedule, else its group's."""
    if record.schedule is not None:
        role = "input" if isinstance(record, InputRecord) else "output"
        return Plan(key=f"{role}:{record.key}", schedule=record.schedule)
    schedule = None if record.group is None else state.group_schedules.get(record.group)
    return None if schedule is None else Plan(key=f"group:{record.group}", schedule=schedule, group=record.group)


def set_schedule(draft: Draft, event: ScheduleSet) -> None:
    """Give devices and groups a schedule or, with ``None`` or an empty one, take theirs; it counts at once.

    A device that is left without one stays as it is. Raises ``UnknownKeyError`` and ``InvalidRuleError``,
    and then nothing is set.
    """
    schedule = event.schedule if event.schedule is not None and event.schedule.spans else None
    if schedule is not None:
        check_schedule(schedule)
    _check_known(draft, event)
    for key in event.inputs:
        given = draft.inputs[key] = replace(draft.inputs[key], schedule=schedule, override=None)
        draft.disarm(Timer.SCHEDULE, f"input:{key}")
        follow(draft, given)
    for key in event.outputs:
        lent = draft.outputs[key] = replace(draft.outputs[key], schedule=schedule, override=None)
        draft.disarm(Timer.SCHEDULE, f"output:{key}")
        follow(draft, lent)
    for name in event.groups:
        draft.group_schedules[name] = schedule
        draft.disarm(Timer.SCHEDULE, f"group:{name}")
        for record in _members(draft, name):
            _put(draft, replace(record, override=None))
        _follow_group(draft, name)


def switch(draft: Draft, record: _Record, *, enabled: bool) -> None:
    """Switch a device by hand. Where a schedule counts, that holds until its next change."""
    override = None if plan_of(draft, record) is None else Override(enabled=enabled, at=draft.now)
    _switch(draft, record, enabled=enabled, override=override)


def keep(draft: Draft, record: _Record) -> None:
    """Take over how a device describes itself; in another group, it may have another schedule.

    What a partition relies on while it is not disarmed stays in its group until then, and one that comes back in none:
    a device must not switch itself off by joining another. It says again where it belongs.
    """
    known = draft.inputs.get(record.key) if isinstance(record, InputRecord) else draft.outputs.get(record.key)
    group = None if known is None else known.group
    if group != record.group and guarding.is_relied_on(draft, record):
        record = replace(record, group=group)
        if record == known:
            return
    _put(draft, record)
    if draft.groups_scheduled:
        follow(draft, record)


def follow(draft: Draft, record: _Record) -> None:
    """Bring one device in line with the schedule that counts for it, which may be another than before."""
    plan = plan_of(draft, record)
    if plan is None:
        _switch(draft, record, enabled=record.enabled, override=None)
        return
    _watch(draft, plan)
    _apply(draft, record, plan, _said(draft, plan))


def follow_all(draft: Draft) -> None:
    """Bring every device in line, after a restart or when the clock or its zone is another."""
    said: dict[str, bool | None] = {}
    for record in _devices(draft):
        plan = plan_of(draft, record)
        if plan is None:
            _switch(draft, record, enabled=record.enabled, override=None)
            continue
        if plan.key not in said:
            _watch(draft, plan)
            said[plan.key] = _said(draft, plan)
        _apply(draft, record, plan, said[plan.key])


def schedule_due(draft: Draft, key: str) -> None:
    """Follow a change of a schedule that has come."""
    draft.disarm(Timer.SCHEDULE, key)
    role, _, name = key.partition(":")
    if role == "group":
        _follow_group(draft, name)
        return
    record = draft.inputs.get(name) if role == "input" else draft.outputs.get(name)
    if record is not None:
        # Written in any case, so that the next change is shown.
        _put(draft, record)
        follow(draft, record)


def forget(draft: Draft, key: str) -> None:
    """Let no time be due any more for a device that is forgotten."""
    for role in ("input", "output"):
        if draft.armed(Timer.SCHEDULE, f"{role}:{key}") is not None:
            draft.disarm(Timer.SCHEDULE, f"{role}:{key}")


def up_to_date[R: (InputRecord, OutputRecord)](draft: Draft, record: R) -> R:
    """Return a device that has a schedule as that has it now, should the change have come before its tick."""
    plan = plan_of(draft, record)
    due = None if plan is None else draft.armed(Timer.SCHEDULE, plan.key)
    if plan is None or due is None or due > draft.now:
        return record
    schedule_due(draft, plan.key)
    table = draft.inputs if isinstance(record, InputRecord) else draft.outputs
    current = table.get(record.key)
    return current if isinstance(current, type(record)) else record


def off_by_schedule(state: _Scheduled, record: _Record) -> bool:
    """Whether a device that is off is so because of a schedule, and not because a person switched it off."""
    return record.override is None and plan_of(state, record) is not None


def off_facts(draft: Draft, record: _Record) -> Mapping[str, Scalar] | None:
    """Return when a device that is off will be switched by its schedule; ``None`` if it is not off because of one."""
    plan = plan_of(draft, record)
    if plan is None or record.override is not None:
        return None
    due = draft.armed(Timer.SCHEDULE, plan.key)
    return NO_FACTS if due is None else when_facts(draft, due)


def when_facts(draft: Draft, at: float) -> dict[str, Scalar]:
    """Return a time as facts: in unix seconds, and as the clock on the wall will show it."""
    return {"until": at, "local": f"{local(at, draft.settings.zone):%a %H:%M}"}


def _check_known(draft: Draft, event: ScheduleSet) -> None:
    for keys, table in ((event.inputs, draft.inputs), (event.outputs, draft.outputs)):
        for key in keys:
            if key not in table:
                raise UnknownKeyError(key)
    for name in event.groups:
        if name not in draft.group_schedules and not _members(draft, name):
            raise UnknownKeyError(name)


def _members(draft: Draft, group: str) -> list[_Record]:
    return [record for record in _devices(draft) if record.group == group]


def _devices(draft: Draft) -> list[_Record]:
    """Return all devices: costs a walk, so never on the event path."""
    return [*draft.inputs.values(), *draft.outputs.values()]


def _follow_group(draft: Draft, name: str) -> None:
    schedule = draft.group_schedules.get(name)
    if schedule is None:
        return
    plan = Plan(key=f"group:{name}", schedule=schedule, group=name)
    _watch(draft, plan)
    said = _said(draft, plan)
    for record in _members(draft, name):
        if record.schedule is None:
            _put(draft, record)
            _apply(draft, record, plan, said)


def _watch(draft: Draft, plan: Plan) -> None:
    """Have the next change of a schedule be due."""
    change = next_change(plan.schedule, draft.now, draft.settings.zone)
    if change is not None and change != draft.armed(Timer.SCHEDULE, plan.key):
        draft.arm(Timer.SCHEDULE, plan.key, change)


def _said(draft: Draft, plan: Plan) -> bool | None:
    return enabled_at(plan.schedule, draft.now, draft.settings.zone)


def _apply(draft: Draft, record: _Record, plan: Plan, said: bool | None) -> None:  # noqa: FBT001 - what a schedule says
    """Switch a device as its schedule said, unless somebody has since."""
    override = record.override
    if override is not None and not override_counts(plan.schedule, override, draft.now, draft.settings.zone):
        override = None
    if override is not None:
        said = override.enabled
    _switch(draft, record, enabled=record.enabled if said is None else said, override=override)


def _switch(draft: Draft, record: _Record, *, enabled: bool, override: Override | None) -> None:
    if (enabled, override) == (record.enabled, record.override):
        return
    _put(draft, replace(record, enabled=enabled, override=override))
    if not isinstance(record, InputRecord) or enabled == record.enabled:
        return
    status = draft.input_status.get(record.key)
    if not enabled:
        escalating.end(draft, record.key)
    elif status is not None and status.activated_at is not None:
        # One that is active acts on the next report of it, not after its latch.
        draft.input_status[record.key] = replace(status, activated_at=None)


def _put(draft: Draft, record: _Record) -> None:
    if isinstance(record, InputRecord):
        draft.inputs[record.key] = record
    else:
        draft.outputs[record.key] = record
