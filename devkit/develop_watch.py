"""Notices when a process of ``scripts/develop`` ends though nobody stopped it."""

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
import signal
from typing import Any, Final, Protocol

from homeassistant.const import RESTART_EXIT_CODE

from .bootstrap.shell import say
from .home_assistant import HomeAssistantProcess

_POLL: Final = 0.2
# An end shows in what was at work with the process before it shows in the process.
_AFTERMATH: Final = 2.0


class Watched(Protocol):
    """A process that is to run. ``log`` is where it writes."""

    @property
    def log(self) -> Path:
        """Where it writes what it does."""

    @property
    def pid(self) -> int | None:
        """Its number, while it is wanted."""

    @property
    def exit_code(self) -> int | None:
        """What it ended with though it is wanted; negative: by which signal. ``None`` while it runs."""


class EndedError(RuntimeError):
    """A process ended; the text says which, how, and where its log is."""


async def while_all_run[T](work: Coroutine[Any, Any, T], processes: Mapping[str, Watched]) -> T:
    """Do something, as long as all processes run. Raises ``EndedError``.

    Home Assistant is started again where somebody asked it to restart.
    """
    tasks = task, watch = asyncio.create_task(work), asyncio.create_task(_watch(processes))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if task.done() and task.exception() is not None:
            await asyncio.wait([watch], timeout=_AFTERMATH)
        if watch.done():
            watch.result()
        return task.result()
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(processes: Mapping[str, Watched]) -> None:
    """Return never. Raises ``EndedError``, or ``HomeAssistantError`` if Home Assistant does not come back."""
    while True:
        for name, process in processes.items():
            code = process.exit_code
            if code == RESTART_EXIT_CODE and isinstance(process, HomeAssistantProcess):
                say("Home Assistant restarts, as it was asked to …")
                await process.restart()
            elif code is not None:
                raise EndedError(f"{name} {_how(code)}, so everything is stopped. Its log: {process.log}")
        await asyncio.sleep(_POLL)


def _how(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name} (code {code})"
    return f"ended by itself (code {code})"
