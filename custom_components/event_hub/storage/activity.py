"""The activity log: every decision, what became of its commands, and what happened to sources.

Adding only queues. A quarter of a second later the queue is written in one
transaction, in the executor; so the event path never waits for the disk.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
import sqlite3
import time
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN, LOGGER
from ..engine.effects import CommandProgressed, Effect
from ..engine.model import Decision
from .activity_db import ActivityDatabase, ActivityLimits, BrokenDatabaseError
from .activity_entries import ActivityFilter, EntriesLost, Entry, Fact, Happening
from .problems import ProblemKind, ProblemListener, StorageProblem

__all__ = ["ActivityFilter", "ActivityLimits", "ActivityLog", "Entry"]

WRITE_DELAY: Final = 0.25
RETRY_DELAY: Final = 30.0
MOST_WAITING: Final = 10_000


class ActivityLog:
    """Writes the log in batches and answers queries. All methods belong in the event loop."""

    def __init__(self, hass: HomeAssistant, path: Path, limits: ActivityLimits, on_problem: ProblemListener) -> None:
        """Keep the log at ``path``. ``on_problem`` hears what goes wrong with it, and that it is solved."""
        self._hass = hass
        self._database = ActivityDatabase(path, limits)
        self._on_problem = on_problem
        self._waiting: deque[Fact] = deque()
        self._lost = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._failing = False
        # A broken file is moved aside once, not by each who met it.
        self._using = asyncio.Lock()
        self._closed = False

    async def async_open(self) -> None:
        """Open the file. Raises nothing: a problem is told, and opening tried again with each write."""
        self._write()
        await self._async_written()

    async def async_close(self) -> None:
        """Write what waits, and close the file."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        await self._async_flush()
        if self._waiting:
            LOGGER.error("%s entries of the activity log could not be written", len(self._waiting))
        await self._hass.async_add_executor_job(self._database.close)

    @callback
    def add_decision(self, decision: Decision) -> None:
        """Log what was decided about an input event."""
        self._add(decision)

    @callback
    def add_command(self, progress: CommandProgressed) -> None:
        """Log what became of a command."""
        self._add(progress)

    @callback
    def add_event(self, effect: Effect, at: float) -> None:
        """Log anything else that the engine tells, at unix seconds ``at``."""
        self._add(Happening(effect, at))

    async def async_query(self, wanted: ActivityFilter) -> list[Entry]:
        """Return the newest entries that are wanted, newest first, including all added before the call.

        Raises ``HomeAssistantError`` when the file cannot be read.
        """
        if self._closed:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_running")
        await self._async_flush()
        try:
            return await self._async_use(lambda: self._database.read(wanted))
        except (sqlite3.Error, OSError) as error:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="activity_unreadable",
                translation_placeholders={"detail": str(error)},
            ) from error

    def _add(self, fact: Fact) -> None:
        self._waiting.append(fact)
        if len(self._waiting) > MOST_WAITING:
            self._drop_oldest()
        if self._timer is None and self._writing is None:
            self._arm()

    def _drop_oldest(self) -> None:
        """Keep memory bounded when the disk is slower than what happens."""
        is_first = self._lost == 0
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._lost += 1
        if is_first:
            self._tell(ProblemKind.ENTRIES_LOST, str(self._lost))

    def _arm(self) -> None:
        if not self._closed:
            self._timer = self._hass.loop.call_later(RETRY_DELAY if self._failing else WRITE_DELAY, self._write)

    async def _async_flush(self) -> None:
        """Wait until what was added before is written, or could not be."""
        await self._async_written()
        if self._waiting:
            self._write()
            await self._async_written()

    async def _async_written(self) -> None:
        if self._writing is not None:
            # One who no longer waits does not stop the writing.
            await asyncio.wait([self._writing])

    def _write(self) -> None:
        """Begin to write what waits, unless that is being done; one batch at a time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writing is None:
            # Not eagerly: the task must not end before it is known here.
            self._writing = self._hass.async_create_task(
                self._async_write(), "Write the activity log", eager_start=False
            )

    async def _async_write(self) -> None:
        facts, lost = list(self._waiting), self._lost
        self._waiting.clear()
        more_to_do = False
        at = facts[0].at if facts else time.time()
        gap = [EntriesLost(count=lost, at=at)] if lost else []
        try:
            more_to_do = await self._async_use(lambda: self._database.write([*gap, *facts]))
        except (sqlite3.Error, OSError) as error:
            self._waiting.extendleft(reversed(facts))
            if len(self._waiting) > MOST_WAITING:
                self._drop_oldest()
            self._written(error)
        else:
            self._written(None)
            self._lost -= lost
            if lost and not self._lost:
                self._tell(ProblemKind.ENTRIES_LOST, str(lost), solved=True)
        finally:
            self._writing = None
            if self._waiting or more_to_do:
                self._arm()

    def _written(self, error: Exception | None) -> None:
        """Tell when writing begins to fail, and when it works again."""
        failed = error is not None
        if failed != self._failing:
            self._failing = failed
            self._tell(ProblemKind.CANNOT_SAVE, str(error or ""), solved=not failed)

    async def _async_use[T](self, work: Callable[[], T]) -> T:
        """Work with the database in the executor; if its file is broken, with a new one."""
        async with self._using:
            try:
                return await self._hass.async_add_executor_job(work)
            except BrokenDatabaseError as error:
                LOGGER.error("The activity log starts anew: %s: %s", self._database.path, error)
                kept_as = await self._hass.async_add_executor_job(self._database.move_aside)
                self._tell(error.what, str(error), kept_as=kept_as)
                return await self._hass.async_add_executor_job(work)

    def _tell(self, what: ProblemKind, detail: str = "", *, kept_as: str | None = None, solved: bool = False) -> None:
        self._on_problem(
            StorageProblem(what=what, file=str(self._database.path), detail=detail, kept_as=kept_as, solved=solved)
        )
