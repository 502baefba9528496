"""Reads the database of the system this one replaces, of which nobody says that it is whole or kind.

It is copied first, with what its program had not written into it yet, and the copy is opened: so the
original is never written to or locked, and it does not matter whether its program runs.
"""

from collections.abc import Iterable
from contextlib import closing
from enum import StrEnum
from pathlib import Path
import sqlite3
import stat
import tempfile
import time
from typing import Final

from homeassistant.core import HomeAssistant

from ..wire.values import TEXT_LIMIT
from .files import may_read, resolved
from .legacy_model import LegacyConfig, RawTable
from .legacy_rows import COLUMNS, NO_TEXT, read_tables

MEGABYTE: Final = 1_000_000
SIZE_LIMIT: Final = 100 * MEGABYTE
# So many bytes are read of all tables together: more than the most devices that there may be have.
BYTES_LIMIT: Final = 32 * MEGABYTE
# A character takes up to so many bytes.
CELL_LIMIT: Final = 4 * TEXT_LIMIT
# What a row and a cell take at least.
_ROW_SIZE: Final = 64
_CELL_SIZE: Final = 8
# Seconds after which a database that keeps computing is given up.
PATIENCE: Final = 20.0
_ROWS: Final = {
    "input_config": 10_000,
    "output_config": 10_000,
    "meter_config": 10_000,
    "general_config": 1_000,
    "input_link": 50_000,
    "output_link": 50_000,
}
_NEEDED: Final = {"input_config": {"id", "device_key"}, "output_config": {"id", "device_key"}}
# What was committed lies beside the file until its program tidies up; so does what has to be undone.
_BESIDE: Final = ("-wal", "-journal")
_SAFETY: Final = {
    sqlite3.SQLITE_DBCONFIG_DEFENSIVE: True,
    sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA: False,
    sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER: False,
    sqlite3.SQLITE_DBCONFIG_ENABLE_VIEW: False,
}
_CHUNK: Final = MEGABYTE
_STEPS: Final = 10_000


class Fault(StrEnum):
    """Why a database cannot be read at all."""

    NOT_ALLOWED = "not_allowed"
    MISSING = "missing"
    NO_FILE = "no_file"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    CHANGING = "changing"
    NO_DATABASE = "no_database"
    BROKEN = "broken"
    TOO_SLOW = "too_slow"
    OTHER_TABLES = "other_tables"


class LegacyDatabaseError(Exception):
    """A database cannot be read at all; ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        """Keep the fault for whoever translates it."""
        super().__init__(fault.value)
        self.fault = fault


class Budget:
    """How many bytes may still be read."""

    def __init__(self) -> None:
        """Allow what a whole database may have."""
        self._left = BYTES_LIMIT

    def spend(self, values: Iterable[object]) -> None:
        """Take a row into account. Raises ``LegacyDatabaseError`` where there is no end of them."""
        self._left -= _ROW_SIZE + sum(
            _CELL_SIZE + (len(value) if isinstance(value, str | bytes) else 0) for value in values
        )
        if self._left < 0:
            raise LegacyDatabaseError(Fault.TOO_LARGE)


async def async_read(hass: HomeAssistant, path: str) -> LegacyConfig:
    """Read a database in the configuration folder or an allowed one. Raises ``LegacyDatabaseError``."""
    return await hass.async_add_executor_job(_read_allowed, hass, path)


def read_database(path: Path) -> LegacyConfig:
    """Read a database; blocks for up to ``PATIENCE`` seconds and more. Raises ``LegacyDatabaseError``."""
    with tempfile.TemporaryDirectory(prefix="event_hub_import_") as folder:
        copy = Path(folder, "copy.db")
        try:
            _copy_all(path, copy)
        except FileNotFoundError as error:
            raise LegacyDatabaseError(Fault.MISSING) from error
        except (OSError, ValueError) as error:
            # A path with a NUL is a ValueError.
            raise LegacyDatabaseError(Fault.UNREADABLE) from error
        return read_tables(_read_copy(copy))


def _read_allowed(hass: HomeAssistant, path: str) -> LegacyConfig:
    try:
        wanted = resolved(hass, path)
        allowed = may_read(hass, wanted)
    except (OSError, ValueError) as error:
        raise LegacyDatabaseError(Fault.MISSING) from error
    if not allowed:
        raise LegacyDatabaseError(Fault.NOT_ALLOWED)
    return read_database(wanted)


def _copy_all(path: Path, copy: Path) -> None:
    before = path.stat()
    if not stat.S_ISREG(before.st_mode):
        raise LegacyDatabaseError(Fault.NO_FILE)
    for suffix in _BESIDE:
        beside = path.with_name(path.name + suffix)
        if beside.is_file():
            _copy(beside, copy.with_name(copy.name + suffix))
    _copy(path, copy)
    after = path.stat()
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise LegacyDatabaseError(Fault.CHANGING)


def _copy(path: Path, copy: Path) -> None:
    copied = 0
    with path.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(_CHUNK):
            copied += len(chunk)
            if copied > SIZE_LIMIT:
                raise LegacyDatabaseError(Fault.TOO_LARGE)
            target.write(chunk)


def _read_copy(copy: Path) -> dict[str, RawTable]:
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            _harden(connection)
            budget = Budget()
            tables = {name: _table(connection, name, budget) for name in _ROWS if _is_table(connection, name)}
    except sqlite3.Error as error:
        raise LegacyDatabaseError(_fault_of(error)) from error
    if any(not needed <= tables.get(name, RawTable()).columns for name, needed in _NEEDED.items()):
        raise LegacyDatabaseError(Fault.OTHER_TABLES)
    return tables


def _fault_of(error: sqlite3.Error) -> Fault:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_INTERRUPT:
            return Fault.TOO_SLOW
        case sqlite3.SQLITE_NOTADB:
            return Fault.NO_DATABASE
    return Fault.BROKEN


def _harden(connection: sqlite3.Connection) -> None:
    """Let what the database brings along (views, generated columns, odd text) neither run for ever nor do harm."""
    ends = time.monotonic() + PATIENCE
    connection.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    for option, wanted in _SAFETY.items():
        connection.setconfig(option, wanted)
    connection.execute("PRAGMA query_only = ON")
    connection.text_factory = _text


def _text(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return NO_TEXT


def _is_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether there is such a table, and neither a view nor something that computes its rows."""
    command = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? AND rootpage > 0"
    return connection.execute(command, (name,)).fetchone() is not None


def _table(connection: sqlite3.Connection, name: str, budget: Budget) -> RawTable:
    """Read the columns of a table that are known; what is far too long for people comes as no text."""
    described = connection.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", (name,))
    there = {column for (column,) in described}
    columns = [column for column in COLUMNS[name] if column in there]
    if not columns:
        return RawTable()
    # Of text with a NUL in it, length() tells the part before that.
    wanted = ", ".join(
        f'CASE WHEN length(CAST("{column}" AS BLOB)) > ? THEN x\'\' ELSE "{column}" END' for column in columns
    )
    limit = _ROWS[name]
    # Names from the fixed lists: nothing in it comes from elsewhere.
    command = f'SELECT {wanted} FROM "{name}" LIMIT ?'  # noqa: S608
    rows: list[dict[str, object]] = []
    for values in connection.execute(command, (*[CELL_LIMIT] * len(columns), limit + 1)):
        budget.spend(values)
        rows.append(dict(zip(columns, values, strict=True)))
    return RawTable(columns=frozenset(columns), rows=tuple(rows[:limit]), cut=len(rows) > limit)
