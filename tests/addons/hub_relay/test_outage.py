"""The whole way out with real brokers that come and go: nothing is lost, and the order stays."""

from collections.abc import Iterator, Sequence
import contextlib
from contextlib import ExitStack
import json
import os
from pathlib import Path
import time
from typing import override

import msgpack
import pika

from devkit.brokers import Broker, Mosquitto, RabbitMQ
from hub_relay.amqp import AmqpListener, AmqpPublisher, Commands as Listen
from hub_relay.lifecycle import Service, StopTimes
from hub_relay.links import Link
from hub_relay.mqtt import MqttLink
from hub_relay.native import Kind, Transport, event
from hub_relay.publisher import Publisher, SpoolPlace
from hub_relay.spool import Spool
from hub_relay.stages import Outlet, Overflow, Relay, Relays, Stage

from .kit import (
    PATIENCE,
    AmqpEars,
    MqttEars,
    amqp_config,
    as_msgpack,
    command,
    commands,
    eventually,
    mqtt_config,
    quick,
    running,
    voice,
)

FLAPS = int(os.environ.get("EVENT_HUB_FLAPS", "5"))


@contextlib.contextmanager
def publishing(publisher: Publisher, outlet: Outlet, *links: MqttLink | AmqpPublisher) -> Iterator[None]:
    with outlet, running(*links, publisher):
        yield


def say(outlet: Outlet, number: int) -> None:
    said = event(timestamp=time.time(), inputs=[{"device_key": "Door", "sample_value": number}])
    assert outlet.put(Kind.EVENT, said)


def distinct(numbers: list[int]) -> list[int]:
    """Return the numbers as the hub sees them, which drops a repeat."""
    return list(dict.fromkeys(numbers))


