"""What was begun in the background, and has to end while the hub still works."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from homeassistant.core import HomeAssistant, callback


class UnderWay:
    """Tasks that run on their own. All methods belong in the event loop."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with none."""
        self._hass = hass
        self._tasks: set[asyncio.Task[None]] = set()

    @callback
    def begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Have something done; not eagerly, so that it never ends before what asked for it."""
        task = self._hass.async_create_background_task(work, name, eager_start=False)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def async_end(self, patience: float) -> None:
        """Let what was begun, and what is begun meanwhile, end within ``patience`` seconds, then end what is left."""
        now = asyncio.get_running_loop().time
        until = now() + patience
        while self._tasks and (left := until - now()) > 0:
            await asyncio.wait(tuple(self._tasks), timeout=left)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
