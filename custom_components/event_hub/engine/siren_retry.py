"""What a siren was told in vain, it is told again: ever more seldom, for as long as it counts.

An alarm that nobody hears is none, and a siren that howls on is worse than many burglars. "On" is repeated for as
long as the alarm sounds, "off" until the output has it, for half an hour at most. After a restart every siren is told
what it is to do, in vain or not, so that nothing of this need be stored.
"""

from dataclasses import replace
from typing import Final

from .alarm.model import Partition
from .alarm.status import PartitionStatus
from .deadlines import Timer, apart
from .linking import WANTED_FOR
from .model import CommandStatus, OutputStatus, SirenOrder
from .siren_faults import not_done
from .sirens import hush, sound
from .state import Draft

FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 30.0
# With the longest pause the power of two is long past it, and stays small.
_MOST_DOUBLINGS: Final = 10
OFF_FOR: Final = 1800.0
_FRESH: Final = PartitionStatus()


def follow(draft: Draft) -> None:
    """Look after the sirens whose orders this step gave, or heard of. To be called only where there are partitions."""
    for key in tuple(draft.writes("output_status")):
        partition = _first(draft, key)
        if partition is not None or key in draft.siren_orders:
            _look_after(draft, key, partition)


def due(draft: Draft, key: str) -> None:
    """Give an order again, unless it is another by now, was carried out, or is too old."""
    draft.disarm(Timer.SIREN, key)
    partition, order = _first(draft, key), draft.siren_orders.get(key)
    if partition is None or order is None or not _is_missed(draft, key, on=order.on):
        draft.siren_orders.remove(key)
        return
    status = draft.alarm.get(partition.partition_id, _FRESH)
    too_old = not order.on and apart(draft.now, order.since) > OFF_FOR
    if status.siren is not order.on or too_old:
        draft.siren_orders.remove(key)
        return
    draft.siren_orders[key] = replace(order, tries=order.tries + 1)
    if order.on:
        sound(draft, partition, (key,), str(status.alarm_kind))
    else:
        hush(draft, partition, (key,))


def _look_after(draft: Draft, key: str, partition: Partition | None) -> None:
    """Wait for the next time to give an order again, or be done with it."""
    told = draft.output_status.get(key)
    if told is not None and told.command_status is CommandStatus.SENT:
        # What becomes of it will be heard.
        draft.disarm(Timer.SIREN, key)
        return
    on = partition is not None and draft.alarm.get(partition.partition_id, _FRESH).siren
    order = draft.siren_orders.get(key)
    if partition is None or not _is_missed(draft, key, on=on):
        if order is not None:
            draft.siren_orders.remove(key)
            draft.disarm(Timer.SIREN, key)
        return
    if order is None or order.on is not on:
        order = draft.siren_orders[key] = SirenOrder(on=on, since=draft.now)
        draft.disarm(Timer.SIREN, key)
    if draft.armed(Timer.SIREN, key) is None:
        pause = min(FIRST_PAUSE * 2 ** min(order.tries, _MOST_DOUBLINGS), LONGEST_PAUSE)
        draft.arm(Timer.SIREN, key, draft.now + pause)


def _first(draft: Draft, key: str) -> Partition | None:
    """Return a partition that an output sounds for, one that is sounding if there is any."""
    mine = [partition for partition in draft.partitions.values() if key in partition.siren_outputs]
    sounding = (each for each in mine if draft.alarm.get(each.partition_id, _FRESH).siren)
    return next(sounding, mine[0] if mine else None)


def _is_missed(draft: Draft, key: str, *, on: bool) -> bool:
    """Whether an output does not do what its siren is to do. An "off" is missed only while nobody else told it more."""
    told, output = draft.output_status.get(key), draft.outputs.get(key)
    if told is None or output is None or output.source_id not in draft.sources:
        return False
    failed = not_done(draft.sources[output.source_id].source, told)
    return failed or _fell_silent(draft, told) if on else failed and told.wanted is False


def _fell_silent(draft: Draft, told: OutputStatus) -> bool:
    """Whether an output says that it is off, though it was told to be on a while ago."""
    since = draft.now if told.triggered_at is None else told.triggered_at
    return told.wanted is True and told.is_on is False and apart(draft.now, since) > WANTED_FOR
