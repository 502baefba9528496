"""Messages between their arrival and their handling.

A broker may deliver hundreds of messages in one go; handling them all at once
would hold up everything else in Home Assistant. So what arrives is handled at
once while the time slice lasts, and queued behind it otherwise.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant, callback

SLICE: Final = 0.005
LIMIT: Final = 20_000


class Inbox[T]:
    """A queue with time slices."""

    def __init__(self, hass: HomeAssistant, handle: Callable[[T], None]) -> None:
        """Handle every item with ``handle``, which must not raise."""
        self._loop = hass.loop
        self._handle = handle
        self._queue: deque[T] = deque()
        self._slice_end: float | None = None
        self._closed = False

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._queue)

    @callback
    def put(self, item: T, *, limited: bool = True) -> bool:
        """Handle ``item`` now or in a moment, in the order of arrival.

        Returns ``False`` when it was not taken because too much waits; what has a limit of its
        own, and is not to be lost, is not ``limited``. Once closed, items are dropped silently.
        """
        if self._closed:
            return True
        if limited and len(self._queue) >= LIMIT:
            return False
        if self._slice_end is None:
            self._slice_end = self._loop.time() + SLICE
            self._loop.call_soon(self._drain)
        if self._queue or self._loop.time() >= self._slice_end:
            self._queue.append(item)
        else:
            self._handle(item)
        return True

    @callback
    def close(self) -> None:
        """Take nothing more and forget what waits; its senders were not told it is handled."""
        self._closed = True
        self._queue.clear()

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
