"""What counts for the whole hub."""

from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from .alarm.model import ALL_CHANNELS, Channels
from .times.quiet_hours import QuietHours

GREENWICH: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Hub-wide limits. ``behaviour.md`` 2 and 3 give the defaults.

    ``zone`` is that of the clock on the wall, which schedules and quiet hours go by. ``channels`` are as they are now.
    """

    max_validity: float = 120.0
    max_ahead: float = 60.0
    recent_window: float = 300.0
    recent_limit: int = 20
    silence_min: float = 30.0
    silence_max: float = 300.0
    silence_intervals: float = 3.0
    command_expiry: float = 90.0
    handover_grace: float = 5.0
    offset_notice: float = 5.0
    offset_problem: float = 60.0
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    zone: ZoneInfo = GREENWICH
    channels: Channels = ALL_CHANNELS
