"""Watches whether somebody could disarm each partition: what nobody can end is not armed, and people are told so."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_change

from .engine.alarm.model import ROUND_THE_CLOCK, Partition
from .hub import Hub


@callback
def async_watch_codes(hub: Hub) -> Callable[[], None]:
    """Tell when nobody could disarm a partition that can be armed or is always on guard; returns how to stop.

    That changes with what is set up, and with the minute, as codes end with one.
    """
    told: set[str] = set()

    def alarms(partition: Partition) -> bool:
        on_guard = any(zone.kind in ROUND_THE_CLOCK for zone in partition.zones.values())
        return on_guard or bool(hub.alarm.board.modes(partition))

    def nobody() -> set[str]:
        # Its members tell it of a master.
        concerned = (each for each in hub.alarm.partitions.values() if not each.members and alarms(each))
        return {each.partition_id for each in concerned if not hub.alarm.can_be_disarmed(each)}

    @callback
    def look() -> None:
        nonlocal told
        told = nobody()
        for partition_id, partition in hub.alarm.partitions.items():
            hub.notices.alarm.nobody_disarms(
                partition_id, nobody=partition_id in told, arms=bool(hub.alarm.board.modes(partition))
            )

    @callback
    def new_minute(_: datetime) -> None:
        if nobody() != told:
            look()
            hub.alarm.board.look_again(hub.alarm.partitions)

    stops = (hub.alarm.listen_all(look), async_track_time_change(hub.hass, new_minute, second=0))
    look()

    @callback
    def stop() -> None:
        for each in stops:
            each()

    return stop
