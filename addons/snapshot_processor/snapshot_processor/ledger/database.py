"""The ledger's file: its tables, and how each thread opens it."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import logging
from pathlib import Path
import sqlite3
import time
from typing import Final

from ..archive.queue import SCHEMA as ARCHIVE

LOG: Final = logging.getLogger(__name__)
VERSION: Final = 1
_BUSY: Final = 5.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS pictures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket TEXT NOT NULL UNIQUE,
    camera TEXT NOT NULL,
    slug TEXT NOT NULL,
    operation TEXT NOT NULL,
    taken_at REAL NOT NULL,
    day TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE,
    arrived TEXT,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    message_id TEXT NOT NULL,
    looked INTEGER NOT NULL DEFAULT 0,
    detection TEXT,
    summary TEXT,
    people INTEGER NOT NULL DEFAULT 0,
    marked TEXT,
    marked_size INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS pictures_to_look_at ON pictures (id) WHERE looked = 0;
CREATE INDEX IF NOT EXISTS pictures_of_a_day ON pictures (slug, day, taken_at, id);
CREATE INDEX IF NOT EXISTS pictures_by_age ON pictures (taken_at, id);
CREATE INDEX IF NOT EXISTS pictures_by_content ON pictures (camera, md5);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    broker TEXT NOT NULL,
    kind TEXT NOT NULL,
    picture INTEGER,
    body BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_of_a_broker ON outbox (broker, id);
CREATE INDEX IF NOT EXISTS outbox_of_a_picture ON outbox (picture) WHERE picture IS NOT NULL;
CREATE TABLE IF NOT EXISTS commands (
    command_id TEXT PRIMARY KEY,
    camera TEXT NOT NULL,
    expires_at REAL NOT NULL,
    ticket TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS commands_by_ticket ON commands (ticket);
CREATE TABLE IF NOT EXISTS paid_calls (
    provider TEXT NOT NULL,
    day TEXT NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (provider, day)
) STRICT;
"""


class LedgerError(Exception):
    """The ledger's file cannot be used. Says why, and what to do."""


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open the ledger for the calling thread. Raises ``sqlite3.Error``."""
    address = f"{path.absolute().as_uri()}?mode={'ro' if readonly else 'rwc'}"
    connection = sqlite3.connect(address, uri=True, autocommit=True, timeout=_BUSY)
    if not readonly:
        # What was answered for must outlast a power cut.
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def prepare(path: Path) -> None:
    """Make the ledger, once before any thread opens it. A file that is none is moved aside. Raises ``LedgerError``."""
    try:
        try:
            _make(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) or not path.exists():
                raise
            aside = path.with_name(f"{path.name}.broken-{int(time.time())}")
            path.rename(aside)
            for ending in ("-wal", "-shm"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            LOG.error("The ledger could not be read (%s): it is kept as %s, and a new one begun", error, aside.name)  # noqa: TRY400 - the sentence says it
            _make(path)
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(f"The ledger {path} cannot be used: {error}") from error


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Do all within the block, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > VERSION:
            raise sqlite3.OperationalError(f"it was written by a later version of this app ({found})")
        (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(str(sound))
        connection.executescript(_SCHEMA + ARCHIVE)
        connection.execute(f"PRAGMA user_version = {VERSION}")
