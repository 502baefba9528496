"""A master: one panel for several partitions. It has no phase of its own, and does all or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from .effects import CodeUsedUp, DuressRaised, Effect, Outcome, Refused
from .events import Acknowledge, Arm, Asked, Bypass, ChangeMode, Silence, WalkTest
from .model import ALL_CHANNELS, Channels, InputStanding, Mode, Partition
from .status import PartitionStatus, Phase
from .table import react

type Members = Sequence[tuple[Partition, PartitionStatus]]

_SHARED: Final = (DuressRaised, CodeUsedUp)


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterView:
    """What a master shows. ``partial``: some members are armed and others are not, which counts as disarmed."""

    phase: Phase
    mode: Mode | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterOutcome:
    """What a request to a master led to: its members' outcomes by partition id, to be stored together.

    ``effects`` are the master's own. When one member refuses nothing changes, and ``refusals`` say why for each.
    """

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    refusals: Mapping[str, Refused] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()


def view(statuses: Sequence[PartitionStatus]) -> MasterView:
    """Derive what a master shows from its members: the most urgent phase, and armed only when all are."""
    phases = [status.phase for status in statuses]
    modes = {status.mode for status in statuses}
    armed = [mode for mode in modes if mode is not None]
    partial = None in modes and bool(armed)
    mode = None if not armed else armed[0] if len(armed) == 1 else Mode.CUSTOM
    for urgent in (Phase.TRIGGERED, Phase.PENDING):
        if urgent in phases:
            return MasterView(phase=urgent, mode=mode, partial=partial)
    if partial or not armed:
        return MasterView(phase=Phase.DISARMED, partial=partial)
    return MasterView(phase=Phase.ARMING if Phase.ARMING in phases else Phase.ARMED, mode=mode)


def react_all(
    members: Members,
    event: Asked,
    now: float,
    zones: Mapping[str, InputStanding],
    *,
    channels: Channels = ALL_CHANNELS,
) -> MasterOutcome:
    """Ask every member that an event concerns, at ``now`` (unix seconds); with one that refuses, none does it."""
    concerned = [(partition, status, own) for partition, status in members if (own := _own(partition, status, event))]
    if not concerned:
        # Nobody has anything to do: let them say why.
        concerned = [(partition, status, event) for partition, status in members]
    outcomes = {
        partition.partition_id: react(partition, status, own, now, zones, channels=channels)
        for partition, status, own in concerned
    }
    shared = _shared(outcomes)
    refusals = {
        partition_id: _named(refused, partition_id)
        for partition_id, outcome in outcomes.items()
        if (refused := outcome.refusal) is not None
    }
    if refusals:
        first = next(iter(refusals.values()))
        problems = tuple(problem for refused in refusals.values() for problem in refused.problems)
        told = tuple(effect for effect in shared if not isinstance(effect, CodeUsedUp))
        return MasterOutcome(refusals=refusals, effects=(*told, replace(first, problems=problems)))
    return MasterOutcome(
        outcomes={partition_id: _without_shared(outcome) for partition_id, outcome in outcomes.items()},
        effects=shared,
    )


def _own(partition: Partition, status: PartitionStatus, event: Asked) -> Asked | None:
    """Return what an event asks of one member; ``None`` when it is so already or not the member's."""
    match event:
        case Arm(mode=mode) | ChangeMode(mode=mode):
            return None if status.mode is mode and status.phase in (Phase.ARMING, Phase.ARMED) else event
        case Bypass():
            zones = tuple(key for key in event.zones if key in partition.zones)
            return replace(event, zones=zones) if zones else None
        case Silence():
            return event if status.siren else None
        case Acknowledge():
            return event if status.visible else None
        case WalkTest(on=False):
            return None if status.walk is None else event
        case _:
            return event


def _shared(outcomes: Mapping[str, Outcome]) -> tuple[Effect, ...]:
    """Return what every member says of who asked: the master says it once, with the alarms of all."""
    said = [effect for outcome in outcomes.values() for effect in outcome.effects if isinstance(effect, _SHARED)]
    alarms = tuple(alarm for effect in said if isinstance(effect, DuressRaised) for alarm in effect.alarms)
    return tuple(
        dict.fromkeys(replace(effect, alarms=alarms) if isinstance(effect, DuressRaised) else effect for effect in said)
    )


def _without_shared(outcome: Outcome) -> Outcome:
    return replace(outcome, effects=tuple(each for each in outcome.effects if not isinstance(each, _SHARED)))


def _named(refused: Refused, partition_id: str) -> Refused:
    return replace(refused, problems=tuple(replace(problem, partition_id=partition_id) for problem in refused.problems))
