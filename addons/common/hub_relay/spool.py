"""What no broker would take yet, on disk: bounded, in order, and there after a power cut.

A spool belongs to the thread that opened it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import contextlib
from dataclasses import dataclass
from enum import IntEnum
import logging
from pathlib import Path
import sqlite3
import time
from typing import Final, Self

LOG: Final = logging.getLogger(__name__)
_IN_MEMORY: Final = ":memory:"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    priority INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS by_priority ON messages (priority, id);
"""


class SpoolError(Exception):
    """The spool's file cannot be used. Says why."""


class BrokenSpoolError(SpoolError):
    """The file is there and no spool, or a damaged one."""


class Priority(IntEnum):
    """Which messages go first when there is no room for all."""

    IMAGE = 0
    EVENT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a spool holds."""

    messages: int = 10_000
    size: int = 64 * 1024 * 1024
    """Bytes of all bodies together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """One message that waits."""

    id: int
    kind: str
    body: bytes


class Spool:
    """Messages in the order they came. ``lost`` counts those that had to go to make room."""

    def __init__(self, path: Path | None, limits: Limits | None = None) -> None:
        """Open or make the file; ``None`` keeps everything in memory. Raises ``SpoolError``."""
        self._limits = limits or Limits()
        self.lost = 0
        self._messages = self._size = 0
        # Up to here brokers have everything, even where the disk would not let go of it.
        self._gone = 0
        try:
            self._database = sqlite3.connect(path or _IN_MEMORY, autocommit=True)
        except sqlite3.Error as error:
            raise SpoolError(str(error)) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._database.close()
            # An operational error is the disk's or another process's; all others are the file's.
            kind = SpoolError if isinstance(error, sqlite3.OperationalError) else BrokenSpoolError
            raise kind(str(error)) from error

    def put(self, kind: str, body: bytes, priority: Priority) -> bool:
        """Add a message, where need be in place of the oldest of the lowest priority, and say whether it is in.

        Raises ``SpoolError`` when the disk takes nothing.
        """
        if len(body) > self._limits.size:
            self.lost += 1
            return False
        lost = self.lost
        try:
            with self._transaction():
                self._make_room(len(body))
                self._execute("INSERT INTO messages (kind, body, priority) VALUES (?, ?, ?)", (kind, body, priority))
        except sqlite3.Error as error:
            self.lost = lost
            self._count()
            raise SpoolError(str(error)) from error
        self._messages += 1
        self._size += len(body)
        return True

    def first(self) -> Spooled | None:
        """Return the oldest message, which stays until it is ``done``. Raises ``SpoolError``."""
        try:
            row = self._execute(
                "SELECT id, kind, body FROM messages WHERE id > ? ORDER BY id LIMIT 1", (self._gone,)
            ).fetchone()
        except sqlite3.Error as error:
            raise SpoolError(str(error)) from error
        return None if row is None else Spooled(id=row[0], kind=row[1], body=row[2])

    def done(self, message: Spooled) -> None:
        """Forget the oldest message, because a broker has it. A full disk keeps it, and is asked again later."""
        if message.id <= self._gone:
            return
        self._gone = message.id
        self._messages -= 1
        self._size -= len(message.body)
        with contextlib.suppress(sqlite3.Error):
            self._execute("DELETE FROM messages WHERE id <= ?", (self._gone,))

    def __len__(self) -> int:
        """How many messages wait."""
        return self._messages

    @property
    def size(self) -> int:
        """Bytes of all bodies together."""
        return self._size

    def close(self) -> None:
        """Close the file; what waits stays in it."""
        with contextlib.suppress(sqlite3.Error):
            self._database.close()

    def __enter__(self) -> Self:
        """Use it within a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _prepare(self) -> None:
        self._execute("PRAGMA journal_mode = WAL")
        self._execute("PRAGMA synchronous = FULL")
        found = self._execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        self._database.executescript(_SCHEMA)
        self._count()

    def _count(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            row = self._execute(
                "SELECT COUNT(*), COALESCE(SUM(LENGTH(body)), 0) FROM messages WHERE id > ?", (self._gone,)
            ).fetchone()
            self._messages, self._size = row

    def _make_room(self, size: int) -> None:
        while self._messages and (self._messages >= self._limits.messages or self._size + size > self._limits.size):
            row = self._execute(
                "SELECT id, LENGTH(body) FROM messages WHERE id > ? ORDER BY priority, id LIMIT 1", (self._gone,)
            ).fetchone()
            self._execute("DELETE FROM messages WHERE id = ?", (row[0],))
            self._messages -= 1
            self._size -= row[1]
            self.lost += 1

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._execute("ROLLBACK")
            raise

    def _execute(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._database.execute(statement, tuple(values))


def open_spool(path: Path | None, limits: Limits | None = None) -> Spool:
    """Open a spool whatever its file is like: a broken one is moved aside, and where none can be, memory serves."""
    try:
        try:
            return Spool(path, limits)
        except BrokenSpoolError as error:
            if path is None:
                raise
            LOG.warning("%s is broken (%s): moved to %s, a new one is begun", path, error, _move_aside(path))
            return Spool(path, limits)
    except SpoolError as error:
        LOG.warning("%s cannot be used (%s): what waits for a broker is lost when the app stops", path, error)
        return Spool(None, limits)


def _move_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.broken-{time.time_ns()}")
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    with contextlib.suppress(OSError):
        path.rename(aside)
    return aside
