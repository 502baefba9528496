"""Ready to arm: which zones are in the way, by name, and which are only to be mentioned."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .model import UNKNOWN_INPUT, WAY_OUT, FaultPolicy, InputStanding, Mode, Partition, ZoneKind
from .problems import Problem, ZoneProblem
from .status import PartitionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How a partition stands before arming.

    ``blocking`` keeps it from being armed, ``warnings`` do not. ``forced`` are the open zones that force arming
    would leave out, ``unforceable`` what is in its way even so.
    """

    blocking: tuple[ZoneProblem, ...] = ()
    warnings: tuple[ZoneProblem, ...] = ()
    forced: tuple[str, ...] = ()
    unforceable: tuple[ZoneProblem, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it can be armed without force."""
        return not self.blocking


def readiness(
    partition: Partition,
    status: PartitionStatus,
    mode: Mode,
    zones: Mapping[str, InputStanding],
    *,
    skip_delay: bool = False,
) -> Readiness:
    """Say whether a partition could be armed in a mode, and what is in the way.

    The way out may be open while there is an exit delay. Zones that are bypassed are not looked at.
    """
    time_to_leave = not skip_delay and partition.exit_delay(mode) > 0
    blocking, warnings, forced, unforceable = [], [], [], []
    for key, zone in partition.zones.items():
        if zone.kind is ZoneKind.CHIME or not zone.watched_in(mode) or status.left_out(key):
            continue
        for problem in _problems(zones.get(key, UNKNOWN_INPUT)):
            named = ZoneProblem(zone=key, problem=problem)
            if problem is Problem.OPEN:
                if time_to_leave and zone.kind in WAY_OUT:
                    continue
                blocking.append(named)
                if zone.may_be_bypassed:
                    forced.append(key)
                else:
                    unforceable.append(named)
            elif problem is Problem.DISABLED or partition.fault_policy is FaultPolicy.OVERRIDE:
                warnings.append(named)
            else:
                blocking.append(named)
    return Readiness(
        blocking=tuple(blocking), warnings=tuple(warnings), forced=tuple(forced), unforceable=tuple(unforceable)
    )


def _problems(standing: InputStanding) -> Iterator[Problem]:
    """Yield what is wrong with an input. One that is switched off has no other problem than that."""
    if not standing.enabled:
        yield Problem.DISABLED
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
