"""One connection to RabbitMQ, its rare calls awaitable; messages stay callbacks, which cost less."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, override

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel
from pika.exceptions import AMQPError

from .amqp_errors import explain
from .amqp_frames import whole_delivery
from .amqp_stream import Services

OPEN_PATIENCE: Final = 1.0
CLOSE_PATIENCE: Final = 2.0
# Those of a message: one tells of it, one describes it, one has its body.
FRAMES: Final = 3
# What else is said of a delivery is of no use here.
UNREAD: Final = pika.BasicProperties()


class _Connection(AsyncioConnection):  # type: ignore[misc] # pika has no types
    """A connection on which events and commands go the short way, and that can be dropped."""

    _frame_buffer: bytes

    @override
    def _on_data_available(self, data_in: bytes) -> None:
        """Give deliveries to their consumers and all else to pika."""
        self._frame_buffer += data_in
        while self._frame_buffer:
            delivery = whole_delivery(self._frame_buffer)
            if delivery is None:
                consumed, frame = self._read_frame()
                if frame is None:
                    return
                self._trim_frame_buffer(consumed)
                self._process_frame(frame)
                continue
            number, said, body, end = delivery
            self._frame_buffer = self._frame_buffer[end:]
            self.bytes_received += end
            self.frames_received += FRAMES
            channel = self._channels.get(number)
            consumer = None if channel is None else channel._consumers.get(said.consumer_tag)  # noqa: SLF001 - as pika
            # Who is closed or cancelled meanwhile takes nothing more, and the broker keeps it.
            if consumer is not None:
                consumer(channel, said, UNREAD, body)

    def send(self, frames: bytes) -> None:
        """Send the frames of one message in one piece."""
        self.bytes_sent += len(frames)
        self.frames_sent += FRAMES
        self._transport.write(frames)

    @override
    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        super()._output_marshaled_frames((b"".join(marshaled_frames),))

    @override
    def _on_connection_workflow_done(self, conn_or_exc: Any) -> None:
        # Of a connection that is given up while it logs in, pika hands over the exception's class.
        super()._on_connection_workflow_done(conn_or_exc() if isinstance(conn_or_exc, type) else conn_or_exc)

    def abort(self) -> None:
        """Drop an open connection whose broker does not answer to its close."""
        self._terminate_stream(ConnectionResetError("given up"))


class SessionChannel:
    """A channel. ``closed`` is done, with the reason, once it no longer works."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare for a channel that is about to be opened."""
        self._loop = loop
        self.closed: asyncio.Future[BaseException] = loop.create_future()
        self.raw: Channel

    async def call(self, method: Callable[..., object], *args: object, **kwargs: object) -> Any:
        """Call one of the channel's methods and return the broker's reply. Raises ``LinkError``."""
        reply: asyncio.Future[Any] = self._loop.create_future()
        try:
            method(*args, callback=partial(_resolve, reply), **kwargs)
        except AMQPError as error:
            raise explain(error) from error
        await self.either(reply)
        return reply.result()

    async def either(self, reply: asyncio.Future[Any]) -> None:
        """Wait for ``reply``. Raises ``LinkError`` when the channel closes before it comes."""
        await asyncio.wait((reply, self.closed), return_when=asyncio.FIRST_COMPLETED)
        if not reply.done():
            error = self.closed.result()
            raise explain(error) from error

    def on_closed(self, _: Channel, reason: BaseException) -> None:
        """Take note that the channel closed."""
        _resolve(self.closed, reason)


class Session:
    """One connection, from its first attempt to its end. ``closed`` is done, with the reason, at the end."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_blocked: Callable[[str], None],
        on_unblocked: Callable[[], None],
    ) -> None:
        """Prepare; ``open`` connects. The callbacks tell when the broker stops and resumes taking messages."""
        self._loop = loop
        self._on_blocked = on_blocked
        self._on_unblocked = on_unblocked
        self._connection: _Connection | None = None
        self._opened: asyncio.Future[object] = loop.create_future()
        self.closed: asyncio.Future[BaseException] = loop.create_future()

    async def open(self, parameters: pika.ConnectionParameters) -> None:
        """Connect and log in. Raises ``LinkError``."""
        opened = self._opened
        self._connection = _Connection(
            parameters,
            on_open_callback=partial(_resolve, opened),
            on_open_error_callback=self._ended,
            on_close_callback=self._ended,
            custom_ioloop=Services(self._loop),
        )
        self._connection.add_on_connection_blocked_callback(self._blocked)
        self._connection.add_on_connection_unblocked_callback(self._unblocked)
        await asyncio.wait((opened, self.closed), return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            error = self.closed.result()
            raise explain(error) from error

    async def channel(self) -> SessionChannel:
        """Open a channel. Raises ``LinkError``."""
        channel = SessionChannel(self._loop)
        opened: asyncio.Future[object] = self._loop.create_future()
        if self._connection is None or self.closed.done():
            raise explain(self.closed.result() if self.closed.done() else ConnectionResetError())
        try:
            channel.raw = self._connection.channel(on_open_callback=partial(_resolve, opened))
        except AMQPError as error:
            raise explain(error) from error
        channel.raw.add_on_close_callback(channel.on_closed)
        await channel.either(opened)
        return channel

    async def close(self) -> None:
        """Say goodbye after what was written before; hang up when that takes longer than ``CLOSE_PATIENCE`` seconds."""
        connection = self._connection
        if connection is None or self.closed.done():
            return
        # pika cannot be stopped between two steps of connecting without errors and an open socket, so it is
        # let come to where it waits for the broker.
        await asyncio.wait((self._opened, self.closed), timeout=OPEN_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not connection.is_closing and not connection.is_closed:
            connection.close()
        await asyncio.wait((self.closed,), timeout=CLOSE_PATIENCE)
        if not self.closed.done():
            connection.abort()
            await asyncio.wait((self.closed,), timeout=CLOSE_PATIENCE)

    def _ended(self, _: object, reason: BaseException) -> None:
        _resolve(self.closed, reason)

    def _blocked(self, _: object, frame: Any) -> None:
        if not self.closed.done():
            self._on_blocked(str(frame.method.reason))

    def _unblocked(self, *_: object) -> None:
        if not self.closed.done():
            self._on_unblocked()


def _resolve(future: asyncio.Future[Any], result: object = None) -> None:
    if not future.done():
        future.set_result(result)
