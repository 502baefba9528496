"""A zone opens, closes or is tampered with: what that means in each phase."""

from dataclasses import replace

from .alarms import raise_for
from .effects import Chimed
from .events import ZoneClosed, ZoneOpened, ZoneTampered
from .model import LIFE_SAFETY, ROUND_THE_CLOCK, Zone, ZoneKind
from .problems import Fault, PassReason, Trouble
from .status import AlarmKind, Phase, Timer, Trip
from .turn import Turn
from .walking import walked


def opened_disarmed(turn: Turn, event: ZoneOpened) -> None:
    """While disarmed only the zones watched round the clock alarm; others may chime."""
    zone = _taken(turn, event)
    if zone is None:
        return
    if zone.kind in ROUND_THE_CLOCK:
        trip(turn, event)
    elif turn.status.phase is Phase.DISARMED and (zone.chimes or zone.kind is ZoneKind.CHIME):
        turn.emit(Chimed(zone=event.zone))
    else:
        turn.passed(PassReason.NOT_WATCHED, event.zone)


def opened_leaving(turn: Turn, event: ZoneOpened) -> None:
    """During the exit delay one may walk about.

    After a change of mode, instant zones that were watched before stay watched: nobody leaves through them.
    """
    zone = _taken(turn, event)
    if zone is None:
        return
    stays = zone.kind is ZoneKind.INSTANT and turn.status.from_mode in zone.modes
    if zone.kind in ROUND_THE_CLOCK or stays:
        trip(turn, event)
    else:
        watched = zone.watched_in(turn.status.mode)
        turn.passed(PassReason.EXIT_DELAY if watched else PassReason.NOT_WATCHED, event.zone)


def opened_armed(turn: Turn, event: ZoneOpened) -> None:
    """While armed, or in an entry delay, what is watched in this mode counts."""
    zone = _taken(turn, event)
    if zone is None:
        return
    if zone.watched_in(turn.status.mode):
        trip(turn, event)
    else:
        turn.passed(PassReason.NOT_WATCHED, event.zone)


def closed(turn: Turn, event: ZoneClosed) -> None:
    """Know a zone closed: its next opening counts again."""
    if event.zone in turn.status.open:
        turn.moved(event.zone, opened=False)


def tampered(turn: Turn, event: ZoneTampered) -> None:
    """Raise a tamper alarm in every phase, once until the tamper is gone."""
    trouble = Trouble(zone=event.zone, fault=Fault.TAMPER)
    if trouble in turn.status.troubles:
        turn.passed(PassReason.STILL_OPEN, event.zone)
        return
    turn.update(troubles=(*turn.status.troubles, trouble))
    if not turn.standing(event.zone).enabled:
        turn.passed(PassReason.DISABLED, event.zone)
    elif turn.status.left_out(event.zone):
        turn.passed(PassReason.BYPASSED, event.zone)
    elif turn.status.walk is not None:
        # The cover of a detector is opened in a test, if ever; a fire zone's tamper is no fire and no reason to end it.
        turn.emit(Chimed(zone=event.zone))
    elif _in_alarm_for_tamper(turn, event.zone):
        turn.passed(PassReason.IN_ALARM, event.zone)
    elif turn.status.swing_of(event.zone).tampers >= turn.partition.swinger_limit:
        turn.passed(PassReason.SWUNG_OUT, event.zone)
    else:
        raise_for(turn, Trip(zone=event.zone, at=turn.now), AlarmKind.TAMPER)


def trip(turn: Turn, event: ZoneOpened) -> None:
    """Act on a watched zone's opening, unless it is in the alarm already, silenced, or not confirmed."""
    key = event.zone
    if turn.sounds_for(key):
        turn.passed(PassReason.IN_ALARM, key)
        return
    if turn.swung_out(key):
        turn.passed(PassReason.SWUNG_OUT, key)
        return
    confirmed = _confirmed(turn, Trip(zone=key, at=turn.now, image=event.image, detail=event.detail))
    if not confirmed:
        turn.passed(PassReason.UNCONFIRMED, key)
    for each in confirmed:
        _act(turn, each)


