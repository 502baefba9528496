"""What keeps a partition right beside its phases: faults, bypasses, wrong codes, pictures, restarts."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from .alarms import resume_siren
from .effects import CodeWrong, LockedOut, LockoutEnded
from .events import (
    BrokerBack,
    BrokerLost,
    Bypass,
    CodeAccepted,
    CodeRefused,
    Restarted,
    SirensStand,
    ZoneClosed,
    ZoneFaulted,
    ZoneOpened,
    ZonePictured,
    ZoneRestored,
    ZoneTampered,
)
from .model import Actor, InputStanding, ZoneKind
from .problems import SIREN_FAULTS, Fault, PassReason, Problem, RefusalReason, Trouble, ZoneProblem
from .status import Alarm, Lockout, Timer
from .turn import Turn

SETTLE_SECONDS: Final = 60.0
WRONG_CODES: Final = 5
LOCKOUT_SECONDS: Final = 90.0
LONGEST_LOCKOUT: Final = 86_400.0
# Pictures are taken when a zone opens; one that comes later than this shows something else.
PICTURE_SECONDS: Final = 120.0
PICTURE_LIMIT: Final = 20


def bypass(turn: Turn, event: Bypass) -> None:
    """Leave zones out, or watch them again; all of those named or, with one that cannot be, none."""
    for key in event.zones:
        reason = _not_bypassable(turn, key, bypassed=event.bypassed)
        if reason is not None:
            is_open = reason is RefusalReason.ZONE_OPEN
            turn.refuse(event, reason, (ZoneProblem(zone=key, problem=Problem.OPEN),) if is_open else ())
            return
    if event.bypassed:
        turn.update(bypassed=tuple(dict.fromkeys((*turn.status.bypassed, *event.zones))))
    else:
        turn.update(
            bypassed=tuple(key for key in turn.status.bypassed if key not in event.zones),
            forced=tuple(key for key in turn.status.forced if key not in event.zones),
        )


def faulted(turn: Turn, event: ZoneFaulted) -> None:
    """Note a fault. Until inputs have settled after a restart, one that has not reported yet is not lost."""
    trouble = Trouble(zone=event.zone, fault=event.fault)
    if event.fault is Fault.LOST and turn.runs(Timer.SETTLE):
        turn.passed(PassReason.SETTLING, event.zone)
    elif trouble not in turn.status.troubles:
        turn.update(troubles=(*turn.status.troubles, trouble))


def restored(turn: Turn, event: ZoneRestored) -> None:
    """Note the end of a fault. One that was lost shows what it did meanwhile: opened is as good as just opened."""
    gone = Trouble(zone=event.zone, fault=event.fault)
    if gone in turn.status.troubles:
        turn.update(troubles=tuple(each for each in turn.status.troubles if each != gone))
    if event.fault is Fault.LOST:
        _catch_up(turn, event.zone)


def broker_lost(turn: Turn, event: BrokerLost) -> None:
    """Note that a broker is down."""
    trouble = Trouble(zone=event.broker, fault=Fault.BROKER)
    if trouble not in turn.status.troubles:
        turn.update(troubles=(*turn.status.troubles, trouble))


def broker_back(turn: Turn, event: BrokerBack) -> None:
    """Note that a broker is up again."""
    gone = Trouble(zone=event.broker, fault=Fault.BROKER)
    turn.update(troubles=tuple(each for each in turn.status.troubles if each != gone))


def sirens_stand(turn: Turn, event: SirensStand) -> None:
    """Note what is wrong with the siren outputs, in place of what was."""
    others = (each for each in turn.status.troubles if each.fault not in SIREN_FAULTS)
    turn.update(troubles=(*others, *event.troubles))


def pictured(turn: Turn, event: ZonePictured) -> None:
    """Keep a snapshot with the alarm, or the trip, that it shows."""
    alarm = next((each for each in reversed(turn.status.memory) if each.zone == event.zone), None)
    if alarm is not None and abs(turn.now - alarm.by_this_clock) <= PICTURE_SECONDS:
        turn.update(memory=tuple(_with_picture(each, event) if each is alarm else each for each in turn.status.memory))
        return
    turn.update(
        entry_trips=tuple(
            replace(each, image=event.image) if each.zone == event.zone and each.image is None else each
            for each in turn.status.entry_trips
        )
    )


def wrong_code(turn: Turn, event: CodeRefused) -> None:
    """Count a wrong code. The fifth locks code entry, each time for twice as long, for a day at most."""
    if turn.runs(Timer.LOCKOUT):
        turn.passed(PassReason.LOCKED_OUT)
        return
    lockout = turn.status.lockout
    wrong = lockout.wrong + 1
    if wrong < WRONG_CODES:
        turn.update(lockout=replace(lockout, wrong=wrong))
        turn.emit(CodeWrong(left=WRONG_CODES - wrong, actor=event.actor))
        return
    seconds = LOCKOUT_SECONDS
    for _ in range(lockout.locks):
        seconds = min(2 * seconds, LONGEST_LOCKOUT)
        if seconds == LONGEST_LOCKOUT:
            break
    turn.update(lockout=Lockout(locks=lockout.locks + 1))
    turn.emit(LockedOut(until=turn.start(Timer.LOCKOUT, seconds), actor=event.actor))


def right_code(turn: Turn, actor: Actor) -> None:
    """Forget wrong codes after a right one, which is not taken while they lock code entry.

    Only after one that may disarm: with any other, its owner could guess that one without end.
    """
    if actor.disarms and not turn.runs(Timer.LOCKOUT) and turn.status.lockout != Lockout():
        turn.update(lockout=Lockout())


def accepted(turn: Turn, event: CodeAccepted) -> None:
    """Take a right code that was given for others."""
    right_code(turn, event.actor)


def lockout_over(turn: Turn) -> None:
    """Take codes again; how often they were locked is kept until one comes that may disarm."""
    turn.emit(LockoutEnded())


def restarted(turn: Turn, _: Restarted) -> None:
    """Let inputs settle, and tell the siren what it is to do. Delays go on as they were."""
    turn.start(Timer.SETTLE, SETTLE_SECONDS)
    resume_siren(turn)


def settle_early(turn: Turn) -> None:
    """End settling once every zone has reported. Looks at all of them: a ``Tick`` says when that is worth it."""
    if turn.runs(Timer.SETTLE) and all(has_reported(turn.standing(key)) for key in turn.partition.zones):
        turn.drop(Timer.SETTLE)
        settled(turn)


def settled(turn: Turn) -> None:
    """Act on what opened since the restart, or before it without being noticed, as if it had just opened.

    Those on the way in come first, whoever was heard first: who came in by the door was seen in the hall as well.
    """
    waiting = turn.status.unsettled
    turn.update(unsettled=(), open=tuple(key for key in turn.status.open if key not in waiting))
    for key in _doors_first(turn, (*waiting, *turn.partition.zones)):
        if key in waiting:
            turn.queue.append(ZoneOpened(zone=key))
            if not turn.standing(key).open:
                turn.queue.append(ZoneClosed(zone=key))
        else:
            _catch_up(turn, key)
    for key in turn.partition.zones:
        turn.queue += news_of(key, turn.standing(key), turn.status.troubles)


def _doors_first(turn: Turn, keys: Iterable[str]) -> list[str]:
    return sorted(dict.fromkeys(keys), key=lambda key: turn.zone(key).kind is not ZoneKind.ENTRY_EXIT)


def _catch_up(turn: Turn, key: str) -> None:
    """Let follow what a zone's input did unnoticed."""
    standing, known = turn.standing(key), key in turn.status.open
    if standing.counts and not known:
        turn.queue.append(ZoneOpened(zone=key))
    elif known and not standing.open:
        turn.queue.append(ZoneClosed(zone=key))


