"""Joins the partitions with the engine: what their inputs do, what people ask, what they want done (behaviour.md, 4).

What a step changes of watched inputs is found at its end, by comparing what is with what a partition knows.
So nothing that happens to an input has to think of the alarm. Only openings are noted where they are
judged: whether an input is on, and what it saw is confirmed, is for the checks to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from ..wire.messages import Report, Scalar, Transport
from . import lockouts, settling, siren_faults
from .alarm import events
from .alarm.effects import CodeUsedUp, Effect, Outcome, Passed, SirenOff, SirenOn
from .alarm.master import react_all
from .alarm.model import LIFE_SAFETY, UNKNOWN_INPUT, InputStanding, Partition, ZoneKind
from .alarm.problems import Fault, PassReason, Trouble
from .alarm.status import PartitionStatus, Timer as AlarmTimer, next_due
from .alarm.table import react
from .alarm.upkeep import news_of
from .alarm.watching import is_watched, silenced_in
from .deadlines import Timer
from .disarming import can_be_ended
from .effects import AlarmTold
from .errors import UnknownKeyError
from .events import AlarmAsked, Event, Reported
from .model import ADOPTED_SOURCE, NO_FACTS, InputStatus
from .registry import owner_of
from .sirens import hush, sound, tell_again
from .standing import Standings, broker_of, heard_as
from .state import Draft

_FRESH: Final = PartitionStatus()


def watched(draft: Draft, key: str) -> bool:
    """Whether any of an input's partitions watches it now. Not for inputs that are in none."""
    ids = draft.watchers[key]
    for partition_id in ids:
        catch_up(draft, partition_id)
    return is_watched({each: draft.partitions[each] for each in ids}, draft.alarm, key) is not False


def silenced(draft: Draft, key: str) -> Mapping[str, Scalar]:
    """Return which partition has silenced an input that nobody watches, after how many alarms; nothing if none has."""
    partition = silenced_in({each: draft.partitions[each] for each in draft.watchers[key]}, draft.alarm, key)
    if partition is None:
        return NO_FACTS
    return {"silenced_by": partition.name, "alarms": draft.alarm[partition.partition_id].swing_of(key).alarms}


def asked(draft: Draft, event: AlarmAsked) -> None:
    """Let a partition have a request; a master lets its members have it. Raises ``UnknownKeyError``."""
    partition = draft.partitions.get(event.partition_id)
    if partition is None:
        raise UnknownKeyError(event.partition_id)
    request = event.request
    if isinstance(request, events.Arm | events.ChangeMode) and not can_be_ended(draft, partition, request):
        request = replace(request, disarmable=False)
    if not partition.members or not isinstance(request, _REQUESTS):
        tell(draft, event.partition_id, request)
        return
    members = [
        (draft.partitions[each], draft.alarm.get(each, _FRESH))
        for each in partition.members
        if each in draft.partitions
    ]
    zones = Standings(draft, [key for member, _ in members for key in member.zones])
    outcome = react_all(members, request, draft.now, zones, channels=draft.settings.channels)
    for member_id, its in outcome.outcomes.items():
        take(draft, draft.partitions[member_id], its)
    _carry_out(draft, partition, outcome.effects)


def restarted(draft: Draft) -> None:
    """Go on from the statuses that were read back. What ended meanwhile ended at its own time."""
    for partition_id in [each for each in draft.alarm if each not in draft.partitions]:
        draft.alarm.remove(partition_id)
    lockouts.resume(draft)
    for key in draft.watchers:
        record, status = draft.inputs.get(key), draft.input_status.get(key)
        if record is not None and status is not None and status.active and not status.reports_clear:
            over = (status.last_active or 0.0) + record.rule.hold
            if over <= draft.now:
                hold_over(draft, key, over)
    for partition_id in list(draft.partitions):
        tell(draft, partition_id, events.Restarted())
        for broker in Transport:
            if draft.transport_up(broker):
                _broker_back(draft, partition_id, broker)


def due(draft: Draft, partition_id: str) -> None:
    """Handle a partition's deadline, at the time that it was due."""
    tell(draft, partition_id, events.Tick(), at=draft.armed(Timer.ALARM, partition_id))


def catch_up(draft: Draft, partition_id: str) -> None:
    """Handle what is due by now."""
    at = draft.armed(Timer.ALARM, partition_id)
    if at is not None and at <= draft.now:
        tell(draft, partition_id, events.Tick())


