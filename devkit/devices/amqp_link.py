"""A device's connection to RabbitMQ, made the way the fleet makes it."""

from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from typing import Any, ClassVar, Final, override

import pika
from pika.exceptions import AMQPError

from .links import CONNECT_TIMEOUT, Link, Wire

_RETRY_AFTER: Final = 0.5
_PUMP_FOR: Final = 1.0


class AmqpLink(Link):
    """One blocking connection in a thread of its own.

    Declares the topic exchange and its ``_control`` exchange non-durable and
    consumes commands from an exclusive queue without acknowledging, because
    that is what existing devices do.
    """

    wire: ClassVar[Wire] = Wire.AMQP

    def __init__(
        self,
        host: str,
        port: int,
        *,
        exchange: str = "home_automation",
        username: str = "guest",
        password: str = "guest",  # noqa: S107 - RabbitMQ's own default, on loopback
    ) -> None:
        """Prepare the link; nothing is sent before ``start``."""
        super().__init__()
        self._exchange = exchange
        self._control_exchange = f"{exchange}_control"
        credentials = pika.PlainCredentials(username, password)
        self._parameters = pika.ConnectionParameters(
            host=host, port=port, credentials=credentials, heartbeat=20, socket_timeout=5
        )
        self._thread: Thread | None = None
        self._stopping = Event()
        self._connected = Event()
        self._connection: Any = None
        self._channel: Any = None
        self._queue = ""

    @override
    def publish(self, address: str, body: bytes, *, retain: bool = False) -> None:
        channel = self._channel
        if channel is None or not self._soon(partial(channel.basic_publish, self._exchange, address, body)):
            self.lost += 1

    @override
    def _connect(self) -> None:
        self._stopping.clear()
        self._thread = Thread(target=self._run, name="simulated device", daemon=True)
        self._thread.start()
        if not self._connected.wait(CONNECT_TIMEOUT):
            self._stopping.set()
            raise TimeoutError(f"no RabbitMQ at {self._parameters.host}:{self._parameters.port}")

    @override
    def _disconnect(self) -> None:
        self._stopping.set()
        self._soon(lambda: None)
        if self._thread is not None:
            self._thread.join(10)

    @override
    def _cut(self) -> None:
        # RabbitMQ tells nobody how a device left, so both ways are the same.
        self._disconnect()

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
        channel.exchange_declare(self._exchange, "topic")
        channel.exchange_declare(self._control_exchange, "direct")
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
        self._channel.queue_bind(self._queue, self._control_exchange, address)

    def _on_message(self, _channel: object, method: Any, _properties: object, body: bytes) -> None:
        self._deliver(method.routing_key, body)
