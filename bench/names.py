"""What the benchmark's processes tell each other: addresses, and orders."""

from dataclasses import dataclass
import sys
from typing import Final

LOOPBACK: Final = "127.0.0.1"
# Where the simulated output listens, at the hub's exchange and at the relay's.
COMMAND_KEY: Final = "event.trigger.ioboard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The way from a device's publish to the command at the device, over the hub or the bare relay.

    ``mqtt`` is put before the devices' MQTT topics, so that each hears its own alone.
    """

    events: str
    commands: str
    queue: str
    mqtt: str


HUB: Final = Route(events="home_automation", commands="home_automation_control", queue="event_hub", mqtt="")
RELAY: Final = Route(events="bench", commands="bench_control", queue="bench_relay", mqtt="bench/")
# How many inputs a board has in floods.
FLOODING_BOARD: Final = 100
ROUTES: Final = {"hub": HUB, "relay": RELAY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """Many events in a row, over the inputs in turn.

    For some ``seconds`` or until there were ``events``; never more than ``outstanding`` without a command.
    Without a ``rate``, in events a second, as fast as commands come back. ``named`` is how many inputs of
    its board an event names.
    """

    way: str
    inputs: int
    seconds: float
    outstanding: int = 50
    rate: float | None = None
    events: int = sys.maxsize
    per_board: int = FLOODING_BOARD
    named: int = 1
