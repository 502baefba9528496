"""Arming, changing the mode, and the time to leave."""

from .effects import LeftOpen, Overridden
from .events import Arm, ChangeMode, ZoneClosed, ZoneOpened
from .model import ROUND_THE_CLOCK, Mode, ZoneKind
from .problems import RefusalReason
from .ready import Readiness, readiness
from .status import Timer
from .tripping import closed, trip
from .turn import Turn
from .walking import end_walk


def arm(turn: Turn, event: Arm) -> None:
    """Arm a disarmed partition if it is ready, or by force. Ends a walk test: whoever arms wants it armed."""
    if not event.disarmable:
        turn.refuse(event, RefusalReason.NO_CODE)
        return
    if not _cleared(turn, event):
        return
    end_walk(turn)
    # What opened while disarmed, or has told so only now, is no news any more.
    standings = turn.standings()
    known = tuple(key for key in turn.partition.zones if key in standings and standings[key].counts)
    turn.update(open=known, unsettled=(), swings=(), crossings=(), told_at=None, told_silently_at=None)
    _begin(turn, event, from_mode=None, delay=_exit_delay(turn, event))


def change_mode(turn: Turn, event: ChangeMode) -> None:
    """Change to another mode. One leaves again if the new mode watches more than the old; else it counts at once."""
    mode = turn.status.mode
    if event.mode is mode:
        turn.refuse(event, RefusalReason.SAME_MODE)
        return
    if not event.disarmable:
        turn.refuse(event, RefusalReason.NO_CODE)
        return
    if not _cleared(turn, event):
        return
    leaving = turn.runs(Timer.EXIT)
    watches_more = any(
        zone.watched_in(event.mode) and not zone.watched_in(mode) for zone in turn.partition.zones.values()
    )
    delay = _exit_delay(turn, event) if leaving or watches_more else 0.0
    _begin(turn, event, from_mode=turn.status.from_mode if leaving else mode, delay=delay)


def closed_leaving(turn: Turn, event: ZoneClosed) -> None:
    """An exit door closes during the exit delay: the last one may end it, the second time it starts anew, once."""
    known = event.zone in turn.status.open
    closed(turn, event)
    if not (known and _is_way_out(turn, event.zone)):
        return
    status = turn.status
    if turn.partition.arm_on_close and not any(_is_way_out(turn, key) for key in status.open):
        turn.drop(Timer.EXIT)
        exit_over(turn)
    elif event.zone not in status.exit_closed:
        turn.update(exit_closed=(*status.exit_closed, event.zone))
    elif not status.exit_restarted and status.mode is not None:
        turn.update(exit_restarted=True)
        turn.start(Timer.EXIT, turn.partition.exit_delay(status.mode))


def exit_over(turn: Turn) -> None:
    """Become armed. What stands open then counts as just opened.

    A follower does not: its detector may still see the one who has just left.
    """
    turn.update(from_mode=None, exit_closed=(), exit_restarted=False)
    left = [key for key in turn.status.open if _left_open(turn, key)]
    if left:
        turn.emit(LeftOpen(zones=tuple(left)))
    for key in left:
        if turn.zone(key).kind is not ZoneKind.FOLLOWER:
            trip(turn, ZoneOpened(zone=key))


def _cleared(turn: Turn, event: Arm | ChangeMode) -> bool:
    """Check that a mode can be armed; refuses where not. Force leaves out open zones and overrides faults."""
    zones = turn.partition.zones.values()
    if not any(zone.watched_in(event.mode) and zone.kind not in ROUND_THE_CLOCK for zone in zones):
        turn.refuse(event, RefusalReason.NOTHING_WATCHED)
        return False
    state = _readiness(turn, event)
    in_the_way = state.unforceable if event.force else state.blocking
    if in_the_way:
        turn.refuse(event, RefusalReason.NOT_READY, in_the_way)
        return False
    despite = tuple(each for each in (*state.blocking, *state.warnings) if each.zone not in state.forced)
    if despite:
        turn.emit(Overridden(problems=despite, actor=event.actor))
    turn.update(forced=(*turn.status.forced, *state.forced))
    return True


def _begin(turn: Turn, event: Arm | ChangeMode, *, from_mode: Mode | None, delay: float) -> None:
    turn.changed_by(event.actor)
    turn.update(mode=event.mode, exit_closed=(), exit_restarted=False, from_mode=from_mode if delay > 0 else None)
    if delay > 0:
        turn.start(Timer.EXIT, delay)
    else:
        turn.drop(Timer.EXIT)


def _readiness(turn: Turn, event: Arm | ChangeMode) -> Readiness:
    return readiness(turn.partition, turn.status, event.mode, turn.standings(), skip_delay=event.skip_delay)


def _exit_delay(turn: Turn, event: Arm | ChangeMode) -> float:
    return 0.0 if event.skip_delay else turn.partition.exit_delay(event.mode)


def _is_way_out(turn: Turn, key: str) -> bool:
    """Whether a zone is a door that one leaves by in this mode."""
    zone = turn.zone(key)
    return zone.kind is ZoneKind.ENTRY_EXIT and zone.watched_in(turn.status.mode) and not turn.status.left_out(key)


def _left_open(turn: Turn, key: str) -> bool:
    """Whether an open zone is one that becomes watched with the end of the exit delay."""
    zone, status = turn.zone(key), turn.status
    counts = zone.kind not in ROUND_THE_CLOCK and zone.watched_in(status.mode)
    return counts and turn.standing(key).enabled and not status.left_out(key)
