"""Only one system works in a folder: who comes second is told where the first runs, and how to stop it.

The system lets go of the lock however a process ends. What a killed one started may go on, so it bears a mark in its
environment from its first instant on, as do those that it starts: no number that another process may have meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
import fcntl
import json
import os
from pathlib import Path
import select
import shutil
import signal
import time
from typing import Final, TextIO

from .bootstrap.shell import say

# So many seconds have those that are left running to end in order.
END_PATIENCE = 20.0

type Note = Callable[[str], None]

_PROCESSES: Final = Path("/proc")
_MARK: Final = "EVENT_HUB_DEVELOP"


class RunningError(RuntimeError):
    """Something runs in the folder; the text says what, where and how to stop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted:
    """Who has the folder: its process, and where people find it."""

    pid: int
    url: str | None = None


@contextmanager
def sole_user(folder: Path, *, fresh: bool = False) -> Iterator[Note]:
    """Have a folder for oneself for the length of the block, emptied where ``fresh``. Raises ``RunningError``.

    What a start that was killed left running is ended first. Yields what notes the address, for who comes meanwhile.
    """
    folder = folder.absolute()
    with folder.with_name(f"{folder.name}.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunningError(_where_it_runs(_read(file))) from None

        def note(url: str | None) -> None:
            file.truncate(0)
            file.write(json.dumps(asdict(_Noted(pid=os.getpid(), url=url))))
            file.flush()

        note(None)
        _end_what_is_left(folder)
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        try:
            yield note
        finally:
            file.truncate(0)


@contextmanager
def children_of(folder: Path) -> Iterator[None]:
    """Let the next ``sole_user`` of a folder know what is started within the block, should a kill leave it running."""
    os.environ[_MARK] = str(folder.absolute())
    try:
        yield
    finally:
        del os.environ[_MARK]


def _read(file: TextIO) -> _Noted | None:
    file.seek(0)
    with suppress(ValueError, TypeError):
        return _Noted(**json.loads(file.read()))
    return None


def _where_it_runs(noted: _Noted | None) -> str:
    if noted is None:
        return "It runs already. Stop it with Ctrl-C where it was started."
    where = f"It runs already: {noted.url}" if noted.url else "It is being started already"
    return f"{where}. Stop it with Ctrl-C where it was started, or with `kill {noted.pid}`."


@contextmanager
def _left_in(folder: Path) -> Iterator[list[int]]:
    """Yield handles of the processes that bear a folder's mark; a handle is never another process's meanwhile."""
    mark = f"{_MARK}={folder}".encode()
    with ExitStack() as stack:
        handles = []
        for process in _PROCESSES.glob("[0-9]*"):
            # Of those that have ended, and of other people's, nothing can be said.
            with suppress(OSError):
                handle = os.pidfd_open(int(process.name))
                stack.callback(os.close, handle)
                if mark in (process / "environ").read_bytes().split(b"\0") and int(process.name) != os.getpid():
                    handles.append(handle)
        yield handles


def _end_what_is_left(folder: Path) -> None:
    """End what a start that was killed left: who has the folder has started nothing yet. Raises ``RunningError``."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with _left_in(folder) as handles:
            if not handles:
                return
            say(f"A start that was killed left something running ({len(handles)} processes), which is ended first …")
            for handle in handles:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, number)
            deadline = time.monotonic() + END_PATIENCE
            for handle in handles:
                ended = select.poll()
                ended.register(handle, select.POLLIN)
                ended.poll(max(0.0, deadline - time.monotonic()) * 1000)
    with _left_in(folder) as handles:
        if handles:
            raise RunningError("A start that was killed left processes running that do not end. Restart the machine.")
