"""Watches whether somebody could disarm each partition: what nobody can end is not armed, and people are told why."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_change

from .hub import Hub


@callback
def async_watch_codes(hub: Hub) -> Callable[[], None]:
    """Tell, of each partition that can be armed, when nobody could disarm it; returns how to stop.

    That changes with what is set up, and with the day, as codes end with one.
    """

    @callback
    def look() -> None:
        for partition_id, partition in hub.alarm.partitions.items():
            # Its members tell it of a master.
            concerns = not partition.members and bool(hub.alarm.board.modes(partition))
            hub.notices.alarm.nobody_disarms(partition_id, nobody=concerns and not hub.alarm.can_be_disarmed(partition))

    @callback
    def new_day(_: datetime) -> None:
        look()
        hub.alarm.board.look_again(hub.alarm.partitions)

    stops = (
        hub.alarm.listen_all(look),
        async_track_time_change(hub.hass, new_day, hour=0, minute=0, second=0),
    )
    look()

    @callback
    def stop() -> None:
        for each in stops:
            each()

    return stop
