"""What an app says, heard at its brokers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import queue
from typing import Any

import msgpack
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
import pika

from devkit.brokers import Mosquitto, RabbitMQ

# However slow the machine is, what takes longer than so many seconds would take for ever.
PATIENCE = 60.0

type Bodies = queue.SimpleQueue[tuple[str, bytes]]


@contextmanager
def mqtt_bodies(broker: Mosquitto, *topics: str) -> Iterator[Bodies]:
    """Subscribe, and return a queue of what comes, each with its topic."""
    bodies: Bodies = queue.SimpleQueue()
    listening = queue.SimpleQueue[None]()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: bodies.put((message.topic, message.payload))
    client.on_subscribe = lambda *_: listening.put(None)
    client.connect(broker.host, broker.port)
    client.subscribe([(topic, 1) for topic in topics])
    client.loop_start()
    try:
        listening.get(timeout=PATIENCE)
        yield bodies
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def amqp_body(broker: RabbitMQ, key: str) -> Iterator[Callable[[], Any]]:
    """Bind a queue of its own, and return what waits for the next message and reads it."""
    with pika.BlockingConnection(pika.ConnectionParameters(broker.host, broker.port)) as connection:
        channel = connection.channel()
        channel.exchange_declare("home_automation", "topic")
        name = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(name, "home_automation", key)

        def body() -> Any:
            method, _, content = next(channel.consume(name, auto_ack=True, inactivity_timeout=PATIENCE))
            assert method is not None, f"Nothing came for {key}"
            return msgpack.unpackb(content)

        yield body
