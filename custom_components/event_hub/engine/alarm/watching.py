"""Whether an input is being watched: check 4 of ``behaviour.md`` 2."""

from collections.abc import Mapping

from .model import LIFE_SAFETY, ROUND_THE_CLOCK, Partition, Zone, ZoneKind
from .status import PartitionStatus, Phase

_FRESH = PartitionStatus()


def is_watched(
    partitions: Mapping[str, Partition], statuses: Mapping[str, PartitionStatus], input_key: str
) -> bool | None:
    """Say whether any partition watches an input at the moment; ``None`` when it is in none of them."""
    found: bool | None = None
    for partition in partitions.values():
        zone = partition.zones.get(input_key)
        if zone is None:
            continue
        status = statuses.get(partition.partition_id, _FRESH)
        found = (
            not status.left_out(input_key)
            and not status.swung_out(input_key, partition.swinger_limit)
            and _watches(zone, status)
        )
        if found:
            return True
    return found


def silenced_in(
    partitions: Mapping[str, Partition], statuses: Mapping[str, PartitionStatus], input_key: str
) -> Partition | None:
    """Return a partition that would watch an input, had it not caused as many alarms as one may.

    Not for a silent zone, whose alarms show nowhere.
    """
    for partition_id, partition in partitions.items():
        status = statuses.get(partition_id, _FRESH)
        zone = partition.zones.get(input_key)
        if not status.swings or zone is None or zone.silent or status.left_out(input_key):
            continue
        if status.swung_out(input_key, partition.swinger_limit) and _watches(zone, status):
            return partition
    return None


def _watches(zone: Zone, status: PartitionStatus) -> bool:
    """Whether a zone that is not left out counts now."""
    if status.walk is not None:
        # Nothing fires in a walk test but the chime, and what stays live in it.
        return zone.kind in LIFE_SAFETY and not status.walk.life_safety
    if zone.kind in ROUND_THE_CLOCK:
        return True
    phase = status.resting
    if zone.kind is ZoneKind.CHIME:
        return phase is Phase.DISARMED
    if phase is Phase.ARMING:
        return zone.kind is ZoneKind.INSTANT and status.from_mode in zone.modes
    return zone.watched_in(status.mode)
