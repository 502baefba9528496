"""What happened, as something to tell people: who, what, where, since when, with whose picture (behaviour.md, 5)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
import hashlib
import json
from typing import Final

from .engine.alarm.effects import Cancelled, DuressRaised, LeftOpen, LockedOut, SwungOut, TellOutside
from .engine.alarm.model import ZoneKind
from .engine.alarm.status import Alarm, AlarmKind, Outside, Phase
from .engine.effects import AlarmTold, DigestDue, EscalationRaised
from .engine.model import PANIC_KEY, REPORT_KEY, Decision
from .engine.state import State
from .engine.telling.model import Fault, Picture, Recent, Telling, Topic
from .identifiers import device_name, name_of, place_of
from .storage.alarm_records import stored

# Tellings whose id begins so are for outside alone: nothing here says a word about them.
HIDDEN: Final = "outside."
MOST_RECENT: Final = 30
# What is worst is told first.
_GRAVITY: Final = (AlarmKind.FIRE, AlarmKind.PANIC, AlarmKind.TAMPER, AlarmKind.BURGLARY, AlarmKind.ALWAYS)


def is_hidden(telling: Telling) -> bool:
    """Whether nothing here may show that this is told: a duress code, or a silent alarm."""
    # Those that an earlier version kept have no more than the name.
    return telling.only_for is not None or telling.telling_id.startswith(HIDDEN)


def trigger_of(
    state: State,
    decision: Decision,
    *,
    picture: Picture | None = None,
    people: int | None = None,
    by_button: bool = False,
) -> Telling | None:
    """Return what to tell of a trigger, ``None`` where it is not to be told."""
    record = state.inputs.get(decision.input_key)
    if record is None or not record.rule.notify or _is_the_alarms(state, decision):
        return None
    is_panic = record.key == PANIC_KEY
    return Telling(
        telling_id=f"trigger.{decision.decision_id}",
        at=decision.at,
        topic=Topic.REPORT if by_button and not is_panic else Topic.TRIGGER,
        label=device_name(record),
        input_key=record.key,
        source_id=record.source_id,
        detail=decision.detail,
        location=place_of(record),
        picture=picture,
        people=people,
        recent=tuple(
            Recent(label=name_of(each.key, state.inputs, otherwise=each.label), at=each.at, detail=each.detail)
            for each in decision.recent[:MOST_RECENT]
            if not _is_silent(state, each.key)
        ),
        by_button=by_button or is_panic,
        critical=is_panic,
    )


def report_of(state: State, decision: Decision) -> Telling:
    """Return what the *Report* button tells: everything that is active now but silent zones, the newest first."""
    active = [
        Recent(label=name_of(key, state.inputs), at=status.active_since or decision.at, detail=status.detail)
        for key, status in state.input_status.items()
        if status.active and key in state.inputs and key not in (REPORT_KEY, PANIC_KEY) and not _is_silent(state, key)
    ]
    active.sort(key=lambda each: each.at, reverse=True)
    return Telling(
        telling_id=f"report.{decision.decision_id}",
        at=decision.at,
        topic=Topic.REPORT,
        input_key=REPORT_KEY,
        recent=tuple(active[:MOST_RECENT]),
        by_button=True,
    )


def alarm_told(state: State, told: AlarmTold) -> Telling | None:
    """Return what to tell of an effect of the alarm, ``None`` for one that is not for people outside.

    The same effect, told again after a restart, is the same telling.
    """
    partition = state.partitions.get(told.partition_id)
    name = told.partition_id if partition is None else partition.name
    status = state.alarm.get(told.partition_id)
    changed_at = 0.0 if status is None or status.changed_at is None else status.changed_at
    match told.effect:
        case TellOutside(alarms=alarms) if alarms:
            return _alarm(state, told, name, alarms)
        case Cancelled(told=True, withheld=False, actor=actor, silent=silent):
            number = _number(told, changed_at)
            telling = _of_partition(told, name, Topic.CANCELLED, number, at=changed_at, by=actor.name, critical=True)
            return _hidden(telling, Topic.SILENT) if silent else telling
        case DuressRaised(actor=actor, at=at):
            number = _number(told)
            telling = _of_partition(told, name, Topic.DURESS, number, at=at, by=actor.name, critical=True)
            return _hidden(telling, Topic.DURESS)
    return None


def called_off(state: State, told: AlarmTold) -> Telling | None:
    """Return what to tell of the alarms that somebody under duress called off; nothing here says a word about it."""
    if not isinstance(told.effect, DuressRaised) or not told.effect.alarms:
        return None
    partition = state.partitions.get(told.partition_id)
    name = told.partition_id if partition is None else partition.name
    telling = _alarm(state, told, name, told.effect.alarms)
    return _hidden(replace(telling, telling_id=f"alarms.{_number(told)}", only_for=None), Topic.DURESS)


def trouble_told(state: State, told: AlarmTold, now: float) -> Telling | None:
    """Return what to tell of what the alarm suffers from, which comes once and is not critical."""
    partition = state.partitions.get(told.partition_id)
    name = told.partition_id if partition is None else partition.name
    number = _number(told, now)
    match told.effect:
        case LockedOut(until=until, actor=actor):
            return _of_partition(told, name, Topic.LOCKOUT, number, at=now, by=actor.name, until=until)
        case SwungOut(zone=key, silent=silent):
            label = name_of(key, state.inputs)
            telling = _of_partition(told, name, Topic.SWUNG_OUT, number, at=now, label=label)
            return _hidden(telling, Topic.SILENT) if silent else telling
        case LeftOpen(zones=zones):
            labels = ", ".join(dict.fromkeys(name_of(key, state.inputs) for key in zones))
            telling = _of_partition(told, name, Topic.FAULT, number, at=now, label=labels)
            return replace(telling, fault=Fault.LEFT_OPEN)
    return None


def escalated(state: State, effect: EscalationRaised) -> Telling:
    """Return what to tell of an input that stays active; of a silent zone, only for those who chose its alarms."""
    record = state.inputs.get(effect.input_key)
    status = state.input_status.get(effect.input_key)
    telling = Telling(
        telling_id=f"escalation.{effect.input_key}.{effect.since:.3f}",
        at=effect.at,
        topic=Topic.ESCALATION,
        label=name_of(effect.input_key, state.inputs),
        input_key=effect.input_key,
        detail=None if status is None else status.detail,
        location=None if record is None else place_of(record),
        lasted=effect.at - effect.since,
        critical=True,
    )
    return _hidden(telling, Topic.SILENT) if _is_silent(state, effect.input_key) else telling


def has_untold_alarm(state: State, key: str) -> bool:
    """Whether an input caused an alarm, silent or not, that outside is yet to be told of."""
    statuses = (state.alarm.get(each) for each in state.watchers.get(key, ()))
    return any(
        alarm.zone == key and alarm.outside is Outside.WAITING
        for status in statuses
        if status is not None
        for alarm in status.memory
    )


def digest_of(state: State, effect: DigestDue) -> Telling | None:
    """Return what to tell of what was held back in quiet hours, ``None`` where only silent zones were."""
    bundle = effect.bundle
    told = [item for item in bundle.deferred if not _is_silent(state, item.input_key)]
    count = bundle.count - sum(item.count for item in bundle.deferred) + sum(item.count for item in told)
    if not count:
        return None
    first = min((item.first_at for item in bundle.deferred), default=effect.at)
    return Telling(
        # A hub that begins anew counts from one again.
        telling_id=f"digest.{bundle.number}.{first:.3f}",
        at=effect.at,
        topic=Topic.DIGEST,
        count=count,
        recent=tuple(
            Recent(
                label=name_of(item.input_key, state.inputs, otherwise=item.label),
                at=item.at,
                detail=item.detail,
                count=item.count,
            )
            for item in told[:MOST_RECENT]
        ),
    )


def undelivered_of(telling: Telling, now: float) -> Telling:
    """Return what to tell those who want to know that something was told to nobody in time."""
    return Telling(
        telling_id=f"undelivered.{telling.telling_id}",
        at=now,
        topic=Topic.UNDELIVERED,
        label=telling.name,
        detail=telling.detail,
        partition=telling.partition,
        lasted=now - telling.at,
    )


def _alarm(state: State, told: AlarmTold, name: str, alarms: tuple[Alarm, ...]) -> Telling:
    """Tell the gravest kind, of that the newest, and the zones before it."""
    worst = min(alarms, key=lambda each: (_GRAVITY.index(each.kind), -each.at))
    others = sorted((each for each in alarms if each is not worst), key=lambda each: each.at, reverse=True)
    silent = all(each.silent for each in alarms)
    record = None if worst.zone is None else state.inputs.get(worst.zone)
    cameras = [each.zone for each in (worst, *others) if each.zone is not None and _has_image(state, each.zone)]
    telling = Telling(
        telling_id=_number(told),
        at=worst.at,
        topic=Topic.ALARM,
        label=None if worst.zone is None else name_of(worst.zone, state.inputs),
        input_key=worst.zone,
        detail=worst.detail,
        location=None if record is None else place_of(record),
        picture=Picture(device_key=cameras[0]) if cameras else None,
        recent=tuple(
            Recent(label=name_of(each.zone, state.inputs), at=min(each.at, worst.at))
            for each in others[:MOST_RECENT]
            if each.zone is not None
        ),
        critical=True,
        partition_id=told.partition_id,
        partition=name,
        alarm_kind=worst.kind,
    )
    return _hidden(telling, Topic.SILENT) if silent else telling


def _hidden(telling: Telling, topic: Topic) -> Telling:
    """Return a telling that is for outside alone: for channels that chose this topic."""
    return replace(telling, telling_id=HIDDEN + telling.telling_id, only_for=topic)


def _of_partition(  # noqa: PLR0913 - each is a fact of its own
    told: AlarmTold,
    name: str,
    topic: Topic,
    number: str,
    *,
    at: float,
    label: str | None = None,
    by: str | None = None,
    until: float | None = None,
    critical: bool = False,
) -> Telling:
    return Telling(
        telling_id=number,
        at=at,
        topic=topic,
        label=label,
        by=by or None,
        until=until,
        critical=critical,
        partition_id=told.partition_id,
        partition=name,
    )


def _number(told: AlarmTold, at: float | None = None) -> str:
    """Return a name that the same effect always has. What it says cannot be read from it."""
    what = json.dumps([stored(told), at], sort_keys=True, default=str)
    return "alarm." + hashlib.blake2b(what.encode(errors="replace"), digest_size=16).hexdigest()


def _has_image(state: State, key: str) -> bool:
    record = state.inputs.get(key)
    return record is not None and record.has_image


def _is_the_alarms(state: State, decision: Decision) -> bool:
    """Whether the alarm is to tell of a trigger itself: within the abort window nobody outside is to know.

    Once an alarm was told, what its zones see next is of interest; what a silent zone sees never is, here.
    """
    key = decision.input_key
    zones = list(_zones_of(state, state.watchers.get(key, ()), key))
    if not zones:
        return False
    return any(silent for _, silent in zones) or not any(_is_told(state, each, decision) for each, _ in zones)


def _is_silent(state: State, key: str) -> bool:
    """Whether what an input sees is told by its silent alarm alone."""
    return any(silent for _, silent in _zones_of(state, state.watchers.get(key, ()), key))


def _zones_of(state: State, partition_ids: Iterable[str], key: str) -> Iterator[tuple[str, bool]]:
    for partition_id in partition_ids:
        partition = state.partitions.get(partition_id)
        zone = None if partition is None else partition.zones.get(key)
        if zone is not None and zone.kind is not ZoneKind.CHIME:
            yield partition_id, zone.silent


def _is_told(state: State, partition_id: str, decision: Decision) -> bool:
    """Whether outside was told of the alarm that is running, which is not this trigger's own."""
    status = state.alarm.get(partition_id)
    if status is None or status.phase is not Phase.TRIGGERED:
        return False
    # One that was raised at once has the decision's time, though the clock may have been set since.
    own = any(
        alarm.zone == decision.input_key and (alarm.at == decision.at or alarm.by_this_clock >= decision.at)
        for alarm in status.memory
    )
    return not own and not any(alarm.outside is Outside.WAITING for alarm in status.memory)
