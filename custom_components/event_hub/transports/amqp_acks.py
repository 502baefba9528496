"""Acknowledgements to RabbitMQ, some milliseconds' worth at a time: one packet instead of many."""

import asyncio
from typing import Final

from pika.channel import Channel
from pika.exceptions import AMQPError

from ..const import LOGGER

# What is handled and not yet acknowledged would come again after a crash, so it is kept short.
ACK_DELAY: Final = 0.01


class Acknowledgements:
    """What one channel delivered, and what of it is handled."""

    def __init__(self, loop: asyncio.AbstractEventLoop, channel: Channel) -> None:
        """Acknowledge on ``channel``, on which nothing was delivered yet."""
        self._loop = loop
        self._channel = channel
        # Delivery tags in the order of delivery, and whether they are handled.
        self._open: dict[int, bool] = {}
        self._timer: asyncio.TimerHandle | None = None

    def delivered(self, tag: int) -> None:
        """Take note of a delivery."""
        self._open[tag] = False

    def handled(self, tag: int) -> None:
        """Acknowledge a delivery soon. After a lost connection this does nothing: the broker brings it again."""
        self._open[tag] = True
        if self._timer is None and self._channel.is_open:
            self._timer = self._loop.call_later(ACK_DELAY, self.flush)

    def flush(self) -> None:
        """Acknowledge now what is handled: with one word as far as nothing unhandled is in between."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        in_a_row = 0
        for tag, handled in self._open.items():
            if not handled:
                break
            in_a_row = tag
        if in_a_row:
            self._acknowledge(in_a_row, multiple=True)
        for tag in [tag for tag, handled in self._open.items() if handled]:
            if tag > in_a_row:
                self._acknowledge(tag, multiple=False)
            del self._open[tag]

    def _acknowledge(self, tag: int, *, multiple: bool) -> None:
        if not self._channel.is_open:
            return
        try:
            self._channel.basic_ack(tag, multiple)
        except AMQPError as error:
            LOGGER.debug("Messages were not acknowledged: %r", error)
