"""Addresses that the benchmark's processes share."""

from dataclasses import dataclass
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
ROUTES: Final = {"hub": HUB, "relay": RELAY}
