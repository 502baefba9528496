"""Moves the bytes of a RabbitMQ connection through Home Assistant's loop, with few system calls.

pika's own transport needs several a message, and at each of them another thread
may take the interpreter and keep it for milliseconds, as the recorder does. Here a
command leaves at once, as one packet; the others of the same moment leave together.
"""

import asyncio
from collections.abc import Callable
import socket
import ssl
from typing import Final, cast, override

from pika.adapters.asyncio_connection import _AsyncioIOServicesAdapter
from pika.adapters.utils.nbio_interface import AbstractIOReference, AbstractStreamProtocol, AbstractStreamTransport

# pika moves all that it has not yet read for every frame, so it is given little at once.
READ_SIZE: Final = 16 * 1024
# From here on what was read is taken for many messages, whose answers leave together.
MANY: Final = 4 * 1024

type Done = Callable[[tuple[Stream, AbstractStreamProtocol] | BaseException], None]


class Services(_AsyncioIOServicesAdapter):  # type: ignore[misc] # pika has no types
    """What pika asks of a loop, with streams that are asyncio's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve pika from ``loop``."""
        super().__init__(loop)
        self._loop = loop

    @override
    def create_streaming_connection(
        self,
        protocol_factory: Callable[[], AbstractStreamProtocol],
        sock: socket.socket,
        on_done: Done,
        ssl_context: ssl.SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> AbstractIOReference:
        """Make a stream of a connected socket, which it then owns; tell ``on_done`` of it, or of why there is none."""
        stream = Stream(self._loop, protocol_factory())
        work = stream.async_open(sock, on_done, ssl_context, server_hostname)
        return _Opening(self._loop.create_task(work, name="event_hub RabbitMQ stream"))


class _Opening(AbstractIOReference):  # type: ignore[misc] # pika has no types
    """A stream that is being opened."""

    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task

    @override
    def cancel(self) -> bool:
        return self._task.cancel()


class Stream(AbstractStreamTransport, asyncio.BufferedProtocol):  # type: ignore[misc] # pika has no types
    """asyncio's protocol on one side, pika's transport on the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: AbstractStreamProtocol) -> None:
        """Give what arrives to ``protocol``."""
        self._loop = loop
        self._protocol = protocol
        self._transport: asyncio.Transport | None = None
        self._read = memoryview(bytearray(READ_SIZE))
        self._to_write: list[bytes] = []
        self._gathers = False
        self._failure: BaseException | None = None

    async def async_open(
        self, sock: socket.socket, on_done: Done, context: ssl.SSLContext | None, server_hostname: str | None
    ) -> None:
        """Take over a connected socket. Nothing is read before ``on_done`` was told."""
        try:
            hostname = (server_hostname or "") if context else None
            await self._loop.create_connection(lambda: self, sock=sock, ssl=context, server_hostname=hostname)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for pika to tell
            sock.close()
            on_done(error)
        except asyncio.CancelledError:
            sock.close()
            raise
        else:
            on_done((self, self._protocol))
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let pika begin to speak."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.pause_reading()
        self._protocol.connection_made(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell pika that it is over."""
        self._transport = None
        self._to_write.clear()
        self._protocol.connection_lost(exc or self._failure)

    @override
    def eof_received(self) -> bool:
        """Tell pika that the broker hung up; returns whether to stay connected all the same."""
        return bool(self._protocol.eof_received())

    @override
    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to read to."""
        return self._read

    @override
    def buffer_updated(self, nbytes: int) -> None:
        """Let pika handle what was read."""
        if nbytes >= MANY:
            self._gather()
        try:
            self._protocol.data_received(bytes(self._read[:nbytes]))
        except Exception as error:  # noqa: BLE001 - a broker that cannot be understood is given up
            self._failure = error
            self.abort()

    @override
    def write(self, data: bytes) -> None:
        """Send ``data`` now, or with what else is written in this moment."""
        if self._transport is None:
            return
        if self._gathers:
            self._to_write.append(data)
        else:
            self._transport.write(data)
            self._gather()

    @override
    def abort(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()

    @override
    def get_protocol(self) -> AbstractStreamProtocol:
        """Return pika's end."""
        return self._protocol

    @override
    def get_write_buffer_size(self) -> int:
        """Return how many bytes are still to be sent."""
        waiting = sum(map(len, self._to_write))
        return waiting + (self._transport.get_write_buffer_size() if self._transport is not None else 0)

    def _gather(self) -> None:
        """Keep what is written in the rest of this iteration of the loop, and send it at its end."""
        if not self._gathers:
            self._gathers = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._gathers = False
        if self._to_write and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._to_write))
        self._to_write.clear()
