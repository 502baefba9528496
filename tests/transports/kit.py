"""What tests of the RabbitMQ link share: the link with what it reported, and a device at the other end."""

import asyncio
from dataclasses import replace
import time
from typing import Any, Self
import uuid

import pika

from custom_components.event_hub.transports.amqp import AmqpConfig, AmqpDelivery, AmqpLink
from custom_components.event_hub.transports.link import LinkState, LinkStatus
from custom_components.event_hub.wire.messages import Outgoing, Transport
from devkit.brokers import RabbitMQ
from devkit.polling import until

PATIENCE = 60.0


def command(key: str, body: bytes = b"go", expires_in: float | None = 30.0) -> Outgoing:
    """Return a command to the control exchange."""
    return Outgoing(transport=Transport.AMQP, address=key, body=body, expires_in=expires_in)


def config_for(broker: RabbitMQ, **changes: Any) -> AmqpConfig:
    """Return a configuration with names that no other test uses."""
    name = f"test_{uuid.uuid4().hex[:8]}"
    config = AmqpConfig(hosts=(broker.address,), exchange=f"{name}_events", queue=f"{name}_queue")
    return replace(config, **changes)


class Hub:
    """A link that remembers. It acknowledges every delivery while ``acknowledges`` is true."""

    def __init__(self, config: AmqpConfig, *, acknowledges: bool = True) -> None:
        self.config = config
        self.acknowledges = acknowledges
        self.deliveries: list[AmqpDelivery] = []
        self.statuses: list[LinkStatus] = []
        self.link = AmqpLink(asyncio.get_running_loop(), config, self._take, self.statuses.append)

    @property
    def bodies(self) -> list[bytes]:
        return [delivery.body for delivery in self.deliveries]

    @property
    def status(self) -> LinkStatus:
        return self.statuses[-1]

    @property
    def problem(self) -> str | None:
        return self.status.problem

    async def up(self) -> Self:
        await until(lambda: self.status.state is LinkState.UP)
        return self

    async def down(self) -> Self:
        await until(lambda: self.status.state is LinkState.DOWN)
        return self

    async def __aenter__(self) -> Self:
        await self.link.async_start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.link.async_stop()

    def _take(self, delivery: AmqpDelivery) -> None:
        self.deliveries.append(delivery)
        if self.acknowledges:
            delivery.ack()


class Device:
    """A device at the broker: publishes events, and hears what is sent to it."""

    def __init__(self, broker: RabbitMQ, config: AmqpConfig, heartbeat: int = 60) -> None:
        self.config = config
        self.connection = pika.BlockingConnection(
            pika.ConnectionParameters(broker.host, broker.port, heartbeat=heartbeat)
        )
        self.channel = self.connection.channel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.connection.is_open:
            self.connection.close()

    def event(self, body: bytes, key: str = "event.notify.ioboard.garage") -> None:
        self.channel.basic_publish(self.config.exchange, key, body)

    def hear(self, key: str) -> str:
        """Return a queue that collects what is sent to ``key``."""
        queue: str = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(queue, self.config.control_exchange, key)
        return queue

    def collect(self, queue: str, count: int, patience: float = PATIENCE) -> list[tuple[bytes, pika.BasicProperties]]:
        """Take ``count`` messages off a queue."""
        heard: list[tuple[bytes, pika.BasicProperties]] = []
        end = time.monotonic() + patience
        while len(heard) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"only {len(heard)} of {count} messages came")
            method, properties, body = self.channel.basic_get(queue, auto_ack=True)
            if method is not None:
                heard.append((body, properties))
        return heard

    def waiting(self, queue: str) -> int:
        """Count what is ready in a queue."""
        count: int = self.channel.queue_declare(queue, passive=True).method.message_count
        return count


class Wire:
    """The network between the link and its broker, which can be held up and cut."""

    def __init__(self, broker: RabbitMQ) -> None:
        self._broker = broker
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server
        self.address = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def hold(self) -> None:
        """Let nothing through any more."""
        self._flowing.clear()

    def cut(self) -> None:
        """End every connection, with what is held up in it; new ones are good."""
        for writer in self._writers:
            writer.transport.abort()
        self._flowing.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_broker, to_broker = await asyncio.open_connection(self._broker.host, self._broker.port)
        writers = {writer, to_broker}
        self._writers |= writers
        try:
            await asyncio.gather(self._pump(reader, to_broker), self._pump(from_broker, writer))
        except OSError:
            pass
        finally:
            for ended in writers:
                ended.transport.abort()
            self._writers -= writers

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError
