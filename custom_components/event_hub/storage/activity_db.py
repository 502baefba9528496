"""The activity log's SQLite file: bounded by age and size, read newest first.

Everything here blocks, so it runs in an executor, one method at a time. WAL
with ``synchronous=NORMAL``: a killed process loses nothing that was committed,
a power cut at worst the last commits, and neither corrupts.

An entry is found through its mentions: each says that the entry is about one
subject (an input, an output, a source). They lie ordered by subject and time,
so "the newest about X" reads only what it returns.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import batched, chain
import json
from pathlib import Path
import sqlite3
import threading
import time
from typing import Final

from ..const import LOGGER
from .activity_entries import DECISION, ActivityFilter, Entry, Fact, Row, compact, row_of
from .activity_query import SELECT_COMMANDS, select_entries
from .encode import JsonObject, in_turns
from .problems import ProblemKind, path_aside

DAY: Final = 86_400.0
MEGABYTE: Final = 1_000_000
WAL_LIMIT: Final = 4 * MEGABYTE
DELETE_SLICE: Final = 1_000
# Rows a statement: SQLite takes 32,766 values in one.
AT_ONCE: Final = 200
VACUUM_PAGES: Final = 1_000
BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

# Each step leads from one ``user_version`` to the next. Append; never change one.
STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """CREATE TABLE entry (
            id INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            kind TEXT NOT NULL,
            reason TEXT,
            decision_id TEXT,
            subjects TEXT NOT NULL,
            data TEXT NOT NULL
        )""",
        "CREATE INDEX entry_at ON entry (at)",
        "CREATE INDEX entry_kind ON entry (kind, at)",
        "CREATE INDEX entry_reason ON entry (reason, at)",
        "CREATE INDEX entry_decision ON entry (decision_id) WHERE decision_id IS NOT NULL",
        """CREATE TABLE mention (
            subject TEXT NOT NULL,
            at REAL NOT NULL,
            entry INTEGER NOT NULL,
            PRIMARY KEY (subject, at, entry)
        ) WITHOUT ROWID""",
    ),
)
# What must be there after the last step; else somebody else made the file.
SHAPE: Final = ("id, at, kind, reason, decision_id, subjects, data FROM entry", "subject, at, entry FROM mention")


class BrokenDatabaseError(sqlite3.DatabaseError):
    """The file is damaged, newer, or no database of ours: not just unusable for now."""

    def __init__(self, what: ProblemKind, detail: str) -> None:
        """Keep the kind of the problem apart from the text."""
        super().__init__(detail)
        self.what = what


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityLimits:
    """How much is kept: entries not older than so many days, in not more than so many megabytes."""

    days: float = 90.0
    megabytes: float = 200.0


class ActivityDatabase:
    """The connection to the file, opened, or created, when it is first needed.

    Its methods raise ``BrokenDatabaseError``, and ``sqlite3.Error`` or
    ``OSError`` while the disk does not play along; then nothing was written.
    """

    def __init__(self, path: Path, limits: ActivityLimits) -> None:
        """Remember where the file is and how much it may hold."""
        self.path = path
        self._limits = limits
        self._connection: sqlite3.Connection | None = None
        # One who waits for a method may give up while it runs, and another come.
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def write(self, facts: Sequence[Fact]) -> bool:
        """Append facts and delete some of what is beyond the limits, in one transaction.

        Returns whether there may be more to delete; to go on, write nothing.
        """
        rows = list(_rows(facts))
        with self._use() as connection:
            with _transaction(connection):
                _insert(connection, rows)
                # Faster than it grows, however much comes at once.
                deleted = self._delete_old(connection, max(DELETE_SLICE, 2 * len(rows)))
            if deleted:
                _give_back(connection)
        return deleted

    def read(self, wanted: ActivityFilter) -> list[Entry]:
        """Return the newest entries that are wanted, newest first, at most a thousand."""
        sql, values = select_entries(wanted)
        with self._use() as connection:
            entries = [
                Entry(id=number, at=at, kind=kind, data=json.loads(data))
                for number, at, kind, data in connection.execute(sql, values)
            ]
            decision_ids = [entry.data["decision_id"] for entry in entries if entry.kind == DECISION]
            commands: defaultdict[object, list[JsonObject]] = defaultdict(list)
            for decision_id, data in connection.execute(SELECT_COMMANDS, (compact(decision_ids),)):
                commands[decision_id].append(json.loads(data))
        return [
            replace(entry, commands=tuple(commands[entry.data["decision_id"]])) if entry.kind == DECISION else entry
            for entry in entries
        ]

    def move_aside(self) -> str:
        """Close the file and rename it; returns its new path. Raises ``OSError``."""
        with self._lock:
            self._close()
            aside = path_aside(self.path)
            self.path.rename(aside)
            for part in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{self.path}{part}").rename(f"{aside}{part}")
        return str(aside)

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = _connect(self.path)
                yield self._connection
            except Exception as error:
                # Half a transaction, and whatever else a failure left behind, is gone with the connection.
                self._close()
                if getattr(error, "sqlite_errorcode", 0) & 0xFF in BROKEN:
                    raise BrokenDatabaseError(ProblemKind.BROKEN, str(error)) from error
                raise

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _delete_old(self, connection: sqlite3.Connection, count: int) -> bool:
        oldest_kept = time.time() - self._limits.days * DAY
        if _used_bytes(connection) > self._limits.megabytes * MEGABYTE:
            oldest_kept = float("inf")
        old = connection.execute(
            "SELECT id, at, subjects FROM entry WHERE at < ? ORDER BY at, id LIMIT ?", (oldest_kept, count)
        ).fetchall()
        connection.executemany("DELETE FROM entry WHERE id = ?", ((number,) for number, _, _ in old))
        connection.executemany(
            "DELETE FROM mention WHERE subject = ? AND at = ? AND entry = ?",
            ((subject, at, number) for number, at, subjects in old for subject in json.loads(subjects)),
        )
        return bool(old)


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        # Must come before the first table; no effect later.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _upgrade(connection)
        for table in SHAPE:
            connection.execute(f"SELECT {table} LIMIT 0")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
    except BaseException as error:
        connection.close()
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            raise BrokenDatabaseError(ProblemKind.BROKEN, str(error)) from error
        raise
    return connection


def _upgrade(connection: sqlite3.Connection) -> None:
    """Take the file to the current version, each step as one transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        raise BrokenDatabaseError(ProblemKind.NEWER, f"version {version} is newer than {len(STEPS)}")
    for target, statements in enumerate(STEPS[version:], start=version + 1):
        with _transaction(connection):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {target}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all of what is done inside, or nothing of it: who fails closes the connection, which undoes it."""
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")


def _rows(facts: Sequence[Fact]) -> Iterator[Row]:
    for fact in in_turns(facts):
        try:
            yield row_of(fact)
        except (TypeError, ValueError) as error:
            # One fact that cannot be written must not keep all others from it for ever.
            LOGGER.error("The activity log leaves out a %s: %s", type(fact).__name__, error)


def _insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM entry").fetchone()
    numbered = list(enumerate(rows, newest + 1))
    _insert_all(
        connection,
        "entry (id, at, kind, reason, decision_id, subjects, data)",
        [
            (number, row.at, row.kind, row.reason, row.decision_id, compact(row.subjects), row.data)
            for number, row in numbered
        ],
    )
    mentions = [(subject, row.at, number) for number, row in numbered for subject in row.subjects]
    _insert_all(connection, "mention (subject, at, entry)", mentions)


def _insert_all(connection: sqlite3.Connection, into: str, values: Sequence[tuple[object, ...]]) -> None:
    """Insert many rows with each statement: at every one this thread and the event loop wait for each other."""
    for batch in batched(values, AT_ONCE, strict=False):
        places = ",".join("(" + ",".join("?" * len(row)) + ")" for row in batch)
        sql = f"INSERT INTO {into} VALUES {places}"  # noqa: S608 - nothing but our own words and question marks
        connection.execute(sql, tuple(chain.from_iterable(batch)))


def _give_back(connection: sqlite3.Connection) -> None:
    """Return some of the free pages to the disk; what does not work now works the next time."""
    with suppress(sqlite3.OperationalError):
        # Each step of this pragma frees one page, so it must be read to its end.
        connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
