"""The bare relay: what a message costs that is consumed and published again, and nothing else.

Every figure of the hub is held against it. It keeps the hub's promises towards the brokers: a durable
queue, a message acknowledged only after the broker confirmed what it became, nothing lost unnoticed.
Run with RabbitMQ's and Mosquitto's ports. One process serves both ways, since the idle one costs nothing.
"""

import json
import sys
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions
import pika
from pika.adapters.select_connection import PollEvents
from pika.channel import Channel
from pika.spec import Basic

from .names import COMMAND_KEY, LOOPBACK, RELAY

PREFETCH: Final = 200
# paho looks after its keep-alive when it is called: some of it every second.
MISC: Final = 1.0


class Relay:
    """Events to commands, as fast as pika and paho do it."""

    def __init__(self, amqp_port: int, mqtt_port: int) -> None:
        """Connect to both brokers; ``run`` does the work."""
        self._mqtt_port = mqtt_port
        # Delivery tags of commands, which count from 1, to those of the events they came from.
        self._unconfirmed: dict[int, int] = {}
        self._published = 0
        parameters = pika.ConnectionParameters(LOOPBACK, amqp_port)
        self._connection = pika.SelectConnection(parameters, on_open_callback=self._opened)
        # As Home Assistant does it, unless a person chooses otherwise: MQTT 5, each subscription with a number.
        self._mqtt = Client(CallbackAPIVersion.VERSION2, client_id="bare_relay", protocol=MQTTProtocolVersion.MQTTv5)
        self._mqtt.on_message = self._mqtt_event

    def run(self) -> None:
        """Relay until the process is ended."""
        self._connection.ioloop.start()

    def _opened(self, connection: pika.SelectConnection) -> None:
        connection.channel(on_open_callback=self._declare)

    def _declare(self, events: Channel) -> None:
        self._events = events
        events.exchange_declare(RELAY.events, "topic")
        events.exchange_declare(RELAY.commands, "direct")
        events.queue_declare(RELAY.queue, durable=True)
        events.queue_bind(RELAY.queue, RELAY.events, "event.#")
        events.basic_qos(prefetch_count=PREFETCH)
        self._connection.channel(on_open_callback=self._consume)

    def _consume(self, commands: Channel) -> None:
        self._commands = commands
        commands.confirm_delivery(self._confirmed)
        commands.add_on_return_callback(_returned)
        self._events.basic_consume(RELAY.queue, self._amqp_event, callback=self._listen_mqtt)

    def _listen_mqtt(self, _: object) -> None:
        """Let pika's loop watch paho's socket: a second thread would only cost time."""
        self._mqtt.on_subscribe = lambda *_: print(json.dumps({"ready": True}), flush=True)
        self._mqtt.on_connect = self._subscribe
        self._mqtt.connect(LOOPBACK, self._mqtt_port)
        socket = self._mqtt.socket()
        assert socket is not None
        self._connection.ioloop.add_handler(socket.fileno(), self._read_mqtt, PollEvents.READ)
        self._misc()

    def _subscribe(self, *_: object) -> None:
        numbered = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
        numbered.SubscriptionIdentifier = 2
        self._mqtt.subscribe(f"{RELAY.mqtt}#", options=SubscribeOptions(qos=1), properties=numbered)

    def _read_mqtt(self, *_: object) -> None:
        self._mqtt.loop_read()
        if self._mqtt.want_write():
            self._mqtt.loop_write()

    def _misc(self) -> None:
        self._mqtt.loop_misc()
        self._connection.ioloop.call_later(MISC, self._misc)

    def _amqp_event(self, _channel: Channel, method: Basic.Deliver, _: pika.BasicProperties, body: bytes) -> None:
        self._publish(body)
        self._unconfirmed[self._published] = method.delivery_tag

    def _mqtt_event(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._publish(message.payload)

    def _publish(self, body: bytes) -> None:
        self._published += 1
        properties = pika.BasicProperties(expiration="90000")
        self._commands.basic_publish(RELAY.commands, COMMAND_KEY, body, properties, mandatory=True)

    def _confirmed(self, frame: Any) -> None:
        method = frame.method
        assert isinstance(method, Basic.Ack), "RabbitMQ refused a command"
        tags = [method.delivery_tag]
        if method.multiple:
            tags = [tag for tag in self._unconfirmed if tag <= method.delivery_tag]
        for tag in tags:
            if (event := self._unconfirmed.pop(tag, None)) is not None:
                self._events.basic_ack(event)


def _returned(*_: object) -> None:
    raise RuntimeError("Nobody listens for the relay's commands")


if __name__ == "__main__":
    Relay(int(sys.argv[1]), int(sys.argv[2])).run()
