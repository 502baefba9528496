"""What the app is made of: links, stages, and who feeds whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
import logging
from pathlib import Path
from typing import Final

from hub_relay.brokers import join
from hub_relay.health import HealthServer
from hub_relay.lifecycle import Service
from hub_relay.links import lost_for
from hub_relay.native import Voice
from hub_relay.publisher import Publisher, SpoolPlace
from hub_relay.stages import Overflow, Relay as Way, Relays, Stage

from .hardware import Bench
from .settings import TOPIC, Settings
from .stages import HeartbeatStage, RelayStage, SamplerStage

LOG: Final = logging.getLogger(__name__)
# Changes wait for the publisher, which keeps them on disk; commands are acknowledged only once they are taken.
_PUBLISH_LIMIT: Final = 1_000
_COMMAND_LIMIT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the app lives: its files, and the port of its health page (0: any)."""

    state: Path
    health_port: int


def build(settings: Settings, bench: Bench, place: Place) -> Service:
    """Join the stages, sinks first. Raises ``OSError`` when the health page's port is taken."""
    relays = Relays()
    commands = relays.relay("commands", limit=_COMMAND_LIMIT, overflow=Overflow.DROP_NEWEST)
    voice = Voice(topic=TOPIC, name=settings.device_name)
    joined = join(settings.brokers, voice, commands)
    links = joined.links
    ways: list[Way] = []
    publishers: list[Publisher] = []
    # One for each broker: what one has may still be lost to the hub, which knows a message that comes twice.
    for transport, link in links.items():
        # Not for long: the relays wait too, and their watchdog does not.
        way = relays.relay(f"publish_{transport}", limit=_PUBLISH_LIMIT, overflow=Overflow.WAIT, patience=0.2)
        spool = SpoolPlace(path=place.state / f"spool_{transport}.db")
        ways.append(way)
        publishers.append(Publisher(way, voice, {transport: link}, spool=spool, name=f"publisher_{transport}"))
    relay_stage = RelayStage(settings, bench, commands, ways, partial(lost_for, tuple(links.values())))
    sampler = SamplerStage(settings, bench, ways)
    heartbeat = HeartbeatStage(sampler, relay_stage, ways)
    stages: list[Stage] = [*links.values(), *publishers, relay_stage, heartbeat, *joined.listeners, sampler]
    service: Service
    health = HealthServer(lambda: service.stages_health(), port=place.health_port)  # noqa: PLW0108 - made below
    service = Service([health, *stages], relays)
    LOG.info("Health page on port %s", health.port)
    return service
