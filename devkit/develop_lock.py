"""Only one system works in a folder: who comes second is told where the first runs, and how to stop it.

The system lets go of the lock however a process ends. What a killed one started may go on, so it is noted beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
import fcntl
import json
import os
from pathlib import Path
import shutil
from typing import Final, TextIO

type Note = Callable[[str, Mapping[str, int]], None]

_PROCESSES: Final = Path("/proc")


class RunningError(RuntimeError):
    """Something runs in the folder; the text says what, where and how to stop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted:
    """Who has the folder: its process, where people find it, and the processes that it started, by name."""

    pid: int
    url: str | None = None
    processes: Mapping[str, int] = field(default_factory=dict)


@contextmanager
def sole_user(folder: Path, *, fresh: bool = False) -> Iterator[Note]:
    """Have a folder for oneself for the length of the block, emptied where ``fresh``. Raises ``RunningError``.

    Yields what notes, for those who come meanwhile or after a kill, the address and the processes by their names.
    """
    folder = folder.absolute()
    with folder.with_name(f"{folder.name}.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunningError(_where_it_runs(_read(file))) from None
        _refuse_what_is_left(_read(file), folder)

        def note(url: str | None, processes: Mapping[str, int]) -> None:
            file.truncate(0)
            file.write(json.dumps(asdict(_Noted(pid=os.getpid(), url=url, processes=processes))))
            file.flush()

        note(None, {})
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        try:
            yield note
        finally:
            file.truncate(0)


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


def _refuse_what_is_left(noted: _Noted | None, folder: Path) -> None:
    processes = noted.processes if noted else {}
    left = {name: pid for name, pid in processes.items() if _works_in(pid, folder)}
    if left:
        named, numbers = ", ".join(left), " ".join(map(str, left.values()))
        raise RunningError(f"A start that was killed left this running: {named}. Stop it with `kill {numbers}`.")


def _works_in(pid: int, folder: Path) -> bool:
    """Say whether a process was started for a folder; another one may have its number meanwhile."""
    process = _PROCESSES / str(pid)
    try:
        command = os.fsdecode((process / "cmdline").read_bytes())
        return f"{folder}/" in command or (process / "cwd").readlink().is_relative_to(folder.resolve())
    except OSError:
        return False
