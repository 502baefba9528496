"""Wrong codes are counted by a partition's id: one that is removed and set up again has not forgotten them."""

from typing import Final

from .alarm.status import Lockout, PartitionStatus, Timer as AlarmTimer
from .deadlines import Timer
from .state import Draft

MOST_KEPT: Final = 50


def keep(draft: Draft, partition_id: str) -> None:
    """Keep what is counted of a partition that is being removed; of very many, that of the last ones."""
    status = draft.alarm.get(partition_id)
    if status is None or status.lockout == Lockout():
        return
    ends = tuple(each for each in status.deadlines if each.timer is AlarmTimer.LOCKOUT)
    draft.lockouts.remove(partition_id)
    draft.lockouts[partition_id] = PartitionStatus(lockout=status.lockout, deadlines=ends)
    for oldest in list(draft.lockouts)[:-MOST_KEPT]:
        draft.lockouts.remove(oldest)


def fresh(draft: Draft, partition_id: str) -> PartitionStatus:
    """Return how a partition stands that is set up now, with what was counted before."""
    status = draft.lockouts.get(partition_id)
    if status is None:
        return PartitionStatus(since=draft.now)
    draft.lockouts.remove(partition_id)
    ends = tuple(each for each in status.deadlines if each.due > draft.now)
    for end in ends:
        draft.arm(Timer.ALARM, partition_id, end.due)
    return PartitionStatus(since=draft.now, lockout=status.lockout, deadlines=ends)
