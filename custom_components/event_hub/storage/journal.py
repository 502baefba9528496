"""The alarm journal: what must be on disk before anybody is told of it, such as the state of each partition.

Home Assistant's ``Store`` writes a whole file some time later. Here an append ends when its change is on disk, within
about a millisecond on a good disk: one line is added and synced. What is appended while the disk is busy is written
together at the next turn, so a slow disk costs time but never a queue of syncs.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from homeassistant.core import callback

from ..const import LOGGER
from . import journal_lines as lines
from .encode import Json
from .journal_file import JournalFile, Opened
from .problems import ProblemKind, ProblemListener, StorageProblem

__all__ = ["JOURNAL", "TELLING_JOURNAL", "Journal", "JournalError"]

JOURNAL: Final = "alarm.journal"
TELLING_JOURNAL: Final = "telling.journal"

_THREAD: Final = "event_hub_journal"


class JournalError(Exception):
    """The journal cannot be read or written, or is not open; the text says why and holds none of its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Append:
    changes: Mapping[str, bytes]
    done: asyncio.Future[None]


class Journal:
    """Keeps the newest JSON value of each key. All methods belong in the event loop; the disk has a thread of its own.

    ``cut_off`` is how many bytes opening cut off the end of the file: of a write that a power cut or a kill broke off,
    and which nobody was told is done.
    """

    def __init__(self, path: Path, on_problem: ProblemListener) -> None:
        """Keep the journal at ``path``, which no other open journal may have; nothing is read yet.

        ``on_problem`` hears what is wrong with the file, when writing begins to fail, and when it works again.
        """
        self._path = path
        self._on_problem = on_problem
        self._file = JournalFile(path)
        # Home Assistant's own threads may all be busy with something slow when the alarm must be told.
        self._thread: ThreadPoolExecutor | None = None
        self._waiting: list[_Append] = []
        self._working: asyncio.Future[None] | None = None
        self._is_open = False
        self._is_failing = False
        # A compaction that failed is not tried again at every append.
        self._compact_from = 0
        self.cut_off = 0

    async def async_open(self) -> dict[str, Json]:
        """Read the journal; returns the newest value of each key that was not deleted.

        A broken file is kept aside and told as a problem; what is whole in it counts. Raises ``JournalError`` while the
        disk does not give the file out: nothing is known then, and trying later is right.
        """
        if self._thread is not None:
            raise JournalError("The alarm journal is already open")
        self._thread = ThreadPoolExecutor(1, _THREAD)
        opening = asyncio.get_running_loop().run_in_executor(self._thread, self._file.open)
        try:
            await asyncio.wait([opening])
        except asyncio.CancelledError:
            # Nobody waits any more, but the thread may be at work, and until it is not, nobody else may open the file.
            self._work(self._file.close, lambda _: self._end_thread())
            raise
        try:
            opened = opening.result()
        except OSError as error:
            self._end_thread()
            raise JournalError(f"The alarm journal cannot be read: {_reason(error)}") from error
        self._is_open = True
        self._tell_opened(opened)
        return dict(opened.values)

    @callback
    def async_append(self, changes: Mapping[str, object]) -> asyncio.Future[None]:
        """Set or (``None``) delete keys, all of them or none; the future is done when that is on disk.

        Takes what ``to_json`` takes, as it is now: later changes of it do not count. Appends are written in the order
        of the calls, awaited or not; cancelling a future does not take its change back. The future fails with
        ``JournalError`` if the disk does not take the change: then it is not in the journal, and the next append tries
        the disk again. With no changes it is done when all before is.

        Raises ``JournalError`` when the journal is not open, ``TypeError`` for what has no JSON form.
        """
        if not self._is_open:
            raise JournalError("The alarm journal is not open")
        loop = asyncio.get_running_loop()
        append = _Append(changes=lines.encode(changes), done=loop.create_future())
        self._waiting.append(append)
        if len(self._waiting) == 1:
            # Not at once: what else this turn of the loop appends goes to disk with it.
            loop.call_soon(self._go_on)
        return append.done

    async def async_close(self) -> None:
        """Write what waits, and close the file. A closed journal takes nothing more, unless it is opened again."""
        self._is_open = False
        await self._async_idle()
        if self._thread is not None:
            self._work(self._file.close, lambda _: self._end_thread())
            await self._async_idle()

    async def _async_idle(self) -> None:
        while self._waiting or self._working is not None:
            self._go_on()
            if self._working is not None:
                # One who no longer waits does not stop the writing.
                await asyncio.wait([self._working])

    @callback
    def _go_on(self) -> None:
        """Give the thread, if it has nothing to do, all that waits, or else the tidying up."""
        if self._working is not None:
            return
        size, needed, idle = self._file.size, self._file.needed, not self._waiting
        if self._is_open and size > self._compact_from and lines.is_compaction_due(size, needed, idle=idle):
            self._work(self._file.compact, self._compacted)
        elif self._waiting:
            group, self._waiting = self._waiting, []
            changes: dict[str, bytes] = {}
            for append in group:
                changes.update(append.changes)
            if changes:
                self._work(lambda: self._file.append(changes), lambda error: self._written(group, error))
            else:
                # All before is on disk, and that is all there is to say.
                _settle(group, None)

    def _work(self, work: Callable[[], None], then: Callable[[BaseException | None], None]) -> None:
        """Do something in the thread, then tell how it ended, then go on."""

        def done(working: asyncio.Future[None]) -> None:
            self._working = None
            try:
                then(working.exception())
            finally:
                self._go_on()

        self._working = asyncio.get_running_loop().run_in_executor(self._thread, work)
        self._working.add_done_callback(done)

    def _written(self, group: list[_Append], error: BaseException | None) -> None:
        _settle(group, error)
        self._tell_writing(error)

    def _compacted(self, error: BaseException | None) -> None:
        self._compact_from = 0
        if error is not None:
            self._compact_from = self._file.size * 2
            LOGGER.warning("%s stays longer than it need be: %s", self._path, _reason(error))

    def _tell_opened(self, opened: Opened) -> None:
        self.cut_off = opened.cut_off
        if opened.cut_off:
            LOGGER.warning("%s: %s bytes of an unfinished last line were cut off", self._path, opened.cut_off)
        if opened.problem is not None:
            LOGGER.error("%s: %s: %s", self._path, opened.problem.what, opened.problem.detail)
            self._on_problem(opened.problem)
        self._tell_writing(opened.unwritable)

    def _tell_writing(self, error: BaseException | None) -> None:
        """Tell when writing begins to fail, and when it works again."""
        failed = error is not None
        if failed != self._is_failing:
            self._is_failing = failed
            detail = "" if error is None else _reason(error)
            problem = StorageProblem(
                what=ProblemKind.CANNOT_SAVE, file=str(self._path), detail=detail, solved=not failed
            )
            self._on_problem(problem)

    def _end_thread(self) -> None:
        """End the thread, which has nothing left to do, so that this takes no time."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown()


def _settle(group: list[_Append], error: BaseException | None) -> None:
    for append in group:
        # Who waited may have given up.
        if append.done.done():
            continue
        if error is None:
            append.done.set_result(None)
        else:
            failure = JournalError(f"The alarm journal cannot be written: {_reason(error)}")
            failure.__cause__ = error
            append.done.set_exception(failure)


def _reason(error: BaseException) -> str:
    """Return why, in the system's words, which do not hold what was being written."""
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
