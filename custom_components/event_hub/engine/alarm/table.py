"""The alarm's one table: what each event means in each phase; and ``react``, which interprets it.

A rule is a function, a refusal with its reason, or ``Ignore`` with its reason. Every pair has one.
What runs out by itself is not in the table: its deadlines are handled first, each at its own time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .alarms import acknowledge, alarm_over, disarm, duress, duress_given, panic, silence, tell, tell_silently
from .arming import arm, change_mode, closed_leaving, exit_over
from .effects import CodeUsedUp, Outcome
from .events import (
    Acknowledge,
    Arm,
    BrokerBack,
    BrokerLost,
    Bypass,
    ChangeMode,
    CodeAccepted,
    CodeRefused,
    Disarm,
    DuressGiven,
    Event,
    Panic,
    Restarted,
    Silence,
    SirensStand,
    Tick,
    WalkTest,
    ZoneClosed,
    ZoneFaulted,
    ZoneOpened,
    ZonePictured,
    ZoneRestored,
    ZoneTampered,
)
from .model import ALL_CHANNELS, Actor, ActorKind, Channels, InputStanding, Partition
from .problems import PassReason, RefusalReason
from .status import PartitionStatus, Phase, Timer, kept_in_bounds, next_deadline
from .tripping import closed, entry_over, opened_armed, opened_disarmed, opened_leaving, tampered
from .turn import Turn
from .upkeep import (
    accepted,
    broker_back,
    broker_lost,
    bypass,
    faulted,
    lockout_over,
    pictured,
    restarted,
    restored,
    right_code,
    settle_early,
    settled,
    sirens_stand,
    wrong_code,
)
from .walking import end_walk, walk_test


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Do not do what was asked for."""

    reason: RefusalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Nothing follows from the event."""

    reason: PassReason


type Rule = Callable[[Turn, Any], None] | Refuse | Ignore
type Row = Mapping[Phase, Rule]


def as_at_rest(turn: Turn, event: Event) -> None:
    """Handle a zone as in the phase that the alarm goes back to: an alarm keeps nothing else from being noticed."""
    _apply(turn, event, TABLE[type(event)][turn.status.resting])


def _row(disarmed: Rule, arming: Rule, armed: Rule, pending: Rule, triggered: Rule) -> Row:
    return dict(zip(Phase, (disarmed, arming, armed, pending, triggered), strict=True))


def _always(rule: Rule) -> Row:
    return dict.fromkeys(Phase, rule)


_ALREADY_ARMED: Final = Refuse(reason=RefusalReason.ALREADY_ARMED)
_ALARM_RUNNING: Final = Refuse(reason=RefusalReason.ALARM_RUNNING)
_ENTRY_RUNNING: Final = Refuse(reason=RefusalReason.ENTRY_RUNNING)
_NOT_ARMED: Final = Refuse(reason=RefusalReason.NOT_ARMED)
_NOT_SOUNDING: Final = Refuse(reason=RefusalReason.NOT_SOUNDING)
_ARMED: Final = Refuse(reason=RefusalReason.ARMED)
_DEADLINES_ONLY: Final = Ignore(reason=PassReason.DEADLINES_ONLY)

# Columns: disarmed, arming, armed, pending, triggered.
TABLE: Final[Mapping[type, Row]] = {
    Arm: _row(arm, _ALREADY_ARMED, _ALREADY_ARMED, _ENTRY_RUNNING, _ALARM_RUNNING),
    ChangeMode: _row(_NOT_ARMED, change_mode, change_mode, _ENTRY_RUNNING, _ALARM_RUNNING),
    Disarm: _always(disarm),
    Bypass: _row(bypass, bypass, bypass, _ENTRY_RUNNING, _ALARM_RUNNING),
    Acknowledge: _row(acknowledge, acknowledge, acknowledge, acknowledge, _ALARM_RUNNING),
    Silence: _row(_NOT_SOUNDING, _NOT_SOUNDING, _NOT_SOUNDING, _NOT_SOUNDING, silence),
    Panic: _always(panic),
    WalkTest: _row(walk_test, _ARMED, _ARMED, _ARMED, _ALARM_RUNNING),
    ZoneOpened: _row(opened_disarmed, opened_leaving, opened_armed, opened_armed, as_at_rest),
    ZoneClosed: _row(closed, closed_leaving, closed, closed, as_at_rest),
    ZoneTampered: _always(tampered),
    ZoneFaulted: _always(faulted),
    ZoneRestored: _always(restored),
    ZonePictured: _always(pictured),
    BrokerLost: _always(broker_lost),
    BrokerBack: _always(broker_back),
    SirensStand: _always(sirens_stand),
    CodeRefused: _always(wrong_code),
    CodeAccepted: _always(accepted),
    DuressGiven: _always(duress_given),
    Tick: _always(_DEADLINES_ONLY),
    Restarted: _always(restarted),
}

EXPIRY: Final[Mapping[Timer, Callable[[Turn], object]]] = {
    Timer.LOCKOUT: lockout_over,
    Timer.SETTLE: settled,
    Timer.EXIT: exit_over,
    Timer.ENTRY: entry_over,
    Timer.OUTSIDE: tell,
    Timer.OUTSIDE_SILENT: tell_silently,
    Timer.ALARM: alarm_over,
    Timer.WALK_TEST: end_walk,
}


def react(
    partition: Partition,
    status: PartitionStatus,
    event: Event,
    now: float,
    zones: Mapping[str, InputStanding],
    *,
    channels: Channels = ALL_CHANNELS,
) -> Outcome:
    """Say what an event at ``now`` (unix seconds) means for a partition whose inputs stand as ``zones`` says.

    Never raises for what devices and people do. The status is to be stored before the effects are carried out.
    """
    turn = Turn(partition, kept_in_bounds(status, now), now, zones, channels)
    _run_out(turn, now)
    _handle(turn, event)
    if isinstance(event, Tick | Restarted):
        settle_early(turn)
    _follow(turn)
    # A window of no length ends with what opened it.
    _run_out(turn, now)
    return turn.finish()


def _run_out(turn: Turn, now: float) -> None:
    """Handle what is due by ``now``, in its order, each at its own time."""
    while (deadline := next_deadline(turn.status)) is not None and deadline.due <= now:
        turn.now = deadline.due
        turn.actor = None
        turn.drop(deadline.timer)
        EXPIRY[deadline.timer](turn)
        turn.announce()
        _follow(turn)
    turn.now = now


def _handle(turn: Turn, event: Event) -> None:
    """Handle an event by the table."""
    actor: Actor | None = getattr(event, "actor", None)
    turn.actor = actor
    asks = not isinstance(event, CodeRefused | CodeAccepted | DuressGiven)
    if actor is not None and asks:
        _greet(turn, event, actor)
    zone: str | None = getattr(event, "zone", None)
    if zone is not None and zone not in turn.partition.zones:
        turn.passed(PassReason.NOT_A_ZONE, zone)
        return
    _apply(turn, event, TABLE[type(event)][turn.status.phase])
    if actor is not None and asks and actor.once and actor.user_id is not None and not turn.refused:
        turn.update(used_codes=tuple(dict.fromkeys((*turn.status.used_codes, actor.user_id))))
        turn.emit(CodeUsedUp(user_id=actor.user_id))
    turn.announce()


def _apply(turn: Turn, event: Any, rule: Rule) -> None:
    match rule:
        case Refuse(reason=refusal):
            turn.refuse(event, refusal)
        case Ignore(reason=reason):
            turn.passed(reason)
        case _:
            rule(turn, event)


def _greet(turn: Turn, event: Event, actor: Actor) -> None:
    """Take what somebody's right code says beside what is asked for with it."""
    if actor.kind is ActorKind.CODE_USER:
        right_code(turn, actor)
    if actor.duress:
        duress(turn, actor, calls_off=isinstance(event, Disarm))


def _follow(turn: Turn) -> None:
    """Handle what follows from what was handled."""
    turn.actor = None
    while turn.queue:
        event = turn.queue.pop(0)
        _handle(turn, event)
