"""What waits for Google Drive: a table of the app's ledger, so a picture and its place in the queue are stored at once.

Connections are the ledger's: one a thread, ``autocommit=True``. Times are Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
import sqlite3
from typing import Final

from .rules import LONGEST_PAUSE

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS archive (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    camera TEXT NOT NULL,
    taken_at REAL NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    due_at REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    why TEXT,
    remote_id TEXT,
    done_at REAL
) STRICT;
CREATE INDEX IF NOT EXISTS archive_waiting ON archive (taken_at, id) WHERE done_at IS NULL;
CREATE INDEX IF NOT EXISTS archive_done ON archive (done_at) WHERE done_at IS NOT NULL;
"""
"""Statements for ``executescript``; they may be run again on a ledger that has the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveItem:
    """One picture for the archive.

    ``path`` is where it is below the folder of images, and what it is known by. ``name`` is its file's on Drive,
    ``taken_at`` in Unix seconds, ``size`` in bytes, ``md5`` in hexadecimal digits. ``id`` and ``attempts`` (how often
    sending this very file has failed) are the queue's own; who adds an item leaves them out.
    """

    path: str
    name: str
    camera: str
    taken_at: float
    size: int
    md5: str
    id: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much waits: pictures, bytes, and when the oldest was taken (``None`` when none waits)."""

    count: int
    size: int
    oldest: float | None


def add(connection: sqlite3.Connection, item: ArchiveItem) -> None:
    """Queue a picture within the caller's transaction; a path that has been queued stays as it is."""
    connection.execute(
        "INSERT INTO archive (path, name, camera, taken_at, size, md5) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (path) DO NOTHING",
        (item.path, item.name, item.camera, float(item.taken_at), item.size, item.md5.lower()),
    )


class ArchiveQueue:
    """The queue as the archive's thread sees it. Each method is one statement, so it is done whole or not at all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use a connection of the calling thread whose ledger has the table."""
        self._connection = connection

    def next(self, now: float) -> ArchiveItem | None:
        """Return the oldest picture that is due, ``None`` when there is none."""
        # Nothing is put off longer than the longest pause: what seems to be was put off before the clock was set back.
        row = self._connection.execute(
            "SELECT path, name, camera, taken_at, size, md5, id, attempts FROM archive"
            " WHERE done_at IS NULL AND (due_at <= ? OR due_at > ?) ORDER BY taken_at, id LIMIT 1",
            (now, now + LONGEST_PAUSE),
        ).fetchone()
        if row is None:
            return None
        path, name, camera, taken_at, size, md5, number, attempts = row
        return ArchiveItem(
            path=path,
            name=name,
            camera=camera,
            taken_at=taken_at,
            size=size,
            md5=md5,
            id=number,
            attempts=attempts,
        )

    def uploaded(self, item: ArchiveItem, remote_id: str, now: float) -> None:
        """Note that Drive has it, whole, under this id."""
        self._connection.execute(
            "UPDATE archive SET remote_id = ?, done_at = ?, why = NULL WHERE id = ?", (remote_id, now, item.id)
        )

    def postpone(self, item: ArchiveItem, why: str, until: float) -> None:
        """Put a picture off whose sending failed; ``why`` is a sentence for people. Counts as an attempt."""
        self._connection.execute(
            "UPDATE archive SET due_at = ?, why = ?, attempts = attempts + 1 WHERE id = ?", (until, why, item.id)
        )

    def drop(self, item: ArchiveItem, why: str, now: float) -> None:
        """Give up a picture that cannot be sent any more; its row says why until it is forgotten."""
        self._connection.execute("UPDATE archive SET done_at = ?, why = ? WHERE id = ?", (now, why, item.id))

    def waiting(self) -> Waiting:
        """Return how much waits."""
        count, size, oldest = self._connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(size), 0), MIN(taken_at) FROM archive WHERE done_at IS NULL"
        ).fetchone()
        return Waiting(count=count, size=size, oldest=oldest)

    def forget(self, before: float) -> int:
        """Remove the rows of what was done with before then, so that the ledger stays small; returns how many."""
        return self._connection.execute("DELETE FROM archive WHERE done_at < ?", (before,)).rowcount
