"""Commands on their way to RabbitMQ: kept until the broker confirms them or they are too old."""

import asyncio
from typing import Any, Final

import pika
from pika.channel import Channel
from pika.exceptions import AMQPError, ChannelWrongStateError, ConnectionWrongStateError
from pika.spec import Basic

from ..wire.messages import Outgoing
from .amqp_frames import publish
from .link import PublishError

BACKLOG: Final = 1_000


class _Publication:
    """One message that waits to be sent or confirmed."""

    __slots__ = ("deadline", "future", "outgoing", "timer")

    def __init__(self, outgoing: Outgoing, future: asyncio.Future[None], deadline: float | None) -> None:
        self.outgoing = outgoing
        self.future = future
        self.deadline = deadline
        self.timer: asyncio.TimerHandle | None = None


class Publisher:
    """Sends in order, and again in order after a reconnect, what was not confirmed.

    A receiver may so get a message twice, which is why commands carry an id;
    none is lost without its future saying so.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, exchange: str) -> None:
        """Keep what is published until ``attach`` gives a channel."""
        self._loop = loop
        self._exchange = exchange
        self._serial = 0
        self._pending: dict[int, _Publication] = {}
        self._unsent: dict[int, None] = {}
        # Delivery tags of this channel, which count from 1, to serials.
        self._in_flight: dict[int, int] = {}
        self._tag = 0
        self._channel: Channel | None = None
        self._paused = False
        self._closed = False

    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Send now or once there is a connection; done when the broker confirmed.

        The future fails with ``PublishError`` when the message is too old, not
        deliverable or one too many.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        if self._closed:
            future.set_exception(PublishError("Event Hub stopped before it was sent"))
            return future
        if len(self._pending) >= BACKLOG:
            future.set_exception(PublishError("Too many commands wait for RabbitMQ"))
            return future
        self._serial += 1
        publication = _Publication(outgoing, future, None)
        if outgoing.expires_in is not None:
            publication.deadline = self._loop.time() + outgoing.expires_in
        self._pending[self._serial] = publication
        self._unsent[self._serial] = None
        if self._channel is not None and not self._paused:
            self._send(self._serial)
        if publication.deadline is not None and not future.done():
            publication.timer = self._loop.call_at(publication.deadline, self._expire, self._serial)
        return future

    def attach(self, channel: Channel) -> None:
        """Send over ``channel``, which is in confirm mode and new, beginning with what is unconfirmed."""
        self._channel = channel
        self._tag = 0
        self._in_flight.clear()
        self._unsent = dict.fromkeys(self._pending)
        self._flush()

    def detach(self) -> None:
        """Keep everything until there is another channel."""
        self._channel = None
        self._paused = False

    def pause(self) -> None:
        """Send nothing while the broker takes nothing."""
        self._paused = True

    def resume(self) -> None:
        """Send what waited while paused."""
        self._paused = False
        self._flush()

    def fail_sent(self, reason: str) -> None:
        """Give up what was sent and not confirmed, because the broker closed the channel over it."""
        for serial in tuple(self._in_flight.values()):
            self._fail(serial, reason)
        self._in_flight.clear()

    async def async_drain(self, patience: float) -> None:
        """Wait up to ``patience`` seconds for what is on its way."""
        if self._channel is not None and self._pending:
            waiting = [publication.future for publication in self._pending.values()]
            await asyncio.wait(waiting, timeout=patience)

    def close(self) -> None:
        """Give up what is left."""
        self._closed = True
        self.detach()
        for serial in tuple(self._pending):
            self._fail(serial, "Event Hub stopped before RabbitMQ confirmed it")

    def on_confirmation(self, frame: Any) -> None:
        """Take the broker's confirmation or refusal of one message or all up to it."""
        method = frame.method
        confirmed = isinstance(method, Basic.Ack)
        for tag in self._tags(method.delivery_tag, multiple=method.multiple):
            serial = self._in_flight.pop(tag, None)
            if serial is None:
                continue
            if confirmed:
                publication = self._take(serial)
                if publication is not None and not publication.future.done():
                    publication.future.set_result(None)
            else:
                self._fail(serial, "RabbitMQ refused it")

    def on_return(
        self, _channel: Channel, _method: Basic.Return, properties: pika.BasicProperties, _body: bytes
    ) -> None:
        """Take back a message that no queue wanted; its confirmation follows."""
        self._fail(int(properties.message_id or 0), "Nobody listens for it on RabbitMQ")

    def _tags(self, last: int, *, multiple: bool) -> list[int]:
        if not multiple:
            return [last]
        return [tag for tag in self._in_flight if tag <= last or not last]

    def _flush(self) -> None:
        if self._channel is None or self._paused:
            return
        for serial in tuple(self._unsent):
            self._send(serial)

    def _send(self, serial: int) -> None:
        """Hand a message to pika; one that a closing channel does not take waits for the next."""
        channel, publication = self._channel, self._pending[serial]
        if channel is None or not channel.is_open:
            return
        outgoing, left = publication.outgoing, None
        if publication.deadline is not None:
            left = max(round((publication.deadline - self._loop.time()) * 1000), 1)
        try:
            publish(channel, self._exchange, outgoing.address, outgoing.body, message_id=serial, expiration=left)
        except ChannelWrongStateError, ConnectionWrongStateError:
            return
        except AMQPError as error:
            self._fail(serial, f"RabbitMQ cannot take it: {error}")
            return
        self._tag += 1
        self._in_flight[self._tag] = serial
        del self._unsent[serial]

    def _expire(self, serial: int) -> None:
        sent = serial not in self._unsent
        reason = "RabbitMQ did not confirm it in time" if sent else "RabbitMQ was away for too long"
        self._fail(serial, reason)

    def _fail(self, serial: int, reason: str) -> None:
        publication = self._take(serial)
        if publication is not None and not publication.future.done():
            publication.future.set_exception(PublishError(reason))

    def _take(self, serial: int) -> _Publication | None:
        self._unsent.pop(serial, None)
        publication = self._pending.pop(serial, None)
        if publication is not None and publication.timer is not None:
            publication.timer.cancel()
        return publication
