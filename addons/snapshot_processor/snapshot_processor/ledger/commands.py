"""Commands that were accepted and are not answered yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import sqlite3
import time

from hub_relay import native
from hub_relay.native import Kind, Status

from .database import transaction
from .outbox import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One of them: which camera, until when (unix seconds), and under which ticket its picture was put, if it was."""

    command_id: str
    camera: str
    expires_at: float
    ticket: str | None = None


class AcceptedCommands:
    """The table, for the thread whose connection this is. Methods raise ``sqlite3.Error``."""

    def __init__(self, connection: sqlite3.Connection, outbox: Outbox, clock: Callable[[], float] = time.time) -> None:
        """Answer by ``outbox``, in the same transactions."""
        self._connection = connection
        self._outbox = outbox
        self._clock = clock

    def accept(self, command: Accepted) -> bool:
        """Keep a command and tell that; false for one that is kept already."""
        with transaction(self._connection) as connection:
            added = connection.execute(
                "INSERT INTO commands (command_id, camera, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (command.command_id, command.camera, command.expires_at),
            )
            if added.rowcount == 0:
                return False
            self._tell(command.command_id, command.camera, Status.ACCEPTED, None)
        return True

    def refuse(self, command_id: str, camera: str, status: Status, detail: str) -> None:
        """Answer a command that is not carried out."""
        with transaction(self._connection):
            self._tell(command_id, camera, status, detail)

    def waiting(self) -> Sequence[Accepted]:
        """Return all that are not answered."""
        rows = self._connection.execute("SELECT command_id, camera, expires_at, ticket FROM commands ORDER BY rowid")
        return [
            Accepted(command_id=command_id, camera=camera, expires_at=expires_at, ticket=ticket)
            for command_id, camera, expires_at, ticket in rows
        ]

    def fetched(self, command_ids: Sequence[str], ticket: str) -> None:
        """Note under which ticket the picture for these comes."""
        with transaction(self._connection) as connection:
            connection.executemany(
                "UPDATE commands SET ticket = ? WHERE command_id = ?",
                [(ticket, command_id) for command_id in command_ids],
            )

    def answer(self, command_ids: Sequence[str], status: Status, detail: str | None) -> None:
        """Answer these, and forget them."""
        with transaction(self._connection) as connection:
            for command_id in command_ids:
                row = connection.execute(
                    "DELETE FROM commands WHERE command_id = ? RETURNING camera", (command_id,)
                ).fetchone()
                if row is not None:
                    self._tell(command_id, row[0], status, detail)

    def answer_ticket(self, ticket: str, status: Status, detail: str | None) -> None:
        """Answer those whose picture came under this ticket."""
        rows = self._connection.execute("SELECT command_id FROM commands WHERE ticket = ?", (ticket,)).fetchall()
        if rows:
            self.answer([row[0] for row in rows], status, detail)

    def _tell(self, command_id: str, camera: str, status: Status, detail: str | None) -> None:
        body = native.result(
            timestamp=self._clock(), command_id=command_id, device_key=camera, status=status, detail=detail
        )
        self._outbox.add(Kind.RESULT, body)
