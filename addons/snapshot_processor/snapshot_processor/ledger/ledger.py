"""The ledger as a thread has it: all its tables on one connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
import sqlite3
from typing import Self

from hub_relay.native import Status

from ..archive.queue import ArchiveQueue
from .commands import AcceptedCommands
from .database import connect, transaction
from .outbox import Outbox
from .pictures import KnownPicture, Pictures


class PaidCalls:
    """How often paid detectors were asked, by the day; what ``Budget`` keeps its counts in."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use a connection of the calling thread."""
        self._connection = connection

    def load(self, provider: str) -> Mapping[str, int]:
        """Return the calls of each day (YYYY-MM-DD). Raises ``sqlite3.Error``."""
        rows = self._connection.execute("SELECT day, calls FROM paid_calls WHERE provider = ?", (provider,))
        return dict(rows.fetchall())

    def save(self, provider: str, day: str, calls: int) -> None:
        """Keep the calls of a day. Raises ``sqlite3.Error``."""
        self._connection.execute(
            "INSERT INTO paid_calls (provider, day, calls) VALUES (?, ?, ?)"
            " ON CONFLICT (provider, day) DO UPDATE SET calls = excluded.calls",
            (provider, day, calls),
        )


class Ledger:
    """A thread's own connection, as a context manager."""

    def __init__(self, connection: sqlite3.Connection, brokers: Sequence[str]) -> None:
        """Use a connection of the calling thread, and tell these brokers."""
        self.connection = connection
        self.outbox = Outbox(connection, brokers)
        self.pictures = Pictures(connection, self.outbox)
        self.commands = AcceptedCommands(connection, self.outbox)
        self.paid_calls = PaidCalls(connection)
        self.archive = ArchiveQueue(connection)

    def settle(self, picture: KnownPicture) -> None:
        """Note that a picture is in its place, and answer who asked for it. Raises ``sqlite3.Error``."""
        with transaction(self.connection):
            self.pictures.settled(picture.id)
            self.commands.answer_ticket(picture.ticket, Status.DONE, picture.path)

    def __enter__(self) -> Self:
        """Use it within a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPlace:
    """Where the ledger is, and which brokers are told; for threads to open their own."""

    path: Path
    brokers: tuple[str, ...]

    def open(self) -> Ledger:
        """Open it for the calling thread. Raises ``sqlite3.Error``."""
        return self.on(connect(self.path))

    def on(self, connection: sqlite3.Connection) -> Ledger:
        """Return the ledger on a connection of the calling thread."""
        return Ledger(connection, self.brokers)
