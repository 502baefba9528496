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
    alarms = sorted(status.visible, key=lambda alarm: alarm.by_this_clock)
    if not alarms:
        return None
    # Within what a clock or a changed limit may differ by, it began with one that is remembered.
    began = float("inf") if due is None else due - lasts - 1.0
    return next((alarm.at for alarm in alarms if alarm.by_this_clock >= began), alarms[-1].at)
