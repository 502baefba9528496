"""A status to plain JSON and back. What cannot be a status is refused: a guessed alarm state is worse than none."""

from ..plain import GarbledError, Json, from_plain, to_plain
from .status import Deadline, PartitionStatus, Timer

# What was stored is no status, or none of the alarm's other records.
GarbledStatusError = GarbledError


def encode(status: PartitionStatus) -> dict[str, Json]:
    """Return a status as a JSON object, without what is as in a fresh one."""
    return to_plain(status)


def decode(stored: object) -> PartitionStatus:
    """Read a status back. Raises ``GarbledStatusError``."""
    status = from_plain(PartitionStatus, stored)
    _check(status)
    return status


def encode_record(record: object) -> Json:
    """Return another of the alarm's dataclasses, such as an effect, as JSON without what is as usual."""
    return to_plain(record)


def decode_record[T](kind: type[T], stored: object) -> T:
    """Read a dataclass of that kind back. Raises ``GarbledStatusError``."""
    return from_plain(kind, stored)


def _check(status: PartitionStatus) -> None:
    """Refuse what no sequence of events leads to."""
    timers = [deadline.timer for deadline in status.deadlines]
    leads_nowhere = {
        "a timer runs twice": len(timers) != len(set(timers)),
        "a delay runs while disarmed": status.mode is None and not {Timer.EXIT, Timer.ENTRY}.isdisjoint(timers),
        "a siren sounds without an alarm": status.siren and Timer.ALARM not in timers,
        "an alarm is of no kind": (Timer.ALARM in timers) != (status.alarm_kind is not None),
        "a walk test has no end": (Timer.WALK_TEST in timers) != (status.walk is not None),
        "an entry delay was started by nothing": (Timer.ENTRY in timers) != bool(status.entry_trips),
        "a timer runs for less than no time": any(_negative(deadline) for deadline in status.deadlines),
    }
    for problem, found in leads_nowhere.items():
        if found:
            raise GarbledStatusError(problem)


def _negative(deadline: Deadline) -> bool:
    return deadline.seconds < 0 or deadline.due < 0
