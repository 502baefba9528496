"""The devices of the end-to-end tests, in a process that knows nothing of the hub.

Run with RabbitMQ's and Mosquitto's ports. Reads one JSON order a line from stdin, answers each
with one line, and prints every command that devices would get as ``{"got": …}``.
"""

import base64
from contextlib import suppress
import json
import random
import sys
import threading
import time
from typing import Any

import msgpack
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
import pika
from pika.adapters.blocking_connection import BlockingChannel

EVENTS = "home_automation"
CONTROL = "home_automation_control"
KEYS = ("ioboard", "snapshot")
RETRY = 0.3
_printing = threading.Lock()


def say(line: dict[str, Any]) -> None:
    """Print one line of JSON."""
    with _printing:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def connect(port: int) -> pika.BlockingConnection:
    """Connect to RabbitMQ and declare the exchanges as the fleet's programs do."""
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port, heartbeat=20))
    channel = connection.channel()
    channel.exchange_declare(EVENTS, "topic")
    channel.exchange_declare(CONTROL, "direct")
    channel.close()
    return connection


def listen(port: int, ready: threading.Event) -> None:
    """Take commands from RabbitMQ for ever, through restarts of it."""
    while True:
        try:
            channel = connect(port).channel()
            queue = channel.queue_declare("", exclusive=True).method.queue
            for key in KEYS:
                for prefix in ("event.trigger", "event.control"):
                    channel.queue_bind(queue, CONTROL, f"{prefix}.{key}")
            ready.set()
            for method, properties, body in channel.consume(queue, auto_ack=True):
                say(
                    {
                        "got": "amqp",
                        "address": method.routing_key,
                        "body": body.hex(),
                        "expiration": properties.expiration,
                        "at": time.time(),
                    }
                )
        except pika.exceptions.AMQPError, OSError:
            threading.Event().wait(RETRY)


def listen_mqtt(port: int) -> Client:
    """Take commands from MQTT for ever, through restarts of the broker."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="devices")

    def subscribe(*_: object) -> None:
        client.subscribe([("switch/control/#", 1), ("meter/+/control", 1), ("event_hub/+/+/command", 1)])

    def show(_client: Client, _data: object, message: MQTTMessage) -> None:
        say({"got": "mqtt", "address": message.topic, "body": message.payload.hex(), "at": time.time()})

    client.on_connect = subscribe
    client.on_message = show
    client.reconnect_delay_set(1, 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


class Devices:
    """Carries orders out, one after the other."""

    def __init__(self, amqp_port: int, mqtt_port: int) -> None:
        """Begin to listen on both brokers."""
        self._amqp_port = amqp_port
        self._connection: pika.BlockingConnection | None = None
        self._mqtt = listen_mqtt(mqtt_port)
        ready = threading.Event()
        threading.Thread(target=listen, args=(amqp_port, ready), daemon=True).start()
        ready.wait(30)

    def amqp(self, order: dict[str, Any]) -> None:
        """Publish one message to the event exchange; MessagePack unless raw bytes are given."""
        body = bytes.fromhex(order["raw"]) if "raw" in order else msgpack.packb(_with_bytes(order["body"]))
        self._channel().basic_publish(EVENTS, order["address"], body)

    def mqtt(self, order: dict[str, Any]) -> None:
        """Publish one message to MQTT; JSON unless text is given."""
        payload = order["body"] if isinstance(order["body"], str) else json.dumps(order["body"])
        info = self._mqtt.publish(order["address"], payload, qos=1, retain=order.get("retain", False))
        info.wait_for_publish(10)

    def flood(self, order: dict[str, Any]) -> None:
        """Publish random bodies under valid and random addresses of both brokers."""
        chance = random.Random(order["seed"])  # noqa: S311 - repeatable, no secret
        channel = self._channel()
        info = None
        for number in range(order["count"]):
            body = chance.randbytes(chance.choice((0, 1, 3, 20, 200)))
            if chance.random() < 0.5:
                body = msgpack.packb(random_value(chance)) if number % 2 else json.dumps(random_value(chance)).encode()
            if number % 2:
                kind = chance.choice(("notify", "heartbeat", "trigger", "result", "nonsense"))
                channel.basic_publish(EVENTS, f"event.{kind}.flood.board{chance.randrange(20)}", body)
            else:
                address = chance.choice(
                    ("sensor/Room/flood", "sensor/heartbeat/flood", "meter/flood", "switch/state/flood")
                )
                info = self._mqtt.publish(address, body, qos=1)
                if number % 200 == 0:
                    info.wait_for_publish(30)
        if info is not None:
            info.wait_for_publish(30)

    def _channel(self) -> BlockingChannel:
        """Return a channel; a new connection each time costs less than finding out whether the old one works."""
        if self._connection is not None:
            with suppress(pika.exceptions.AMQPError, OSError):
                self._connection.close()
        self._connection = connect(self._amqp_port)
        channel = self._connection.channel()
        channel.confirm_delivery()
        return channel


def random_value(chance: random.Random, depth: int = 0) -> Any:
    """Return nested nonsense made of what devices' messages are made of."""
    words = ("inputs", "outputs", "data", "device_key", "timestamp", "state", "active", "input_1", "switches", "x")
    pick = chance.randrange(9 if depth < 4 else 6)
    if pick < 6:
        simple = (None, chance.random() < 0.5, chance.randrange(-(2**40), 2**40), chance.random(), "triggered", "")
        return simple[pick]
    if pick == 6:
        return [random_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(words): random_value(chance, depth + 1) for _ in range(chance.randrange(5))}


def _with_bytes(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {key: _with_bytes(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_bytes(item) for item in value]
    return value


def main() -> None:
    """Carry out orders until stdin ends."""
    devices = Devices(int(sys.argv[1]), int(sys.argv[2]))
    say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        try:
            getattr(devices, order["do"])(order)
        except Exception as error:  # noqa: BLE001 - the test that gave the order must hear of it
            say({"failed": repr(error)})
        else:
            say({"done": True})


if __name__ == "__main__":
    main()
