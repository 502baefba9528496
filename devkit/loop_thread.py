"""An event loop in a thread of its own."""

import asyncio
from collections.abc import Coroutine
import queue
import threading
from typing import Any, Self


class LoopThread:
    """Within a ``with`` block: runs coroutines for any thread, and what they began goes on while nobody waits.

    A websocket answers pings between two tests, for instance, and so is not closed by the other side.
    """

    def __init__(self, name: str) -> None:
        """Prepare; ``name`` is the thread's."""
        self._began: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name=name)

    def run[T](self, work: Coroutine[Any, Any, T], within: float | None = None) -> T:
        """Return what a coroutine comes to. Raises what it raises, and ``TimeoutError`` after ``within`` seconds."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        self._loop, self._end = self._began.get()
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel what is still under way, and end the thread, with all others that the loop has started."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _live(self) -> None:
        end = asyncio.Event()
        self._began.put((asyncio.get_running_loop(), end))
        await end.wait()
