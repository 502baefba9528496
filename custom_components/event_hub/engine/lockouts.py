"""Wrong codes are counted by a partition's id: one that is removed and set up again has not forgotten them.

Nor has a restart in between: what is counted is in the alarm's journal, as the partitions' statuses are.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from .alarm.status import Lockout, PartitionStatus, Timer as AlarmTimer
from .deadlines import Timer
from .state import Draft

MOST_KEPT: Final = 50


def counted(status: PartitionStatus) -> PartitionStatus | None:
    """Return what of a status is counted of codes; ``None`` where nothing is."""
    if status.lockout == Lockout():
        return None
    ends = tuple(each for each in status.deadlines if each.timer is AlarmTimer.LOCKOUT)
    return PartitionStatus(since=status.since, lockout=status.lockout, deadlines=ends)


def newest(kept: Mapping[str, PartitionStatus], gone: Mapping[str, PartitionStatus]) -> dict[str, PartitionStatus]:
    """Return what is kept, by partition id, with what the statuses of ``gone`` partitions count: the newest of it."""
    found = {**kept, **{key: count for key, status in gone.items() if (count := counted(status)) is not None}}
    in_order = sorted(found, key=lambda partition_id: found[partition_id].since)
    return {partition_id: found[partition_id] for partition_id in in_order[-MOST_KEPT:]}


def keep(draft: Draft, partition_id: str) -> None:
    """Keep what is counted of a partition that is being removed; of very many, that of the last ones."""
    status = draft.alarm.get(partition_id)
    found = None if status is None else counted(status)
    if found is None:
        return
    draft.lockouts.remove(partition_id)
    draft.lockouts[partition_id] = replace(found, since=draft.now)
    for oldest in list(draft.lockouts)[:-MOST_KEPT]:
        draft.lockouts.remove(oldest)


def fresh(draft: Draft, partition_id: str) -> PartitionStatus:
    """Return how a partition stands that is set up now, with what was counted before."""
    status = draft.lockouts.get(partition_id)
    if status is None:
        return PartitionStatus(since=draft.now)
    draft.lockouts.remove(partition_id)
    # A clock that was set back must not make it longer.
    ends = tuple(
        replace(each, due=min(each.due, draft.now + each.seconds)) for each in status.deadlines if each.due > draft.now
    )
    for end in ends:
        draft.arm(Timer.ALARM, partition_id, end.due)
    return PartitionStatus(since=draft.now, lockout=status.lockout, deadlines=ends)


def resume(draft: Draft) -> None:
    """Go on after a restart: a partition of which the removal was kept, and of that only the count, is still there."""
    for partition_id in [each for each in draft.lockouts if each in draft.partitions]:
        if partition_id in draft.alarm:
            draft.lockouts.remove(partition_id)
        else:
            draft.alarm[partition_id] = fresh(draft, partition_id)
