"""Messages between their arrival and their handling.

A broker may deliver hundreds of messages in one go; handling them all at once
would hold up everything else in Home Assistant. So what arrives is handled at
once while the time slice lasts, and queued behind it otherwise.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant, callback

from .const import LOGGER

SLICE: Final = 0.005
LIMIT: Final = 20_000


class Inbox:
    """A queue with time slices; what is in it are calls to make."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start empty."""
        self._loop = hass.loop
        self._queue: deque[Callable[[], object]] = deque()
        self._slice_end: float | None = None
        self._closed = False

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._queue)

    @callback
    def put(self, item: Callable[[], object], *, limited: bool = True) -> bool:
        """Call ``item`` now or in a moment, in the order of arrival.

        Returns ``False`` when it was not taken because too much waits; what has a limit of its
        own, and is not to be lost, is not ``limited``. Once closed, items are dropped silently.
        """
        if self._closed:
            return True
        if limited and len(self._queue) >= LIMIT:
            return False
        now, begins = self._loop.time(), self._slice_end is None
        if self._slice_end is None:
            self._slice_end = now + SLICE
        if self._queue or now >= self._slice_end:
            self._queue.append(item)
        else:
            self._handle(item)
        if begins:
            # Not before: what the first message is to bring about must not wait for it.
            self._loop.call_soon(self._drain)
        return True

    @callback
    def close(self) -> None:
        """Take nothing more and forget what waits; its senders were not told it is handled."""
        self._closed = True
        self._queue.clear()

    def _handle(self, item: Callable[[], object]) -> None:
        try:
            item()
        except Exception:  # noqa: BLE001 - nothing that arrives may stop the hub
            # What waits behind it must not wait for ever.
            LOGGER.exception("A message could not be acknowledged")

    def _drain(self) -> None:
        end = self._loop.time() + SLICE
        while self._queue and self._loop.time() < end:
            self._handle(self._queue.popleft())
        if self._queue:
            # A slice that is over already: what arrives now queues behind the rest.
            self._slice_end = end
            self._loop.call_soon(self._drain)
        else:
            self._slice_end = None
