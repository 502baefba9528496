"""The activity log's SQLite file: bounded by age and size, read newest first.

Everything here blocks, so it runs in an executor, one method at a time. WAL
with ``synchronous=NORMAL``: a killed process loses nothing that was committed,
a power cut at worst the last commits, and neither corrupts.

An entry is found through its mentions: each says that the entry is about one
subject (a device or a source). They lie ordered by subject and time, so "the
newest about X" reads only what it returns.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from heapq import merge
from itertools import islice
import json
from pathlib import Path
import sqlite3
from typing import Final

from .activity_entries import Entry, Row, compact, device_subject, entry_of, source_subject

DAY: Final = 86_400.0
MEGABYTE: Final = 1_000_000
WAL_LIMIT: Final = 4 * MEGABYTE
PRUNE_SLICE: Final = 1_000
VACUUM_PAGES: Final = 1_000
BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

STEPS: Final[Mapping[int, tuple[str, ...]]] = {
    1: (
        """CREATE TABLE entry (
            id INTEGER PRIMARY KEY,
            identity TEXT UNIQUE,
            at REAL NOT NULL,
            kind TEXT NOT NULL,
            subjects TEXT NOT NULL,
            data TEXT NOT NULL
        )""",
        "CREATE INDEX entry_at ON entry (at)",
        "CREATE INDEX entry_kind ON entry (kind, at)",
        """CREATE TABLE mention (
            subject TEXT NOT NULL,
            at REAL NOT NULL,
            entry INTEGER NOT NULL,
            PRIMARY KEY (subject, at, entry)
        ) WITHOUT ROWID""",
    ),
}

# Where an entry is in the log: by time, and by id among those of the same time.
type Position = tuple[float, int]


class NewerDatabaseError(Exception):
    """The file was written by a newer version of the integration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is kept: entries not older than so many days, in not more than so many megabytes."""

    days: float = 90.0
    megabytes: float = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which entries are wanted: about one of ``keys`` or ``sources``, if any are given.

    ``kinds`` are alternatives. ``since`` (included) and ``until`` (not) are
    unix seconds, ``before`` the position of the last entry already had.
    """

    keys: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    before: Position | None = None


