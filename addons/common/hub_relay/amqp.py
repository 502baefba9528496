"""Links to RabbitMQ: one thread and one connection that publishes, one that listens.

Exchanges are declared passively first: with other flags than the broker's copy
a device is thrown off. Where they are missing they are made as existing devices make them.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from dataclasses import dataclass
import socket
import threading
from typing import Final, override

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker, NackError, UnroutableError
from pika.spec import Basic

from .amqp_errors import NOT_FOUND, explain
from .links import CONNECT_TIMEOUT, Backoff, Job, Link, LinkError, Login, Publication, Refused, Reports, Tls
from .sink import CommandCounts, CommandDoor, CommandSink
from .stages import Outlet, Stage

PORT: Final = 5672
TLS_PORT: Final = 5671
_PORTS: Final = 65_536
_STILL_AFTER: Final = 60.0
_PUMP_EVERY: Final = 0.5
_LISTEN_FOR: Final = 0.25
_CLOSE_WITHIN: Final = 1.0
_FULL_PAUSE: Final = 0.1
_PERSISTENT: Final = 2
# A named queue that nobody has listened to for a day is removed; milliseconds.
_QUEUE_LIFE: Final = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AmqpConfig:
    """Where RabbitMQ is. ``hosts`` are ``name`` or ``name:port``, tried in turn; ``heartbeat`` in seconds.

    Raises ``ValueError`` for a host that is neither.
    """

    hosts: tuple[str, ...]
    login: Login
    exchange: str = "home_automation"
    virtual_host: str = "/"
    tls: Tls | None = None
    heartbeat: int = 10

    def __post_init__(self) -> None:
        """Check the hosts before a thread meets them."""
        if not self.hosts:
            raise ValueError("RabbitMQ needs a host")
        for host in self.hosts:
            self.endpoint(host)

    def endpoint(self, host: str) -> tuple[str, int]:
        """Return name and port of one of the hosts."""
        name, separator, port = host.strip().rpartition(":")
        if not separator:
            name, port = port, str(TLS_PORT if self.tls else PORT)
        if not name or not port.isdecimal() or not 0 < int(port) < _PORTS:
            raise ValueError(f"{host!r} must be a host name, or a host name and a port: broker:5672")
        return name, int(port)

    @property
    def control_exchange(self) -> str:
        """Where commands come from."""
        return f"{self.exchange}_control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What a listener hears: ``key`` on the control exchange, in a queue of its own or one that has a name."""

    key: str
    sink: CommandSink
    queue: str = ""
    prefetch: int = 10


class AmqpPublisher(Link):
    """Publishes to the event exchange, each message confirmed; up once the exchange is there."""

    def __init__(self, config: AmqpConfig, *, backoff: Backoff | None = None) -> None:
        """Prepare; ``start`` connects."""
        super().__init__("amqp", backoff=backoff)
        self._config = config
        self._connection: BlockingConnection | None = None

    @override
    def reset(self) -> None:
        super().reset()
        # The thread may be waiting for a confirmation that does not come.
        if (connection := self._connection) is not None:
            _cut(connection)

    @override
    def _serve(self) -> None:
        with _connected(self._config, self) as (connection, where):
            _declare(connection, self._config.exchange, "topic")
            channel = connection.channel()
            channel.confirm_delivery()
            self._connection = connection
            self._set_up(where)
            try:
                while not self.stopping:
                    self._idle(_PUMP_EVERY)
                    for job in self._take():
                        self._publish(channel, job)
                    # Answers the broker's heartbeats, and finds out when it has gone.
                    connection.process_data_events(time_limit=0)
                    if not channel.is_open:
                        raise LinkError("RabbitMQ closed the channel")
            finally:
                self._connection = None

    def _publish(self, channel: BlockingChannel, job: Job) -> None:
        publication = job.publication
        try:
            # A broker that was restarted knows no queue until the hub is back: what lasts waits for that.
            channel.basic_publish(
                self._config.exchange,
                publication.address,
                publication.body,
                _properties(publication),
                mandatory=publication.lasting,
            )
        except NackError:
            job.fail(Refused("RabbitMQ refuses the message"))
        except UnroutableError:
            job.fail(LinkError("Nobody listens on RabbitMQ"))
        except (AMQPError, OSError):
            self._give_back(job)
            raise
        else:
            job.confirm()
        self.beat()


