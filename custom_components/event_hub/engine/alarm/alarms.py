"""Alarms: raising, sounding, telling outside, cancelling, and what ends with them."""

from dataclasses import replace
from typing import Final

from .effects import AlarmRaised, Cancelled, DuressRaised, SirenOff, SirenOn, SwungOut, TellOutside
from .events import Acknowledge, Disarm, DuressGiven, Panic, Silence
from .model import LIFE_SAFETY, SYSTEM, Actor, AfterSiren, ZoneKind
from .problems import PassReason, RefusalReason
from .status import Alarm, AlarmKind, Outside, Timer, Trip
from .turn import Turn
from .walking import end_walk

# More than one burglary leaves behind; a relay gone mad must not fill a disk.
MEMORY_LIMIT: Final = 200
# What stands for a panic button in the list of zones that sound.
BUTTON: Final = ""
_ALARMS: Final = {
    ZoneKind.ALWAYS: AlarmKind.ALWAYS,
    ZoneKind.FIRE: AlarmKind.FIRE,
    ZoneKind.PANIC: AlarmKind.PANIC,
    ZoneKind.TAMPER: AlarmKind.TAMPER,
}
# Told outside without an abort window: by the trade's practice, minutes count or nobody is free to abort.
_AT_ONCE: Final = frozenset({AlarmKind.FIRE, AlarmKind.PANIC})


def raise_for(turn: Turn, trip: Trip, kind: AlarmKind | None = None) -> None:
    """Raise the alarm that a zone's trip means, or one of another ``kind``."""
    zone = turn.zone(trip.zone)
    images = () if trip.image is None else (trip.image,)
    tamper = kind is AlarmKind.TAMPER
    joins = tamper and turn.sounds_for(trip.zone)
    kind = kind or _ALARMS.get(zone.kind, AlarmKind.BURGLARY)
    alarm = Alarm(at=turn.now, kind=kind, zone=trip.zone, silent=zone.silent, images=images, detail=trip.detail)
    _raise(turn, alarm)
    if turn.status.mode is not None and zone.kind not in LIFE_SAFETY and not joins:
        _count(turn, trip.zone, tamper=tamper)


def panic(turn: Turn, event: Panic) -> None:
    """Raise a panic alarm, in every phase. Pressing again while it sounds adds nothing, but ends a silence."""
    if not event.silent and turn.status.siren and BUTTON in turn.status.sounded:
        turn.passed(PassReason.IN_ALARM)
        return
    if not event.silent:
        end_walk(turn)
    _raise(turn, Alarm(at=turn.now, kind=AlarmKind.PANIC, silent=event.silent))


def tell(turn: Turn) -> None:
    """Tell outside of the alarms that wait for it, but for silent ones: those must not show by the time of others."""
    turn.drop(Timer.OUTSIDE)
    loud = _settle(turn, silent=False)
    if loud:
        turn.update(told_at=turn.now)
        turn.emit(TellOutside(alarms=loud, actor=turn.actor))
    if not turn.runs(Timer.OUTSIDE_SILENT):
        # Earlier versions had them wait together.
        tell_silently(turn)


def tell_silently(turn: Turn) -> None:
    """Tell outside of the silent alarms that wait for it."""
    turn.drop(Timer.OUTSIDE_SILENT)
    silent = _settle(turn, silent=True)
    if silent:
        turn.update(told_silently_at=turn.now)
        turn.emit(TellOutside(alarms=silent, actor=turn.actor))


def alarm_over(turn: Turn) -> None:
    """End an alarm that has sounded long enough: back to what it was, or disarmed where people want that.

    Only after burglaries: anybody may call for help or cut a cable, and nobody must be able to disarm by that.
    """
    kinds = {turn.status.alarm_kind, *turn.status.alarm_kinds}
    end_alarm(turn)
    stands_down = turn.partition.after_siren is AfterSiren.DISARMED and kinds == {AlarmKind.BURGLARY}
    if turn.status.mode is not None and stands_down:
        turn.actor = SYSTEM
        turn.changed_by(SYSTEM)
        stand_down(turn)


def end_alarm(turn: Turn) -> None:
    """End the alarm that is running; the siren with it."""
    _hush(turn)
    turn.drop(Timer.ALARM)
    turn.update(alarm_kind=None, alarm_kinds=(), sounded=())


def stand_down(turn: Turn) -> None:
    """End everything that lasts for an armed period only."""
    turn.drop(Timer.EXIT, Timer.ENTRY)
    turn.update(
        mode=None,
        from_mode=None,
        exit_closed=(),
        exit_restarted=False,
        entry_trips=(),
        crossings=(),
        swings=(),
        bypassed=(),
        forced=(),
    )


def disarm(turn: Turn, event: Disarm) -> None:
    """Disarm: ends the siren, every delay and bypass, and in time the alarm. In every phase, so that it always may."""
    _cancel(turn, event.actor)
    turn.update(told_at=None, told_silently_at=None)
    end_alarm(turn)
    stand_down(turn)
    turn.changed_by(event.actor)


def silence(turn: Turn, event: Silence) -> None:
    """Stop the siren. The alarm lasts as long as it would have; another zone sounds it again."""
    if not turn.status.siren:
        turn.refuse(event, RefusalReason.NOT_SOUNDING)
        return
    _hush(turn)


