"""Messages between their arrival and their handling.

A broker may deliver hundreds of messages in one go; handling them all at once
would hold up everything else in Home Assistant. So what arrives is handled at
once while the time slice lasts, and queued behind it otherwise. Of one sender only so many may
wait: a board that has gone mad must not push out what the others have to say.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant, callback

from .const import LOGGER

SLICE: Final = 0.005
LIMIT: Final = 20_000
# So many of one sender may wait: some seconds' worth, and far more than any board has to say at once.
QUOTA: Final = 5_000


class Inbox:
    """A queue with time slices; what is in it are calls to make."""

    def __init__(self, hass: HomeAssistant, sender_of: Callable[[str], str]) -> None:
        """Start empty. ``sender_of`` tells who sent what came from an origin."""
        self._loop = hass.loop
        self._sender_of = sender_of
        self._queue: deque[tuple[str, Callable[[], object]]] = deque()
        self._of_sender: Counter[str] = Counter()
        self._slice_end: float | None = None
        self._closed = False

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._queue)

    @callback
    def put(self, item: Callable[[], object], origin: str | None) -> bool:
        """Call ``item`` now or in a moment, in the order of arrival.

        Returns ``False`` when it was not taken because too much waits, of who sent it or of all; what has a limit
        of its own, and is not to be lost, has no ``origin``. Once closed, items are dropped silently.
        """
        if self._closed:
            return True
        now, begins, taken = self._loop.time(), self._slice_end is None, True
        if self._slice_end is None:
            self._slice_end = now + SLICE
        if self._queue or now >= self._slice_end:
            taken = self._wait(item, origin)
        else:
            self._handle(item)
        if begins:
            # Not before: what the first message is to bring about must not wait for it.
            self._loop.call_soon(self._drain)
        return taken

    @callback
    def close(self) -> None:
        """Take nothing more and forget what waits; its senders were not told it is handled."""
        self._closed = True
        self._queue.clear()
        self._of_sender.clear()

    def _wait(self, item: Callable[[], object], origin: str | None) -> bool:
        """Let an item wait for its turn, unless too much does."""
        sender = "" if origin is None else self._sender_of(origin)
        if origin is not None and (len(self._queue) >= LIMIT or self._of_sender[sender] >= QUOTA):
            return False
        self._queue.append((sender, item))
        self._of_sender[sender] += 1
        return True

    def _handle(self, item: Callable[[], object]) -> None:
        try:
            item()
        except Exception:  # noqa: BLE001 - nothing that arrives may stop the hub
            # What waits behind it must not wait for ever.
            LOGGER.exception("A message could not be acknowledged")

    def _drain(self) -> None:
        end = self._loop.time() + SLICE
        while self._queue and self._loop.time() < end:
            sender, item = self._queue.popleft()
            self._of_sender[sender] -= 1
            if not self._of_sender[sender]:
                # Whoever sends under ever new names must not fill the memory.
                del self._of_sender[sender]
            self._handle(item)
        if self._queue:
            # A slice that is over already: what arrives now queues behind the rest.
            self._slice_end = end
            self._loop.call_soon(self._drain)
        else:
            self._slice_end = None