class AmqpListener(Stage):
    """Hears commands; each is acknowledged after the next stage has it."""

    def __init__(self, config: AmqpConfig, commands: Commands, *, backoff: Backoff | None = None) -> None:
        """Prepare; ``start`` connects."""
        super().__init__("amqp_listener", still_after=_STILL_AFTER)
        self._config = config
        self._commands = commands
        self._backoff = backoff or Backoff()
        self._reports = Reports(self.name)
        self.listening = False
        self.counts = CommandCounts()

    @override
    def run(self) -> None:
        with Outlet(self._commands.sink.relay) as outlet:
            door = CommandDoor(self.name, self._commands.sink, outlet, self.counts)
            while not self.stopping:
                self.beat()
                try:
                    self._listen(door)
                except LinkError as error:
                    self._reports.down(str(error))
                    self.wait(self._backoff.pause())
                finally:
                    self.listening = False

    def _listen(self, door: CommandDoor) -> None:
        with _connected(self._config, self) as (connection, where):
            _declare(connection, self._config.control_exchange, "direct")
            channel = connection.channel()
            self._consume(channel, door)
            self._backoff.succeeded()
            self._reports.up(where)
            self.listening = True
            while not self.stopping:
                connection.process_data_events(time_limit=_LISTEN_FOR)
                self.beat()
                if not channel.is_open or not channel.consumer_tags:
                    raise LinkError("RabbitMQ took the queue for commands away")

    def _consume(self, channel: BlockingChannel, door: CommandDoor) -> None:
        commands = self._commands

        def take(
            _channel: BlockingChannel, method: Basic.Deliver, _properties: pika.BasicProperties, body: bytes
        ) -> None:
            if door.offer(body, commands.key):
                channel.basic_ack(method.delivery_tag)
            else:
                # It comes back at once, so a pause first, or the two would play ball.
                self.wait(_FULL_PAUSE)
                channel.basic_nack(method.delivery_tag, requeue=True)

        own = not commands.queue
        arguments = None if own else {"x-expires": _QUEUE_LIFE}
        declared = channel.queue_declare(commands.queue, durable=not own, exclusive=own, arguments=arguments)
        queue = declared.method.queue
        channel.queue_bind(queue, self._config.control_exchange, commands.key)
        channel.basic_qos(prefetch_count=commands.prefetch)
        channel.basic_consume(queue, take, exclusive=own)


@contextlib.contextmanager
def _connected(config: AmqpConfig, stage: Stage) -> Iterator[tuple[BlockingConnection, str]]:
    """Hold a connection to the first host that takes it. Raises ``LinkError``, also for what breaks in the block."""
    connection, where = _connect(config, stage)
    try:
        yield connection, where
    except (AMQPError, OSError) as error:
        raise explain(error) from error
    finally:
        _close(connection)


def _connect(config: AmqpConfig, stage: Stage) -> tuple[BlockingConnection, str]:
    problems = []
    for host in config.hosts:
        if stage.stopping:
            break
        stage.beat()
        try:
            with stage.leavable():
                return BlockingConnection(_parameters(config, host)), host
        except (AMQPError, OSError) as error:
            problems.append(f"{host}: {explain(error)}")
    raise LinkError("; ".join(problems) or "Stopped")


def _close(connection: BlockingConnection) -> None:
    """Close in order where the broker answers within a second; pika itself would wait for ever."""
    timer = threading.Timer(_CLOSE_WITHIN, _cut, (connection,))
    timer.start()
    with contextlib.suppress(AMQPError, OSError):
        connection.close()
    timer.cancel()
    timer.join()


def _cut(connection: BlockingConnection) -> None:
    """End the connection's socket from any thread, whatever its own thread waits for."""
    transport = connection._impl._transport  # noqa: SLF001 - pika offers no way out of a wait for a dead broker
    end = None if transport is None else transport._sock  # noqa: SLF001 - as above
    if end is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(end, socket.SHUT_RDWR)


def _parameters(config: AmqpConfig, host: str) -> pika.ConnectionParameters:
    name, port = config.endpoint(host)
    options = pika.SSLOptions(config.tls.context(), name) if config.tls else None
    return pika.ConnectionParameters(
        name,
        port,
        config.virtual_host,
        pika.PlainCredentials(config.login.username, config.login.password),
        heartbeat=config.heartbeat,
        ssl_options=options,
        socket_timeout=CONNECT_TIMEOUT,
        stack_timeout=2 * CONNECT_TIMEOUT,
        blocked_connection_timeout=2 * CONNECT_TIMEOUT,
        connection_attempts=1,
    )


def _declare(connection: BlockingConnection, exchange: str, kind: str) -> None:
    channel = connection.channel()
    try:
        channel.exchange_declare(exchange, kind, passive=True)
    except ChannelClosedByBroker as error:
        if error.reply_code != NOT_FOUND:
            raise
        channel = connection.channel()
        channel.exchange_declare(exchange, kind, durable=False)
    channel.close()


def _properties(publication: Publication) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type="application/msgpack", delivery_mode=_PERSISTENT if publication.lasting else None
    )