def hold_over(draft: Draft, key: str, at: float) -> None:
    """Close a watched input whose activity ended at a time, before anything that was due after that."""
    for partition_id in draft.watchers.get(key, ()):
        if key in draft.alarm.get(partition_id, _FRESH).open:
            tell(draft, partition_id, events.ZoneClosed(zone=key), at=min(at, draft.now))


def moved(draft: Draft, key: str) -> tuple[float, bool] | None:
    """Return when an input that calls for help opened or closed last, and which, as its alarm knows; else ``None``."""
    ids = draft.watchers.get(key, ())
    calling = (each for each in ids if draft.partitions[each].zones[key].kind in LIFE_SAFETY)
    known = [draft.alarm.get(partition_id, _FRESH) for partition_id in calling]
    return max(
        ((each.at, key in status.open) for status in known for each in status.moved if each.zone == key), default=None
    )


def broker_changed(draft: Draft, broker: Transport, *, up: bool) -> None:
    """Tell of a broker that came or went: one fault of each partition with zones that report over it."""
    for partition_id, partition in list(draft.partitions.items()):
        if not up:
            if any(broker_of(draft, key) is broker for key in partition.zones):
                tell(draft, partition_id, events.BrokerLost(broker=broker.value))
            continue
        _broker_back(draft, partition_id, broker)
        tell_again(draft, partition, draft.alarm.get(partition_id, _FRESH), broker)


def follow(draft: Draft, event: Event | None) -> None:
    """Tell the partitions what this step, of an event or of a start, has changed of the inputs that they watch.

    Of inputs that opened in one report those on the way in come first: whoever came in by the door was
    seen in the hall as well.
    """
    if isinstance(event, Reported):
        _hear(draft, event.report)
    touched = [(partition_id, key) for key in _touched(draft) for partition_id in draft.watchers[key]]
    touched.sort(key=lambda each: draft.partitions[each[0]].zones[each[1]].kind is not ZoneKind.ENTRY_EXIT)
    for partition_id, key in touched:
        _sync(draft, partition_id, key)
    if any(draft.writes(table) for table in settling.TABLES):
        for partition_id in settling.settled(draft):
            tell(draft, partition_id, events.Tick())


def follow_sirens(draft: Draft, event: Event) -> None:
    """Tell the partitions what keeps their sirens from sounding since this step, or does no longer."""
    for partition_id, standing in siren_faults.news(draft, event):
        tell(draft, partition_id, standing)


def tell(draft: Draft, partition_id: str, event: events.Event, *, at: float | None = None) -> None:
    """Let a partition have an event now, or one that happened at a time before."""
    partition = draft.partitions.get(partition_id)
    if partition is None:
        draft.disarm(Timer.ALARM, partition_id)
        return
    zones = Standings(draft, partition.zones)
    status, channels = draft.alarm.get(partition_id, _FRESH), draft.settings.channels
    take(draft, partition, react(partition, status, event, at or draft.now, zones, channels=channels))


def take(draft: Draft, partition: Partition, outcome: Outcome) -> None:
    """Keep what an event led to, and carry out what it wants."""
    partition_id = partition.partition_id
    if outcome.status != draft.alarm.get(partition_id):
        draft.alarm[partition_id] = outcome.status
    end = next_due(outcome.status)
    if end is None:
        if draft.armed(Timer.ALARM, partition_id) is not None:
            draft.disarm(Timer.ALARM, partition_id)
    elif end != draft.armed(Timer.ALARM, partition_id):
        draft.arm(Timer.ALARM, partition_id, end)
    _carry_out(draft, partition, outcome.effects)


def _carry_out(draft: Draft, partition: Partition, effects: tuple[Effect, ...]) -> None:
    for effect in effects:
        match effect:
            case Passed(reason=PassReason.DEADLINES_ONLY):
                continue
            case SirenOn():
                sound(draft, partition, effect.outputs, effect.kind)
            case SirenOff():
                hush(draft, partition, effect.outputs)
            case CodeUsedUp(user_id=user_id):
                user = draft.code_users.get(user_id)
                if user is not None and not user.used:
                    draft.code_users[user_id] = replace(user, used=True)
        draft.effects.append(AlarmTold(partition_id=partition.partition_id, effect=effect))