def test_with_both_brokers_away_every_change_is_delivered_in_order_afterwards(
    mosquitto: Mosquitto, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    speaker, config = voice(), amqp_config(rabbitmq)
    relays = Relays()
    relay = relays.relay("publish", limit=1_000, overflow=Overflow.WAIT)
    mqtt = MqttLink(mqtt_config(mosquitto, speaker), backoff=quick())
    amqp = AmqpPublisher(config, backoff=quick())
    links = {Transport.MQTT: mqtt, Transport.AMQP: amqp}
    # Nothing is said twice for want of an answer in time.
    publisher = Publisher(relay, speaker, links, spool=SpoolPlace(path=tmp_path / "spool.db"), confirm_within=PATIENCE)
    outlet = Outlet(relay)
    with MqttEars(mosquitto, speaker.mqtt("event")) as ears, publishing(publisher, outlet, mqtt, amqp):
        eventually(lambda: mqtt.up and amqp.up)
        say(outlet, 0)
        eventually(lambda: publisher.published == 1)
        rabbitmq.ctl("stop_app")
        mosquitto.stop()
        eventually(lambda: not mqtt.up and not amqp.up)
        before = time.time()
        for number in range(1, 41):
            say(outlet, number)
        eventually(lambda: publisher.waiting == 40)
        assert publisher.links_lost_for(time.monotonic()) > 0
        after = time.time()
        mosquitto.start()
        rabbitmq.ctl("start_app")
        eventually(lambda: publisher.waiting == 0)
        assert publisher.links_lost_for(time.monotonic()) == 0
        heard = [json.loads(ears.next().payload) for _ in range(41)]
        eventually(lambda: amqp.up)
        with AmqpEars(rabbitmq, config) as hub:
            say(outlet, 41)
            assert msgpack.unpackb(hub.next()[1])["inputs"][0]["sample_value"] == 41
    relays.close()
    assert [message["inputs"][0]["sample_value"] for message in heard] == list(range(41))
    assert len({message["message_id"] for message in heard}) == 41
    stamps = [message["timestamp"] for message in heard[1:]]
    assert stamps == sorted(stamps)
    assert all(iso(before) <= stamp <= iso(after) for stamp in stamps)


def iso(moment: float) -> str:
    timestamp: str = event(timestamp=moment, inputs=[])["timestamp"]
    return timestamp


def test_a_broker_that_comes_and_goes_loses_nothing_and_keeps_the_order(mosquitto: Mosquitto, tmp_path: Path) -> None:
    speaker = voice()
    relays = Relays()
    relay = relays.relay("publish", limit=1_000, overflow=Overflow.WAIT)
    link = MqttLink(mqtt_config(mosquitto, speaker), backoff=quick())
    publisher = Publisher(relay, speaker, {Transport.MQTT: link}, spool=SpoolPlace(path=tmp_path / "spool.db"))
    outlet = Outlet(relay)
    said = 0
    numbers: list[int] = []
    with MqttEars(mosquitto, speaker.mqtt("event")) as ears, publishing(publisher, outlet, link):
        for _ in range(FLAPS):
            eventually(lambda: link.up)
            for _number in range(10):
                say(outlet, said)
                said += 1
            # An orderly end keeps the hub's session, as a real outage of the network does.
            mosquitto.restart()
            say(outlet, said)
            said += 1
        eventually(lambda: publisher.published == said)
        while len(distinct(numbers)) < said:
            numbers.append(json.loads(ears.next().payload)["inputs"][0]["sample_value"])
    relays.close()
    assert distinct(numbers) == list(range(said))


def test_rabbitmq_alone_gets_every_change_in_order_after_it_was_away(rabbitmq: RabbitMQ) -> None:
    config = amqp_config(rabbitmq)
    relays = Relays()
    relay = relays.relay("publish", limit=1_000, overflow=Overflow.WAIT)
    link = AmqpPublisher(config, backoff=quick())
    publisher = Publisher(relay, voice(), {Transport.AMQP: link}, spool=SpoolPlace(path=None), confirm_within=PATIENCE)
    outlet = Outlet(relay)
    with pika.BlockingConnection(pika.ConnectionParameters(rabbitmq.host, rabbitmq.port)) as hub:
        channel = hub.channel()
        channel.exchange_declare(config.exchange, "topic", durable=True)
        channel.queue_declare(config.exchange, durable=True)
        channel.queue_bind(config.exchange, config.exchange, "event.#")
    with publishing(publisher, outlet, link):
        eventually(lambda: link.up)
        say(outlet, 0)
        eventually(lambda: publisher.published == 1)
        rabbitmq.ctl("stop_app")
        eventually(lambda: not link.up)
        for number in range(1, 20):
            say(outlet, number)
        eventually(lambda: publisher.waiting == 19)
        rabbitmq.ctl("start_app")
        eventually(lambda: publisher.published == 20)
    relays.close()
    with pika.BlockingConnection(pika.ConnectionParameters(rabbitmq.host, rabbitmq.port)) as hub:
        channel = hub.channel()
        bodies = [channel.basic_get(config.exchange, auto_ack=True)[2] for _ in range(20)]
        channel.queue_delete(config.exchange)
        channel.exchange_delete(config.exchange)
    assert [msgpack.unpackb(body)["inputs"][0]["sample_value"] for body in bodies] == list(range(20))


def test_a_listener_hears_again_after_its_broker_was_away(rabbitmq: RabbitMQ) -> None:
    config, said = amqp_config(rabbitmq), command()
    key = "event.trigger.remote_monitor"
    with commands() as place:
        listener = AmqpListener(config, Listen(key=key, sink=place.amqp), backoff=quick())
        with running(listener):
            eventually(lambda: listener.listening)
            rabbitmq.ctl("stop_app")
            eventually(lambda: not listener.listening)
            rabbitmq.ctl("start_app")
            eventually(lambda: listener.listening)
            with AmqpEars(rabbitmq, config) as hub:
                hub.say(key, as_msgpack(said))
                assert place.next().content["command_id"] == said["command_id"]


class Conductor(Stage):
    """Freezes the brokers once everything is up, says something, and ends the service."""

    def __init__(self, relays: Sequence[Relay], brokers: tuple[Broker, ...], links: tuple[Link, ...]) -> None:
        super().__init__("conductor")
        self.relays = relays
        self.brokers = brokers
        self.links = links
        self.service: Service | None = None

    @override
    def run(self) -> None:
        with ExitStack() as stack:
            outlets = [stack.enter_context(Outlet(relay)) for relay in self.relays]
            eventually(lambda: all(link.up for link in self.links))
            for broker in self.brokers:
                broker.pause()
            for number in range(5):
                for outlet in outlets:
                    say(outlet, number)
            assert self.service is not None
            self.service.stop()
            while not self.wait(1):
                self.beat()


def test_a_service_at_frozen_brokers_stops_and_keeps_what_it_had(
    mosquitto: Mosquitto, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    speaker = voice()
    relays = Relays()
    # It has to stop, and nothing else, that ends what waits for an answer here.
    mqtt = MqttLink(mqtt_config(mosquitto, speaker, keepalive=3_600), backoff=quick())
    amqp = AmqpPublisher(amqp_config(rabbitmq, heartbeat=0), backoff=quick())
    ways = [relays.relay(name, limit=1_000, overflow=Overflow.WAIT) for name in ("mqtt", "amqp")]
    files = [tmp_path / "mqtt.db", tmp_path / "amqp.db"]
    publishers = [
        Publisher(
            way,
            speaker,
            {transport: link},
            spool=SpoolPlace(path=file),
            name=f"publisher_{link.name}",
            confirm_within=3_600,
        )
        for way, file, transport, link in zip(ways, files, (Transport.MQTT, Transport.AMQP), (mqtt, amqp), strict=True)
    ]
    conductor = Conductor(ways, (mosquitto, rabbitmq), (mqtt, amqp))
    times = StopTimes(total=2 * PATIENCE, stage=PATIENCE)
    conductor.service = Service([mqtt, amqp, *publishers, conductor], relays, times=times)
    assert conductor.service.run() == 0
    for file in files:
        with Spool(file) as spool:
            assert len(spool) == 5
    # A link that was just trying to connect again is left behind, which the end of a process takes care of.
    for broker in (mosquitto, rabbitmq):
        broker.resume()
    eventually(lambda: mqtt.join(0) and amqp.join(0))
    relays.close()