def news_of(
    key: str, standing: InputStanding, troubles: tuple[Trouble, ...]
) -> Iterator[ZoneTampered | ZoneFaulted | ZoneRestored]:
    """Yield what is to be told of a zone's faults, which stand so, to those who know of ``troubles``."""
    found = {
        Fault.LOST: standing.lost,
        Fault.LOW_BATTERY: standing.low_battery,
        Fault.FAULT: standing.fault,
        Fault.TAMPER: standing.tampered,
        Fault.DISABLED: not standing.enabled and not standing.off_schedule,
    }
    for fault, present in found.items():
        known = Trouble(zone=key, fault=fault) in troubles
        if present and not known:
            yield ZoneTampered(zone=key) if fault is Fault.TAMPER else ZoneFaulted(zone=key, fault=fault)
        elif known and not present:
            yield ZoneRestored(zone=key, fault=fault)


def has_reported(standing: InputStanding) -> bool:
    """Whether nothing is to be waited for from an input before what is known of it counts."""
    return standing.heard or not standing.enabled


def _not_bypassable(turn: Turn, key: str, *, bypassed: bool) -> RefusalReason | None:
    """Return why a zone cannot be bypassed, or watched again: one that stands open would alarm at once."""
    zone = turn.partition.zones.get(key)
    if zone is None:
        return RefusalReason.UNKNOWN_ZONE
    if bypassed:
        return None if zone.may_be_bypassed else RefusalReason.NOT_BYPASSABLE
    stands_open = turn.standing(key).open and zone.watched_in(turn.status.mode)
    return RefusalReason.ZONE_OPEN if stands_open and turn.status.left_out(key) else None


def _with_picture(alarm: Alarm, event: ZonePictured) -> Alarm:
    return replace(alarm, images=tuple(dict.fromkeys((*alarm.images, event.image)))[:PICTURE_LIMIT])
