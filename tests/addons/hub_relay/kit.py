"""What these tests share: stages that run within a block, and a hub's ears at either broker."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
import contextlib
import json
from pathlib import Path
import queue
import time
from typing import Any, Self, override
import uuid

import msgpack
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
import pika

from devkit.brokers import Mosquitto, RabbitMQ
from hub_relay.amqp import AmqpConfig
from hub_relay.commands import json_content, msgpack_content
from hub_relay.frames import Frame
from hub_relay.links import Backoff, Job, Link, LinkError, Login, Publication
from hub_relay.mqtt import MqttConfig
from hub_relay.native import Voice
from hub_relay.signals import Flag
from hub_relay.sink import CommandSink
from hub_relay.stages import Inlet, Overflow, Relays, Stage

from .conftest import PASSWORD

# However slow the machine is, what takes longer than this would take for ever.
PATIENCE = 60.0
CONTRACT = Path(__file__).parents[3] / "contract"
MQTT_LOGIN = Login(username=Mosquitto.username, password=PASSWORD)


def eventually(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until ``condition`` holds. Fails after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


@contextlib.contextmanager
def running(*stages: Stage) -> Iterator[None]:
    """Run stages within the block; the last is stopped first."""
    for stage in stages:
        stage.start()
    try:
        yield
    finally:
        for stage in reversed(stages):
            stage.stop()
            assert stage.join(PATIENCE), f"{stage.name} did not stop"
    for stage in stages:
        assert stage.failure is None, stage.failure


def quick() -> Backoff:
    """Pauses that no test waits long for."""
    return Backoff(first=0.02, most=0.1)


def voice() -> Voice:
    """A device that no other test has."""
    return Voice(topic="remote_monitor", name=f"pi_{uuid.uuid4().hex[:8]}")


def mqtt_config(broker: Mosquitto, speaker: Voice, **changes: Any) -> MqttConfig:
    settings: dict[str, Any] = {
        "host": broker.host,
        "port": broker.port,
        "client_id": speaker.name,
        "status_topic": speaker.mqtt("status"),
        "command_topic": speaker.mqtt("command"),
        "login": MQTT_LOGIN,
    }
    return MqttConfig(**(settings | changes))


def amqp_config(broker: RabbitMQ, **changes: Any) -> AmqpConfig:
    settings: dict[str, Any] = {
        "hosts": (broker.address,),
        "login": Login(username=broker.username, password=broker.password),
        "exchange": f"test_{uuid.uuid4().hex[:8]}",
    }
    return AmqpConfig(**(settings | changes))


class Commands:
    """The end of a link's commands."""

    def __init__(self, relays: Relays, *, limit: int = 100, patience: float = 1.0) -> None:
        self.relay = relays.relay("commands", limit=limit, overflow=Overflow.WAIT, patience=patience)
        self.mqtt = CommandSink(relay=self.relay, read=json_content)
        self.amqp = CommandSink(relay=self.relay, read=msgpack_content)
        self._stop = Flag()
        self._inlet = Inlet(self.relay, self._stop)

    def next(self, patience: float = PATIENCE) -> Frame:
        frame = self._inlet.get(patience)
        assert frame is not None, "no command came"
        return frame

    def nothing(self) -> bool:
        return self._inlet.get(0) is None

    def close(self) -> None:
        self._inlet.__exit__()
        self._stop.close()


class StubLink(Link):
    """A broker that does as told; ``sent`` is what it confirmed."""

    def __init__(self, name: str = "stub", backoff: Backoff | None = None) -> None:
        super().__init__(name, backoff=backoff)
        self.sent: list[Publication] = []
        self.tried = 0
        self.answer: Callable[[Job], None] = Job.confirm
        self.resets = 0

    def connect(self) -> None:
        self._set_up("stub")

    def disconnect(self, problem: str = "gone") -> None:
        self._set_down(problem)

    @override
    def reset(self) -> None:
        self.resets += 1
        self._set_down("reset")

    @override
    def send(self, publication: Publication) -> Future[None]:
        self.tried += 1
        job = Job(publication=publication, future=Future())
        if self.up:
            self.answer(job)
        else:
            job.fail(LinkError("down"))
        if job.future.done() and job.future.exception() is None:
            self.sent.append(publication)
        return job.future

    @override
    def _serve(self) -> None:
        raise NotImplementedError


class MqttEars:
    """A subscriber that hears what a device says."""

    def __init__(self, broker: Mosquitto, *topics: str, port: int | None = None) -> None:
        self._heard: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
        self._topics = topics
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=uuid.uuid4().hex, clean_session=False)
        self.client.username_pw_set(MQTT_LOGIN.username, MQTT_LOGIN.password)
        self.client.on_message = lambda _client, _data, message: self._heard.put(message)
        subscribed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.client.on_subscribe = lambda *_: subscribed.put("yes")
        self.client.reconnect_delay_set(1, 1)
        self.client.connect(broker.host, port or broker.port)
        self.client.loop_start()
        for topic in topics:
            self.client.subscribe(topic, qos=1)
            subscribed.get(timeout=PATIENCE)

    def next(self) -> MQTTMessage:
        return self._heard.get(timeout=PATIENCE)

    def nothing(self) -> bool:
        return self._heard.empty()

    def say(self, topic: str, body: bytes | str, *, retain: bool = False) -> None:
        """Publish and wait until the broker has it."""
        self.client.publish(topic, body, qos=1, retain=retain).wait_for_publish(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class AmqpEars:
    """A durable queue that hears what devices publish, and a mouth for commands."""

    def __init__(self, broker: RabbitMQ, config: AmqpConfig, key: str = "event.#") -> None:
        self.config = config
        self.connection = pika.BlockingConnection(pika.ConnectionParameters(broker.host, broker.port, heartbeat=0))
        self.channel = self.connection.channel()
        self.channel.exchange_declare(config.exchange, "topic", durable=False)
        self.channel.exchange_declare(config.control_exchange, "direct", durable=False)
        self.queue: str = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(self.queue, config.exchange, key)

    def next(self) -> tuple[str, bytes]:
        """Return the routing key and body of the next message."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            method, _, body = self.channel.basic_get(self.queue, auto_ack=True)
            if method is not None:
                return method.routing_key, body
            self.connection.sleep(0.005)
        raise AssertionError("no message came")

    def say(self, key: str, body: bytes) -> None:
        self.channel.basic_publish(self.config.control_exchange, key, body)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(pika.exceptions.AMQPError):
            self.connection.close()


def command(key: str = "Garage Siren", **changes: object) -> dict[str, Any]:
    """A native command as the hub says it."""
    now = time.time()
    message: dict[str, Any] = {
        "schema": 1,
        "message_id": str(uuid.uuid4()),
        "command_id": str(uuid.uuid4()),
        "timestamp": now,
        "expires_at": now + 90,
        "active_input": {"device_key": "Front Door", "state": "triggered"},
        "output_triggered": {
            "device_key": key,
            "device_label": "Siren",
            "device_type": "siren",
            "device_params": "1.5",
        },
    }
    return message | changes


def as_json(message: object) -> bytes:
    return json.dumps(message).encode()


def as_msgpack(message: object) -> bytes:
    return bytes(msgpack.packb(message))


@contextlib.contextmanager
def commands(**settings: Any) -> Generator[Commands]:
    """Relays with a place for commands."""
    relays = Relays()
    place = Commands(relays, **settings)
    try:
        yield place
    finally:
        place.close()
        relays.close()