def entry_over(turn: Turn) -> None:
    """Raise the alarm: the entry delay ended, and nobody disarmed."""
    trips = turn.status.entry_trips
    turn.update(entry_trips=())
    for each in trips:
        raise_for(turn, each)


def _in_alarm_for_tamper(turn: Turn, key: str) -> bool:
    """Whether the alarm that is running has a zone's tamper in it already: a loose contact must not fill the memory."""
    running = next((each for each in turn.status.deadlines if each.timer is Timer.ALARM), None)
    if running is None or not turn.sounds_for(key):
        return False
    began = running.due - running.seconds
    return any(
        each.zone == key and each.kind is AlarmKind.TAMPER and each.by_this_clock >= began
        for each in turn.status.memory
    )


def _taken(turn: Turn, event: ZoneOpened) -> Zone | None:
    """Take note of an opening; returns the zone if its phase has something to say about it."""
    key, zone = event.zone, turn.zone(event.zone)
    if key in turn.status.open:
        turn.passed(PassReason.STILL_OPEN, key)
        return None
    turn.moved(key, opened=True)
    if not turn.standing(key).enabled:
        turn.passed(PassReason.DISABLED, key)
        return None
    if turn.status.left_out(key):
        turn.passed(PassReason.BYPASSED, key)
        return None
    if turn.runs(Timer.SETTLE) and zone.kind not in LIFE_SAFETY:
        turn.update(unsettled=tuple(dict.fromkeys((*turn.status.unsettled, key))))
        turn.passed(PassReason.SETTLING, key)
        return None
    return None if walked(turn, key) else zone


def _act(turn: Turn, each: Trip) -> None:
    """Start or join an entry delay, or alarm."""
    zone = turn.zone(each.zone)
    delay = turn.partition.entry_delay(turn.status.mode, zone)
    if zone.kind is ZoneKind.ENTRY_EXIT and delay > 0:
        _shorten_entry(turn, delay)
    elif zone.kind is not ZoneKind.FOLLOWER or not turn.runs(Timer.ENTRY):
        raise_for(turn, each)
        return
    if all(known.zone != each.zone for known in turn.status.entry_trips):
        turn.update(entry_trips=(*turn.status.entry_trips, each))


def _shorten_entry(turn: Turn, delay: float) -> None:
    """Let an entry delay run. Of several the one that ends first counts; none is ever lengthened."""
    running = turn.status.due(Timer.ENTRY)
    if running is None or turn.now + delay < running:
        turn.start(Timer.ENTRY, delay)


def _confirmed(turn: Turn, this: Trip) -> tuple[Trip, ...]:
    """Return the trips that count now: this one, or those of its cross-zone group once enough have opened."""
    groups = [group for group in turn.partition.cross_zones if this.zone in group.zones]
    if not groups or turn.zone(this.zone).kind in LIFE_SAFETY:
        return (this,)
    longest = max(group.within for group in turn.partition.cross_zones)
    others = (each for each in turn.status.crossings if each.zone != this.zone)
    recent = (*(each for each in others if abs(this.at - each.at) <= longest), this)
    counted: tuple[str, ...] = ()
    for group in groups:
        members = [each.zone for each in recent if each.zone in group.zones and abs(this.at - each.at) <= group.within]
        able = sum(_able(turn, key) for key in group.zones)
        # A group whose others cannot answer must not keep the last one quiet.
        if len(members) >= min(group.count, able):
            counted = (*counted, *members)
    turn.update(crossings=tuple(replace(each, acted=each.acted or each.zone in counted) for each in recent))
    return tuple(each for each in recent if each.zone in counted and not each.acted)


def _able(turn: Turn, key: str) -> bool:
    """Whether a zone could confirm another at the moment."""
    standing, zone = turn.standing(key), turn.partition.zones.get(key)
    heard_of = standing.enabled and not standing.lost and not standing.unreachable
    watched = zone is not None and zone.watched_in(turn.status.mode)
    return heard_of and watched and not turn.status.left_out(key) and not turn.swung_out(key)
