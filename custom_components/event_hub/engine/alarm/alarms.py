"""Alarms: raising, sounding, telling outside, cancelling, and what ends with them."""

from dataclasses import replace
from typing import Final

from .effects import AlarmRaised, Cancelled, DuressRaised, SirenOff, SirenOn, SwungOut, TellOutside
from .events import Acknowledge, Disarm, DuressGiven, Panic, Silence
from .model import LIFE_SAFETY, SYSTEM, Actor, AfterSiren, ZoneKind
from .problems import PassReason, RefusalReason
from .status import Alarm, AlarmKind, Outside, Swing, Timer, Trip
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
    kind = kind or _ALARMS.get(zone.kind, AlarmKind.BURGLARY)
    _raise(turn, Alarm(at=turn.now, kind=kind, zone=trip.zone, silent=zone.silent, images=images))
    if turn.status.mode is not None and zone.kind not in LIFE_SAFETY:
        _count(turn, trip.zone)


def panic(turn: Turn, event: Panic) -> None:
    """Raise a panic alarm, in every phase. Pressing again while it sounds adds nothing, but ends a silence."""
    if not event.silent and turn.status.siren and BUTTON in turn.status.sounded:
        turn.passed(PassReason.IN_ALARM)
        return
    end_walk(turn)
    _raise(turn, Alarm(at=turn.now, kind=AlarmKind.PANIC, silent=event.silent))


def tell(turn: Turn) -> None:
    """Tell outside what waits for it."""
    turn.drop(Timer.OUTSIDE)
    waiting = [alarm for alarm in turn.status.memory if alarm.outside is Outside.WAITING]
    if waiting:
        _settle_outside(turn, Outside.TOLD)
        turn.update(told_at=turn.now)
        turn.emit(TellOutside(alarms=tuple(replace(alarm, outside=Outside.TOLD) for alarm in waiting)))


def alarm_over(turn: Turn) -> None:
    """End an alarm that has sounded long enough: back to what it was, or disarmed where people want that."""
    end_alarm(turn)
    if turn.status.mode is not None and turn.partition.after_siren is AfterSiren.DISARMED:
        turn.actor = SYSTEM
        turn.changed_by(SYSTEM)
        stand_down(turn)


def end_alarm(turn: Turn) -> None:
    """End the alarm that is running; the siren with it."""
    _hush(turn)
    turn.drop(Timer.ALARM)
    turn.update(alarm_kind=None, sounded=())


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
    if event.actor.duress:
        # Whoever stands behind the user must not be able to call the alarm off.
        tell(turn)
    else:
        _cancel(turn, event.actor)
    turn.update(told_at=None)
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
    """Forget the alarm memory, unless outside has still to be told of it."""
    if turn.runs(Timer.OUTSIDE):
        turn.refuse(event, RefusalReason.ALARM_RUNNING)
    elif not turn.status.memory:
        turn.refuse(event, RefusalReason.NO_MEMORY)
    else:
        turn.update(memory=())


def duress(turn: Turn, actor: Actor) -> None:
    """Call for help in silence, whatever becomes of what was asked for."""
    turn.emit(DuressRaised(actor=actor, at=turn.now))


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
    if alarm.kind in _AT_ONCE:
        tell(turn)
    elif not turn.runs(Timer.OUTSIDE):
        turn.start(Timer.OUTSIDE, turn.partition.abort_window)


def _sound(turn: Turn, alarm: Alarm) -> None:
    """Sound the siren for one limit from the alarm's start. Zones that join never lengthen it; a fire begins anew."""
    status = turn.status
    turn.update(sounded=tuple(dict.fromkeys((*status.sounded, alarm.zone or BUTTON))))
    breaks_out = alarm.kind is AlarmKind.FIRE and status.alarm_kind is not AlarmKind.FIRE
    if status.siren and not breaks_out:
        return
    until = turn.start(Timer.ALARM, turn.partition.siren_limit)
    turn.update(siren=True, alarm_kind=alarm.kind)
    turn.emit(SirenOn(until=until, outputs=turn.partition.siren_outputs, kind=alarm.kind))


def _hush(turn: Turn) -> None:
    if turn.status.siren:
        turn.update(siren=False)
        turn.emit(SirenOff(outputs=turn.partition.siren_outputs))


def _count(turn: Turn, key: str) -> None:
    """Count a zone's alarm; at the limit it is silenced for the rest of the armed period."""
    alarms = turn.status.alarms_of(key) + 1
    others = (swing for swing in turn.status.swings if swing.zone != key)
    turn.update(swings=(*others, Swing(zone=key, alarms=alarms)))
    if alarms == turn.partition.swinger_limit:
        turn.emit(SwungOut(zone=key, alarms=alarms))


def _cancel(turn: Turn, actor: Actor) -> None:
    """Call off what outside was not told, and take back what it was told not long ago."""
    told_at = turn.status.told_at
    told = told_at is not None and abs(turn.now - told_at) <= turn.partition.cancel_window
    waiting = turn.runs(Timer.OUTSIDE)
    turn.drop(Timer.OUTSIDE)
    _settle_outside(turn, Outside.ABORTED)
    if told or waiting:
        turn.emit(Cancelled(told=told, actor=actor))


def _settle_outside(turn: Turn, outside: Outside) -> None:
    memory = turn.status.memory
    if any(alarm.outside is Outside.WAITING for alarm in memory):
        turn.update(
            memory=tuple(
                replace(alarm, outside=outside) if alarm.outside is Outside.WAITING else alarm for alarm in memory
            )
        )
