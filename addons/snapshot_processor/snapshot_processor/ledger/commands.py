"""Commands that were accepted, and for a day those that were answered: the same one may come again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import sqlite3
import time
from typing import Final

from hub_relay import native
from hub_relay.native import Kind, Status

from .database import transaction
from .outbox import Outbox

# For how long a command is known after it was answered, in seconds.
REMEMBERED: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A command: which camera, until when (unix seconds), and under which ticket its picture was put, if it was."""

    command_id: str
    camera: str
    expires_at: float
    ticket: str | None = None


class AcceptedCommands:
    """The table, for the thread whose connection this is. Methods raise ``sqlite3.Error``."""

    def __init__(self, connection: sqlite3.Connection, outbox: Outbox, clock: Callable[[], float] = time.time) -> None:
        """Answer by ``outbox``, in the same transactions; ``clock`` tells unix seconds."""
        self._connection = connection
        self._outbox = outbox
        self._clock = clock

    def accept(self, command: Accepted) -> bool:
        """Keep a command and tell that; false for one that came before."""
        with transaction(self._connection):
            if not self._is_new(command):
                return False
            self._tell(command.command_id, command.camera, Status.ACCEPTED, None)
        return True

    def refuse(self, command: Accepted, status: Status, detail: str) -> bool:
        """Answer a command that is not carried out; false for one that came before."""
        with transaction(self._connection):
            if not self._is_new(command):
                return False
            self.answer([command.command_id], status, detail)
        return True

    def waiting(self) -> Sequence[Accepted]:
        """Return all that are not answered, those that expire first in front."""
        return self._waiting(float("inf"))

    def overdue(self, grace: float) -> Sequence[Accepted]:
        """Return those that expired more than ``grace`` seconds ago and are not answered."""
        return self._waiting(self._clock() - grace)

    def fetched(self, command_ids: Sequence[str], ticket: str) -> None:
        """Note under which ticket the picture for these comes."""
        with transaction(self._connection) as connection:
            connection.executemany(
                "UPDATE commands SET ticket = ? WHERE command_id = ?",
                [(ticket, command_id) for command_id in command_ids],
            )

    def answer(self, command_ids: Sequence[str], status: Status, detail: str | None) -> None:
        """Answer those of these that are not answered yet."""
        with transaction(self._connection) as connection:
            for command_id in command_ids:
                row = connection.execute(
                    "UPDATE commands SET answered_at = ? WHERE command_id = ? AND answered_at IS NULL RETURNING camera",
                    (self._clock(), command_id),
                ).fetchone()
                if row is not None:
                    self._tell(command_id, row[0], status, detail)

    def answer_ticket(self, ticket: str, status: Status, detail: str | None) -> None:
        """Answer those whose picture came under this ticket."""
        rows = self._connection.execute(
            "SELECT command_id FROM commands WHERE ticket = ? AND answered_at IS NULL", (ticket,)
        ).fetchall()
        if rows:
            self.answer([row[0] for row in rows], status, detail)

    def _waiting(self, expired_before: float) -> Sequence[Accepted]:
        rows = self._connection.execute(
            "SELECT command_id, camera, expires_at, ticket FROM commands"
            " WHERE answered_at IS NULL AND expires_at < ? ORDER BY expires_at, rowid",
            (expired_before,),
        )
        return [
            Accepted(command_id=command_id, camera=camera, expires_at=expires_at, ticket=ticket)
            for command_id, camera, expires_at, ticket in rows.fetchall()
        ]

    def _is_new(self, command: Accepted) -> bool:
        self._connection.execute("DELETE FROM commands WHERE answered_at < ?", (self._clock() - REMEMBERED,))
        added = self._connection.execute(
            "INSERT INTO commands (command_id, camera, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (command.command_id, command.camera, command.expires_at),
        )
        return added.rowcount == 1

    def _tell(self, command_id: str, camera: str, status: Status, detail: str | None) -> None:
        body = native.result(
            timestamp=self._clock(), command_id=command_id, device_key=camera, status=status, detail=detail
        )
        self._outbox.add(Kind.RESULT, body)
