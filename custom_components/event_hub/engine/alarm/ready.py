"""Ready to arm: which zones and sirens are in the way, by name, and which are only to be mentioned."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from .model import UNKNOWN_INPUT, WAY_OUT, FaultPolicy, InputStanding, Mode, Partition, Zone, ZoneKind
from .problems import Fault, Problem, ZoneProblem
from .status import PartitionStatus

SIREN_PROBLEMS: Final[Mapping[Fault, Problem]] = {
    Fault.SIREN_OFF: Problem.SIREN_OFF,
    Fault.SIREN_GONE: Problem.SIREN_GONE,
    Fault.SIREN_LOST: Problem.SIREN_LOST,
    Fault.SIREN_UNDELIVERED: Problem.SIREN_UNDELIVERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How a partition stands before arming.

    ``blocking`` keeps it from being armed, ``warnings`` do not. ``forced`` are the open zones that force arming
    would leave out, ``unforceable`` what is in its way even so. Of a siren, ``zone`` is the output's key.
    ``disarmable``: somebody could disarm it afterwards; what nobody can end is not begun, by force neither.
    """

    blocking: tuple[ZoneProblem, ...] = ()
    warnings: tuple[ZoneProblem, ...] = ()
    forced: tuple[str, ...] = ()
    unforceable: tuple[ZoneProblem, ...] = ()
    disarmable: bool = True

    @property
    def ready(self) -> bool:
        """Whether it can be armed without force."""
        return self.disarmable and not self.blocking


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was found so far."""

    blocking: list[ZoneProblem] = field(default_factory=list)
    warnings: list[ZoneProblem] = field(default_factory=list)
    forced: list[str] = field(default_factory=list)
    unforceable: list[ZoneProblem] = field(default_factory=list)


def readiness(
    partition: Partition,
    status: PartitionStatus,
    mode: Mode,
    zones: Mapping[str, InputStanding],
    *,
    skip_delay: bool = False,
    one_way: Collection[str] = (),
) -> Readiness:
    """Say whether a partition could be armed in a mode, and what is in the way.

    The way out may be open while there is an exit delay. Zones that are bypassed are not looked at. What is wrong
    with sirens is known from ``status``; ``one_way`` are those that cannot be switched off.
    """
    time_to_leave = not skip_delay and partition.exit_delay(mode) > 0
    lenient = partition.fault_policy is FaultPolicy.OVERRIDE
    found = _Found()
    for key, zone in partition.zones.items():
        if zone.kind is ZoneKind.CHIME or not zone.watched_in(mode) or status.left_out(key):
            continue
        for problem in _problems(zones.get(key, UNKNOWN_INPUT)):
            named = ZoneProblem(zone=key, problem=problem)
            if problem is Problem.OPEN:
                _note_open(found, named, zone, may_be_open=time_to_leave and zone.kind in WAY_OUT)
            else:
                (found.warnings if lenient or problem is Problem.OFF_SCHEDULE else found.blocking).append(named)
    (found.warnings if lenient else found.blocking).extend(_of_sirens(partition, status))
    found.warnings.extend(ZoneProblem(zone=key, problem=Problem.SIREN_NO_OFF) for key in one_way)
    return Readiness(
        blocking=tuple(found.blocking),
        warnings=tuple(found.warnings),
        forced=tuple(found.forced),
        unforceable=tuple(found.unforceable),
    )


def has_problem(standing: InputStanding) -> bool:
    """Whether a zone whose input stands like that is in the way of arming, or to be mentioned, in any mode."""
    return next(_problems(standing), None) is not None


def _note_open(found: _Found, named: ZoneProblem, zone: Zone, *, may_be_open: bool) -> None:
    if may_be_open:
        return
    found.blocking.append(named)
    if zone.may_be_bypassed:
        found.forced.append(named.zone)
    else:
        found.unforceable.append(named)


def _of_sirens(partition: Partition, status: PartitionStatus) -> Iterator[ZoneProblem]:
    for trouble in status.troubles:
        problem = SIREN_PROBLEMS.get(trouble.fault)
        if problem is not None and trouble.zone in partition.siren_outputs:
            yield ZoneProblem(zone=trouble.zone, problem=problem)


def _problems(standing: InputStanding) -> Iterator[Problem]:
    """Yield what is wrong with an input. One that is switched off has no other problem than that."""
    if not standing.enabled:
        yield Problem.OFF_SCHEDULE if standing.off_schedule else Problem.DISABLED
        return
    if standing.open:
        yield Problem.OPEN
    if standing.lost or standing.unreachable or not standing.heard:
        yield Problem.LOST
    if standing.tampered:
        yield Problem.TAMPERED
    if standing.low_battery:
        yield Problem.LOW_BATTERY
    if standing.fault:
        yield Problem.FAULT