def acknowledge(turn: Turn, event: Acknowledge) -> None:
    """Forget the alarm memory, unless outside has still to be told of it. Silent alarms change nothing of the answer.

    Of them those go as well that outside was told of.
    """
    if turn.status.waits(silent=False):
        turn.refuse(event, RefusalReason.ALARM_RUNNING)
    elif not turn.status.visible:
        turn.refuse(event, RefusalReason.NO_MEMORY)
    else:
        turn.update(memory=tuple(filter(_waits, turn.status.memory)))


def duress(turn: Turn, actor: Actor, *, calls_off: bool = False) -> None:
    """Call for help in silence, whatever becomes of what was asked for.

    Whoever stands behind the user must not be able to call an alarm off: what is told then goes with the call.
    """
    waiting = filter(_waits, turn.status.memory) if calls_off else ()
    turn.emit(DuressRaised(actor=actor, at=turn.now, alarms=tuple(_as_told(turn, each) for each in waiting)))


def duress_given(turn: Turn, event: DuressGiven) -> None:
    """Call for help for somebody whose code may not do what was asked for."""
    duress(turn, event.actor)


def resume_siren(turn: Turn) -> None:
    """Tell the siren after a restart what it is to do: it may not have heard it before."""
    due, kind = turn.status.due(Timer.ALARM), turn.status.alarm_kind
    if turn.status.siren and due is not None and kind is not None:
        turn.emit(SirenOn(until=due, outputs=turn.partition.siren_outputs, kind=kind))
    else:
        turn.emit(SirenOff(outputs=turn.partition.siren_outputs))


def _raise(turn: Turn, alarm: Alarm) -> None:
    turn.update(memory=(*turn.status.memory, alarm)[-MEMORY_LIMIT:])
    turn.emit(AlarmRaised(alarm=alarm))
    if not alarm.silent:
        _sound(turn, alarm)
    timer = Timer.OUTSIDE_SILENT if alarm.silent else Timer.OUTSIDE
    if alarm.kind in _AT_ONCE:
        (tell_silently if alarm.silent else tell)(turn)
    elif not turn.runs(timer):
        turn.start(timer, turn.partition.abort_window)


def _sound(turn: Turn, alarm: Alarm) -> None:
    """Sound the siren for one limit from the alarm's start. Zones that join never lengthen it; a fire begins anew."""
    status = turn.status
    turn.update(
        sounded=tuple(dict.fromkeys((*status.sounded, alarm.zone or BUTTON))),
        alarm_kinds=tuple(dict.fromkeys((*status.alarm_kinds, alarm.kind))),
    )
    breaks_out = alarm.kind is AlarmKind.FIRE and status.alarm_kind is not AlarmKind.FIRE
    if status.siren and not breaks_out:
        return
    until = turn.start(Timer.ALARM, turn.partition.siren_limit)
    turn.update(siren=True, alarm_kind=alarm.kind)
    turn.emit(SirenOn(until=until, outputs=turn.partition.siren_outputs, kind=alarm.kind))


def _hush(turn: Turn) -> None:
    if turn.status.siren:
        turn.update(siren=False)
        turn.emit(SirenOff(outputs=turn.partition.siren_outputs, actor=turn.actor))


def _count(turn: Turn, key: str, *, tamper: bool) -> None:
    """Count a zone's alarm; at the limit that, or its tamper signal, is silenced for the rest of the armed period."""
    before = turn.status.swing_of(key)
    swing = replace(before, tampers=before.tampers + 1) if tamper else replace(before, alarms=before.alarms + 1)
    turn.update(swings=(*(each for each in turn.status.swings if each.zone != key), swing))
    count = swing.tampers if tamper else swing.alarms
    if count == turn.partition.swinger_limit:
        turn.emit(SwungOut(zone=key, alarms=count, tamper=tamper, silent=turn.zone(key).silent))


def _cancel(turn: Turn, actor: Actor) -> None:
    """Call off what outside was not told, and take back what it was told not long ago.

    Done under duress, that shows like any other, and outside hears nothing of it.
    """
    status = turn.status
    turn.drop(Timer.OUTSIDE, Timer.OUTSIDE_SILENT)
    aborted = (replace(each, outside=Outside.ABORTED) if _waits(each) else each for each in status.memory)
    turn.update(memory=tuple(aborted))
    told = _lately(turn, status.told_at)
    if told or status.waits(silent=False):
        turn.emit(Cancelled(told=told, actor=actor, withheld=actor.duress))
    if _lately(turn, status.told_silently_at) and not actor.duress:
        turn.emit(Cancelled(told=True, actor=actor, silent=True))


def _lately(turn: Turn, told_at: float | None) -> bool:
    """Whether outside was told so short a time ago that it is to hear that all is well."""
    return told_at is not None and abs(turn.now - told_at) <= turn.partition.cancel_window


def _settle(turn: Turn, *, silent: bool) -> tuple[Alarm, ...]:
    """Remember the alarms as told that outside has still to be told of; returns them."""
    before = turn.status.memory
    after = tuple(_as_told(turn, each) if _waits(each) and each.silent is silent else each for each in before)
    turn.update(memory=after)
    return tuple(told for told, waiting in zip(after, before, strict=True) if told is not waiting)


def _as_told(turn: Turn, alarm: Alarm) -> Alarm:
    heard = turn.channels.silent if alarm.silent else turn.channels.alarms
    return replace(alarm, outside=Outside.TOLD if heard else Outside.NO_CHANNEL)


def _waits(alarm: Alarm) -> bool:
    return alarm.outside is Outside.WAITING
