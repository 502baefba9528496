"""Zones that are silenced, as something to tell people: while their alarm may still be called off, nobody is told.

What is to be told follows from what outside is told of alarms, which survives a restart; nothing is kept for it here.
"""

from collections.abc import Iterator
from typing import Final

from .engine.alarm.effects import SwungOut, TellOutside
from .engine.alarm.model import Partition, ZoneKind
from .engine.alarm.status import Alarm, AlarmKind, Outside, PartitionStatus
from .engine.effects import AlarmTold
from .engine.state import State
from .engine.telling.model import Telling
from .telling_producers import trouble_told

# Outside was told, whether a channel told it people or not.
_TOLD: Final = (Outside.TOLD, Outside.NO_CHANNEL)


def swung_out_told(state: State, told: AlarmTold) -> Iterator[Telling]:
    """Give what to tell of zones that are silenced: with their alarm, or at once where that was told already.

    Given again, it is the same telling.
    """
    partition, status = state.partitions.get(told.partition_id), state.alarm.get(told.partition_id)
    if partition is None or status is None or not isinstance(told.effect, SwungOut | TellOutside):
        return
    for effect in _silenced(partition, status):
        alarm = _cause(partition, status, effect)
        if alarm is not None and _is_told(told.effect, effect, alarm):
            telling = trouble_told(state, AlarmTold(partition_id=told.partition_id, effect=effect), alarm.at)
            if telling is not None:
                yield telling


def _silenced(partition: Partition, status: PartitionStatus) -> Iterator[SwungOut]:
    """Give what was said of the zones that are silenced now."""
    limit = partition.swinger_limit
    for swing in status.swings:
        zone = partition.zones.get(swing.zone)
        for count, tamper in ((swing.alarms, False), (swing.tampers, True)):
            if zone is not None and count >= limit:
                yield SwungOut(zone=swing.zone, alarms=limit, tamper=tamper, silent=zone.silent)


def _cause(partition: Partition, status: PartitionStatus, effect: SwungOut) -> Alarm | None:
    """Return the alarm that a zone was silenced for: the last of those that counted."""
    # What a tamper zone sees is tampering as well.
    tampers = effect.tamper or partition.zones[effect.zone].kind is ZoneKind.TAMPER
    of_zone = (alarm for alarm in reversed(status.memory) if alarm.zone == effect.zone)
    return next((alarm for alarm in of_zone if (alarm.kind is AlarmKind.TAMPER) == tampers), None)


def _is_told(said: SwungOut | TellOutside, effect: SwungOut, alarm: Alarm) -> bool:
    if isinstance(said, SwungOut):
        return (said.zone, said.tamper) == (effect.zone, effect.tamper) and alarm.outside in _TOLD
    return any((each.zone, each.at, each.kind) == (alarm.zone, alarm.at, alarm.kind) for each in said.alarms)
