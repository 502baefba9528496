"""A device's connection to RabbitMQ, made the way the fleet makes it."""

from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from typing import override

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from .links import Address, Link, LinkTimeoutError, Wire

_RETRY_AFTER = 0.5
_PUMP_FOR = 1.0


class AmqpLink(Link):
    """One blocking connection in a thread of its own.

    Declares the topic exchange and its ``_control`` exchange non-durable and
    consumes commands from an exclusive queue without acknowledging, because
    that is what existing devices do.
    """

    wire = Wire.AMQP

    def __init__(
        self,
        broker: Address,
        name: str,
        *,
        exchange: str = "home_automation",
        username: str = "guest",
        password: str = "guest",  # noqa: S107 - RabbitMQ's own default, on loopback
    ) -> None:
        """Prepare the link; nothing is sent before ``start``."""
        super().__init__()
        self.exchange = exchange
        self.control_exchange = f"{exchange}_control"
        self._broker = broker
        self._parameters = pika.ConnectionParameters(
            host=broker.host,
            port=broker.port,
            credentials=pika.PlainCredentials(username, password),
            heartbeat=20,
            socket_timeout=5,
        )
        self._thread = Thread(target=self._run, name=f"amqp {name}", daemon=True)
        self._stopping = Event()
        self._connected = Event()
        self._connection: pika.BlockingConnection | None = None
        self._channel: BlockingChannel | None = None
        self._queue = ""

    @override
    def start(self, timeout: float = 15.0) -> None:
        self._thread.start()
        if not self._connected.wait(timeout):
            self._stopping.set()
            text = f"no RabbitMQ at {self._broker.host}:{self._broker.port}"
            raise LinkTimeoutError(text)

    @override
    def stop(self) -> None:
        self._stopping.set()
        self._soon(lambda: None)
        if self._thread.ident is not None:
            self._thread.join(10)

    @override
    def publish(self, address: str, body: bytes, *, retain: bool = False) -> None:
        channel = self._channel
        if channel is None or not self._soon(partial(channel.basic_publish, self.exchange, address, body)):
            self.lost += 1

    @override
    def _follow(self, address: str) -> None:
        if self._connected.is_set():
            self._soon(partial(self._bind, address))

    def _soon(self, action: Callable[[], object]) -> bool:
        """Run ``action`` in the link's thread; false when there is no connection to run it on."""
        connection = self._connection
        if connection is None:
            return False
        try:
            connection.add_callback_threadsafe(action)
        except AMQPError:
            return False
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._session()
            except AMQPError, OSError:
                self._stopping.wait(_RETRY_AFTER)
            finally:
                self._connected.clear()
                self._channel = self._connection = None

    def _session(self) -> None:
        connection = pika.BlockingConnection(self._parameters)
        channel = connection.channel()
        channel.exchange_declare(self.exchange, "topic")
        channel.exchange_declare(self.control_exchange, "direct")
        self._queue = channel.queue_declare("", exclusive=True).method.queue
        self._connection, self._channel = connection, channel
        for address in tuple(self._handlers):
            self._bind(address)
        channel.basic_consume(self._queue, self._on_message, auto_ack=True)
        self._connected.set()
        while not self._stopping.is_set():
            connection.process_data_events(time_limit=_PUMP_FOR)
        connection.close()

    def _bind(self, address: str) -> None:
        if self._channel is not None:
            self._channel.queue_bind(self._queue, self.control_exchange, address)

    def _on_message(
        self,
        _channel: BlockingChannel,
        method: pika.spec.Basic.Deliver,
        _properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        self._deliver(method.routing_key, body)