def is_broken(error: Exception) -> bool:
    """Whether the file is damaged or no database of ours, not just that it cannot be used now."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, NewerDatabaseError) or (code is not None and code & 0xFF in BROKEN)


class ActivityDatabase:
    """The connection to the file. It is opened, or created, when it is first needed."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Remember where the file is and how much it may hold."""
        self.path = path
        self._limits = limits
        self._connection: sqlite3.Connection | None = None

    def open(self) -> sqlite3.Connection:
        """Open and upgrade the file, unless it is open.

        Raises ``NewerDatabaseError``, ``sqlite3.Error``, ``OSError``.
        """
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            try:
                # Must come before the first table; no effect later.
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                _upgrade(connection)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def close(self) -> None:
        """Close the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def write(self, rows: Sequence[Row], now: float) -> bool:
        """Append rows in one transaction, then delete some of what is beyond the limits.

        Returns whether more is to be deleted; to go on, write nothing. Raises
        what ``open`` raises; then none of the rows was written.
        """
        connection = self.open()
        if rows:
            with _transaction(connection):
                for row in rows:
                    _insert(connection, row)
        return self._prune(connection, now)

    def read(self, query: Query, limit: int) -> list[Entry]:
        """Return the newest ``limit`` entries that are wanted, newest first. Raises what ``open`` raises."""
        connection = self.open()
        # One reader a subject, each in the order of its index; what two of them find is told once.
        found = [
            connection.execute(f"{sql} LIMIT ?", (*values, limit))
            for sql, values in _selects(query)
        ]
        rows = merge(*found, key=lambda row: (row[1], row[0]), reverse=True)
        return [entry_of(row) for row in islice(_distinct(rows), limit)]

    def set_aside(self, suffix: str) -> str:
        """Close the file and rename it; returns its new path. Raises ``OSError``."""
        with suppress(sqlite3.Error):
            self.close()
        aside = f"{self.path}{suffix}"
        self.path.rename(aside)
        for part in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{part}").rename(f"{aside}{part}")
        return aside

    def remove(self) -> None:
        """Close the file and delete it. Raises ``OSError``."""
        with suppress(sqlite3.Error):
            self.close()
        for part in ("", "-wal", "-shm"):
            Path(f"{self.path}{part}").unlink(missing_ok=True)

    def _prune(self, connection: sqlite3.Connection, now: float) -> bool:
        oldest_kept = now - self._limits.days * DAY
        if _used_bytes(connection) > self._limits.megabytes * MEGABYTE:
            oldest_kept = float("inf")
        old = connection.execute(
            "SELECT id, at, subjects FROM entry WHERE at < ? ORDER BY at, id LIMIT ?",
            (oldest_kept, PRUNE_SLICE),
        ).fetchall()
        if not old:
            return False
        with _transaction(connection):
            connection.executemany("DELETE FROM entry WHERE id = ?", ((row[0],) for row in old))
            connection.executemany(
                "DELETE FROM mention WHERE subject = ? AND at = ? AND entry = ?",
                ((name, at, entry) for entry, at, names in old for name in json.loads(names)),
            )
        # Each step of this pragma frees one page, so it must be read to its end.
        connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
        return True


def _upgrade(connection: sqlite3.Connection) -> None:
    """Take the file to the current version, each step as one transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        msg = f"version {version} is newer than {len(STEPS)}"
        raise NewerDatabaseError(msg)
    for target in range(version + 1, len(STEPS) + 1):
        with _transaction(connection):
            for statement in STEPS[target]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {target}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all of what is done inside, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have ended the transaction already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _insert(connection: sqlite3.Connection, row: Row) -> None:
    inserted = connection.execute(
        "INSERT OR IGNORE INTO entry (identity, at, kind, subjects, data) VALUES (?, ?, ?, ?, ?)",
        (row.identity, row.at, row.kind, compact(row.subjects), row.data),
    )
    if inserted.rowcount:
        entry = inserted.lastrowid
        connection.executemany(
            "INSERT INTO mention (subject, at, entry) VALUES (?, ?, ?)",
            ((subject, row.at, entry) for subject in row.subjects),
        )


def _selects(query: Query) -> Iterator[tuple[str, list[float | str]]]:
    """Build one statement a subject, or else one a kind, or else one for all."""
    subjects = [*map(device_subject, query.keys), *map(source_subject, query.sources)]
    kinds = list(query.kinds)
    if subjects:
        # CROSS JOIN keeps SQLite from turning the walk around.
        tables = "mention w CROSS JOIN entry e ON e.id = w.entry"
        marks = ", ".join("?" * len(kinds))
        also = f"AND e.kind IN ({marks})" if kinds else ""
        for subject in dict.fromkeys(subjects):
            yield _select(tables, "w.entry", f"w.subject = ? {also}", [subject, *kinds], query)
    elif kinds:
        for kind in dict.fromkeys(kinds):
            yield _select("entry w", "w.id", "w.kind = ?", [kind], query)
    else:
        yield _select("entry w", "w.id", "TRUE", [], query)


def _select(
    tables: str, number: str, condition: str, values: Sequence[float | str], query: Query
) -> tuple[str, list[float | str]]:
    """Build a statement that walks ``w`` from the newest of what is wanted to the oldest."""
    conditions = [condition]
    given = list(values)
    if query.since is not None:
        conditions.append("w.at >= ?")
        given.append(query.since)
    if query.until is not None:
        conditions.append("w.at < ?")
        given.append(query.until)
    if query.before is not None:
        conditions.append(f"(w.at, {number}) < (?, ?)")
        given.extend(query.before)
    row = "e" if tables.startswith("mention") else "w"
    columns = ", ".join(f"{row}.{name}" for name in ("id", "at", "kind", "subjects", "data"))
    where = " AND ".join(conditions)
    return (
        f"SELECT {columns} FROM {tables} WHERE {where} ORDER BY w.at DESC, {number} DESC",
        given,
    )


def _distinct[R: tuple[object, ...]](rows: Iterator[R]) -> Iterator[R]:
    """Drop the repeats, which a merge of sorted rows brings one after the other."""
    last: object = None
    for row in rows:
        if row[0] != last:
            last = row[0]
            yield row


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
