"""The ledger's file: its tables, and how each thread opens it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import contextlib
from dataclasses import dataclass, field
import logging
from pathlib import Path
import sqlite3
import time
from typing import Final

from ..archive.queue import SCHEMA as ARCHIVE
from .adopt import adopt

LOG: Final = logging.getLogger(__name__)
VERSION: Final = 1
# How long one thread waits until another has written, in seconds.
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
CREATE INDEX IF NOT EXISTS pictures_to_settle ON pictures (id) WHERE arrived IS NOT NULL;
CREATE INDEX IF NOT EXISTS pictures_to_look_at ON pictures (id) WHERE looked = 0 AND arrived IS NULL;
CREATE INDEX IF NOT EXISTS pictures_of_a_day ON pictures (slug, day, taken_at, id);
CREATE INDEX IF NOT EXISTS pictures_of_a_camera ON pictures (camera, taken_at, id);
CREATE INDEX IF NOT EXISTS pictures_by_age ON pictures (taken_at, id);
CREATE INDEX IF NOT EXISTS pictures_by_content ON pictures (camera, md5, taken_at);
CREATE TABLE IF NOT EXISTS totals (id INTEGER PRIMARY KEY CHECK (id = 1), bytes INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO totals (id, bytes) VALUES (1, 0);
CREATE TRIGGER IF NOT EXISTS picture_added AFTER INSERT ON pictures BEGIN
    UPDATE totals SET bytes = bytes + NEW.size + NEW.marked_size;
END;
CREATE TRIGGER IF NOT EXISTS picture_changed AFTER UPDATE OF size, marked_size ON pictures BEGIN
    UPDATE totals SET bytes = bytes + NEW.size + NEW.marked_size - OLD.size - OLD.marked_size;
END;
CREATE TRIGGER IF NOT EXISTS picture_gone AFTER DELETE ON pictures BEGIN
    UPDATE totals SET bytes = bytes - OLD.size - OLD.marked_size;
END;
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
    ticket TEXT,
    answered_at REAL
) STRICT;
CREATE INDEX IF NOT EXISTS commands_by_ticket ON commands (ticket);
CREATE INDEX IF NOT EXISTS commands_waiting ON commands (expires_at) WHERE answered_at IS NULL;
CREATE INDEX IF NOT EXISTS commands_answered ON commands (answered_at) WHERE answered_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS paid_calls (
    provider TEXT NOT NULL,
    day TEXT NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (provider, day)
) STRICT;
"""


class LedgerError(Exception):
    """The ledger's file cannot be used. Says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Pictures that a new ledger begins with: below which folder, and the cameras' keys by their names in files."""

    images: Path
    cameras: Mapping[str, str] = field(default_factory=dict)


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open the ledger for the calling thread. Raises ``sqlite3.Error``."""
    address = f"{path.absolute().as_uri()}?mode={'ro' if readonly else 'rwc'}"
    connection = sqlite3.connect(address, uri=True, autocommit=True, timeout=_BUSY)
    if not readonly:
        # What was answered for must outlast a power cut.
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def prepare(path: Path, kept: Kept | None = None) -> None:
    """Make the ledger, once before any thread opens it. A file that is none is moved aside. Raises ``LedgerError``.

    A new ledger begins with the pictures that are ``kept``, or nobody would ever delete them.
    """
    try:
        try:
            _make(path, kept)
        except sqlite3.DatabaseError as error:
            # An operational error is the disk's or another process's; all others are the file's.
            if isinstance(error, sqlite3.OperationalError) or not path.exists():
                raise
            LOG.error("The ledger could not be read (%s): it is kept as %s, a new one is begun", error, _aside(path))  # noqa: TRY400 - the sentence says it
            _make(path, kept)
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(f"The ledger {path} cannot be used, make room or check the disk: {error}") from error


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Do all within the block, or nothing; within another one it is a part of that."""
    if connection.in_transaction:
        yield connection
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        # A full disk may refuse this, and leaves the transaction open.
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _make(path: Path, kept: Kept | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > VERSION:
            raise sqlite3.OperationalError(f"it was written by a later version of this app ({found})")
        (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(str(sound))
        # One that is there is not written to, so that the app starts on a full disk.
        if found < VERSION:
            _begin(connection, kept)


def _begin(connection: sqlite3.Connection, kept: Kept | None) -> None:
    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} {ARCHIVE}")
    adopted = adopt(connection, kept.images, kept.cameras) if kept is not None else 0
    connection.executescript(f"PRAGMA user_version = {VERSION}; COMMIT")
    if adopted:
        LOG.info("%s pictures that were there already are in the new ledger", adopted)


def _aside(path: Path) -> str:
    aside = path.with_name(f"{path.name}.broken-{int(time.time())}")
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    path.rename(aside)
    return aside.name
