"""A disk that fails or loses power at any call, and a process that writes journals until it is killed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
import errno
import json
import os
from pathlib import Path
import random
import resource
import subprocess
import sys
from typing import Any, Final, Self

from hypothesis import strategies as st
import pytest

from custom_components.event_hub.storage import journal_disk, journal_lines
from custom_components.event_hub.storage.encode import Json
from custom_components.event_hub.storage.journal_file import JournalFile, Opened

numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner | st.none(), max_size=3) | st.dictionaries(st.text(), inner | st.none(), max_size=3),
    max_leaves=6,
)
changes_of_keys = st.dictionaries(st.text(max_size=3), st.none() | values, max_size=4)

# All that changes something on a disk, or waits for it.
CALLS: Final = (
    "make_folder",
    "create",
    "reopen",
    "write",
    "truncate",
    "sync_data",
    "sync",
    "sync_folder",
    "keep",
    "replace",
    "remove",
)


def opened(path: Path) -> Opened:
    """Open a journal's file, close it, and return what was found."""
    file = JournalFile(path)
    found = file.open()
    file.close()
    return found


def append(file: JournalFile, changes: Mapping[str, object]) -> None:
    """Append values that are not encoded yet."""
    file.append(journal_lines.encode(changes))


def write_journal(path: Path, *records: Mapping[str, object]) -> bytes:
    """Leave a journal with these records; returns its content."""
    file = JournalFile(path)
    file.open()
    for changes in records:
        append(file, changes)
    file.close()
    return path.read_bytes()


type Call = Callable[..., Any]


@contextmanager
def wrapped_calls(wrap: Callable[[str, Call], Call]) -> Iterator[None]:
    """Have every call of ``CALLS`` go through what ``wrap`` makes of it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(journal_disk, name, wrap(name, getattr(journal_disk, name)))
        yield


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Have the kernel refuse every byte of a file after the first ``size``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class FaultyDisk:
    """Lets the calls from number ``first`` on fail, ``count`` of them; of a write that fails, half is done.

    ``calls`` are the names of all that were made.
    """

    def __init__(self, first: int, count: int) -> None:
        self._failing = range(first, first + count)
        self.calls: list[str] = []

    def wrap(self, name: str, call: Call) -> Call:
        def faulty(*args: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) - 1 not in self._failing:
                return call(*args)
            if name == "write":
                descriptor, content = args
                call(descriptor, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return faulty


class PowerCutError(BaseException):
    """The power is gone: nothing that runs notices anything any more."""


class Inode:
    """One file: what was written, and what of it is on disk for certain."""

    def __init__(self) -> None:
        self.live = bytearray()
        self.sure = b""

    def after_power_cut(self, choose: random.Random) -> bytes:
        """Return what may be found when the power is back."""
        live = bytes(self.live)
        if not live.startswith(self.sure):
            return choose.choice([live, self.sure])
        unsure = live[len(self.sure) :]
        kept = unsure[: choose.randint(0, len(unsure))]
        hole = choose.randint(0, len(unsure))
        return self.sure + choose.choice([kept, bytes(len(unsure)), bytes(hole) + unsure[hole:]])


class Power:
    """Keeps account of what of a folder is on disk, and cuts the power at call number ``at``."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._calls = 0
        self._inodes: dict[int, Inode] = {}
        # The folder as it was at the last sync, and after each change since.
        self._folders: list[dict[str, Inode]] = [{}]

    def wrap(self, name: str, call: Call) -> Call:
        def watched(*args: Any) -> Any:
            self._calls += 1
            if self._calls > self._at:
                if name == "write" and self._calls == self._at + 1:
                    descriptor, content = args
                    self._inodes[descriptor].live += content[: len(content) // 2]
                raise PowerCutError
            result = call(*args)
            getattr(self, f"_{name}", lambda *_: None)(*args, result)
            return result

        return watched

    def leave(self, folder: Path, choose: random.Random) -> None:
        """Make a folder as it may be found when the power is back."""
        for name, inode in choose.choice(self._folders).items():
            (folder / name).write_bytes(inode.after_power_cut(choose))

    def close(self) -> None:
        """Close what the dead process had open."""
        for descriptor in self._inodes:
            journal_disk.close(descriptor)

    def _change(self, **names: Inode | None) -> None:
        folder = {**self._folders[-1], **names}
        self._folders.append({name: inode for name, inode in folder.items() if inode is not None})

    def _create(self, path: Path, descriptor: int) -> None:
        self._inodes[descriptor] = Inode()
        self._change(**{path.name: self._inodes[descriptor]})

    def _reopen(self, path: Path, descriptor: int) -> None:
        self._inodes[descriptor] = self._folders[-1][path.name]

    def _write(self, descriptor: int, content: bytes, _: None) -> None:
        self._inodes[descriptor].live += content

    def _truncate(self, descriptor: int, size: int, _: None) -> None:
        del self._inodes[descriptor].live[size:]

    def _sync(self, descriptor: int, _: None) -> None:
        inode = self._inodes[descriptor]
        inode.sure = bytes(inode.live)

    _sync_data = _sync

    def _sync_folder(self, _path: Path, _: None) -> None:
        del self._folders[:-1]

    def _replace(self, path: Path, target: Path, _: None) -> None:
        self._change(**{path.name: None, target.name: self._folders[-1][path.name]})

    def _remove(self, path: Path, _: None) -> None:
        self._change(**{path.name: None})


class Writers:
    """A process that has everything loaded and forks a writer for each task, so that killing many takes no time."""

    def __init__(self, root: Path) -> None:
        """Start it in the folder of the repository."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.storage.journal_writer"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it; no writer is left, as each is waited for."""
        self._process.communicate()

    def run(self, task: Mapping[str, Json], until: Callable[[int, int], None]) -> list[int]:
        """Have a task done; returns the numbers that the writer told are on disk.

        ``until`` hears how many there are, and the writer's process id, at every one and at the start.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        print(json.dumps(task), file=stdin, flush=True)
        told: list[int] = []
        writer = 0
        for line in stdout:
            word, _, value = line.partition(" ")
            if word == "end":
                return told
            if word == "pid":
                writer = int(value)
            else:
                told.append(int(value))
            if writer:
                until(len(told), writer)
        raise AssertionError("the process that forks the writers is gone")
