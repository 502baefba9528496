"""Which alarm a button in a message is about: it may not end another, of which nobody has read."""

from typing import TYPE_CHECKING

from .engine.alarm.status import PartitionStatus, Timer

if TYPE_CHECKING:
    from .hub import Hub


def is_another_alarm(hub: Hub, partition_id: str, alarm_at: float) -> bool:
    """Whether there is a newer alarm than the one of unix seconds ``alarm_at``."""
    partition = hub.alarm.partitions.get(partition_id)
    newest = _began(hub.alarm.shown(partition_id), 0.0 if partition is None else partition.siren_limit)
    # Buttons have whole seconds.
    return newest is not None and int(newest) > alarm_at


def _began(status: PartitionStatus, lasts: float) -> float | None:
    """Return since when there is an alarm: the one that runs, which zones may have joined, else the last to be seen."""
    due = status.due(Timer.ALARM)
    last = max((alarm.at for alarm in status.visible), default=None)
    if due is None or last is None:
        return last
    # Within what a clock or a changed limit may differ by, it began with one that is remembered.
    return min((alarm.at for alarm in status.visible if alarm.at >= due - lasts - 1.0), default=last)
