"""What the app is made of: links, stages, and who feeds whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
import logging
from pathlib import Path
from typing import Final

from hub_relay.amqp import AmqpListener, AmqpPublisher, Commands
from hub_relay.commands import json_content, msgpack_content
from hub_relay.health import HealthServer
from hub_relay.lifecycle import Service
from hub_relay.links import Link, Login, Tls, lost_for
from hub_relay.mqtt import MqttConfig, MqttLink
from hub_relay.native import Transport, Voice
from hub_relay.publisher import Publisher, SpoolPlace
from hub_relay.sink import CommandSink
from hub_relay.stages import Overflow, Relay as Way, Relays, Stage
from hub_relay.supervisor import MqttService

from .hardware import Bench
from .settings import TOPIC, MqttSettings, Settings
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


def mqtt_of(service: MqttService) -> MqttSettings:
    """Return the broker that the Supervisor named."""
    login = Login(username=service.username, password=service.password) if service.username else None
    return MqttSettings(host=service.host, port=service.port, login=login, tls=Tls() if service.ssl else None)


def build(settings: Settings, bench: Bench, place: Place) -> Service:
    """Join the stages, sinks first. Raises ``OSError`` when the health page's port is taken."""
    relays = Relays()
    commands = relays.relay("commands", limit=_COMMAND_LIMIT, overflow=Overflow.DROP_NEWEST)
    voice = Voice(topic=TOPIC, name=settings.device_name)
    links, listeners = _links(settings, voice, commands)
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
    stages: list[Stage] = [*links.values(), *publishers, relay_stage, heartbeat, *listeners, sampler]
    service: Service
    health = HealthServer(lambda: service.stages_health(), port=place.health_port)  # noqa: PLW0108 - made below
    service = Service([health, *stages], relays)
    LOG.info("Health page on port %s", health.port)
    return service


def _links(settings: Settings, voice: Voice, commands: Way) -> tuple[dict[Transport, Link], Sequence[Stage]]:
    links: dict[Transport, Link] = {}
    listeners: list[Stage] = []
    if (mqtt := settings.mqtt) is not None:
        config = MqttConfig(
            host=mqtt.host,
            port=mqtt.port,
            client_id=f"event_hub_{TOPIC}_{settings.device_name}",
            status_topic=voice.mqtt("status"),
            command_topic=voice.mqtt("command"),
            login=mqtt.login,
            tls=mqtt.tls,
        )
        links[Transport.MQTT] = MqttLink(config, commands=CommandSink(relay=commands, read=json_content))
    if (rabbitmq := settings.rabbitmq) is not None:
        links[Transport.AMQP] = AmqpPublisher(rabbitmq)
        sink = CommandSink(relay=commands, read=msgpack_content)
        queue = f"event_hub.{TOPIC}.{settings.device_name}"
        listeners.append(AmqpListener(rabbitmq, Commands(key=voice.command_key, sink=sink, queue=queue)))
    return links, listeners
