"""Does things a moment later and only the newest of a kind: what a burst asks for costs little."""

import asyncio
from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant

DELAY: Final = 0.25
SLICE: Final = 0.005


class Deferred:
    """Things to do, by key. A thing put under the key of one that waits takes its place."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with nothing to do."""
        self._loop = hass.loop
        self._waiting: dict[str, Callable[[], None]] = {}
        self._handle: asyncio.Handle | None = None
        self._closed = False

    def put(self, key: str, do: Callable[[], None]) -> None:
        """Call ``do`` in ``DELAY`` seconds or a little later, unless another takes its place."""
        if self._closed:
            return
        self._waiting[key] = do
        if self._handle is None:
            self._handle = self._loop.call_later(DELAY, self._work)

    def close(self) -> None:
        """Do nothing any more."""
        self._closed = True
        self._waiting.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _work(self) -> None:
        """Work for one time slice, on what is put meanwhile too; the rest in the next loop iteration."""
        until = self._loop.time() + SLICE
        try:
            while self._waiting and self._loop.time() < until:
                self._waiting.pop(next(iter(self._waiting)))()
        finally:
            # Until here it is the handle of this call, so that ``put`` sets no timer that the rest would wait for.
            self._handle = self._loop.call_soon(self._work) if self._waiting else None