def _broker_back(draft: Draft, partition_id: str, broker: Transport) -> None:
    trouble = Trouble(zone=broker.value, fault=Fault.BROKER)
    if trouble in draft.alarm.get(partition_id, _FRESH).troubles:
        tell(draft, partition_id, events.BrokerBack(broker=broker.value))


def _hear(draft: Draft, report: Report) -> None:
    """Note that watched inputs have reported since the start."""
    source_id = owner_of(draft, report.source)
    if source_id != ADOPTED_SOURCE.source_id:
        if source_id not in draft.heard:
            draft.heard[source_id] = True
        return
    for device in report.inputs:
        record = draft.inputs.get(device.device_key)
        if record is not None and record.key in draft.watchers and heard_as(record) not in draft.heard:
            draft.heard[heard_as(record)] = True


def _touched(draft: Draft) -> dict[str, None]:
    """Return the watched inputs of which this step may have changed something that counts, in order."""
    watchers = draft.watchers
    touched = dict.fromkeys(draft.opened)
    for table in ("input_status", "inputs"):
        touched |= dict.fromkeys(key for key in draft.writes(table) if key in watchers)
    for source_id in draft.writes("source_status"):
        before, after = draft.source_status.base.get(source_id), draft.source_status.get(source_id)
        if (before is not None and before.lost) != (after is not None and after.lost):
            devices = draft.source_devices.get(source_id, ())
            touched |= dict.fromkeys(key for key in devices if key in watchers)
    return touched


def _sync(draft: Draft, partition_id: str, key: str) -> None:
    """Bring what a partition knows of an input in line with how that stands."""
    standing = Standings(draft, ()).get(key, UNKNOWN_INPUT)
    for event in _faults(draft, partition_id, key, standing):
        tell(draft, partition_id, event)
    picture = _picture(draft, key)
    opened = key in draft.opened and _is_news(draft, partition_id, key)
    if opened or _came_on_open(draft, partition_id, key, standing):
        status = draft.input_status.get(key)
        detail = None if status is None else status.detail
        tell(draft, partition_id, events.ZoneOpened(zone=key, image=picture, detail=detail))
    elif picture is not None:
        tell(draft, partition_id, events.ZonePictured(zone=key, image=picture))
    if not standing.open and key in draft.alarm.get(partition_id, _FRESH).open:
        tell(draft, partition_id, events.ZoneClosed(zone=key))


def _faults(draft: Draft, partition_id: str, key: str, standing: InputStanding) -> Iterator[events.ZoneEvent]:
    status = draft.alarm.get(partition_id, _FRESH)
    settling = status.due(AlarmTimer.SETTLE) is not None
    for event in news_of(key, standing, status.troubles):
        if not (settling and isinstance(event, events.ZoneFaulted) and event.fault is Fault.LOST):
            yield event


def _is_news(draft: Draft, partition_id: str, key: str) -> bool:
    """Whether an opening is one, and not the repeat of what is known.

    Every press of a panic button that never says it was let go is a call for help of its own.
    """
    if key not in draft.alarm.get(partition_id, _FRESH).open:
        return True
    status = draft.input_status.get(key)
    zone = draft.partitions[partition_id].zones[key]
    if zone.kind is not ZoneKind.PANIC or status is None or status.reports_clear:
        return False
    tell(draft, partition_id, events.ZoneClosed(zone=key))
    return True


def _came_on_open(draft: Draft, partition_id: str, key: str, standing: InputStanding) -> bool:
    """Whether an input was switched on in this step, by whomever, and stands open: nobody saw it open."""
    before = draft.inputs.base.get(key)
    came_on = before is not None and not before.enabled and standing.enabled
    return came_on and standing.counts and key not in draft.alarm.get(partition_id, _FRESH).open


def _picture(draft: Draft, key: str) -> str | None:
    """Return a reference to the picture of an input that came in this step: whose, and when it was taken."""
    before, after = draft.input_status.base.get(key), draft.input_status.get(key)
    if after is None or after.image_at is None or after.image_at == (before or InputStatus()).image_at:
        return None
    return f"{key}/{after.image_at:.3f}"


_REQUESTS: Final = (
    events.Arm,
    events.Disarm,
    events.ChangeMode,
    events.Bypass,
    events.Acknowledge,
    events.Silence,
    events.Panic,
    events.WalkTest,
)
