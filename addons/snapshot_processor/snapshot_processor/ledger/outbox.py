"""What has to be told, a row for each broker: pictures by their number, results as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import contextlib
import logging
import sqlite3
from typing import Any, Final, Self

import msgpack

from hub_relay.logs import Throttle
from hub_relay.native import Kind
from hub_relay.spool import Priority, Spooled, SpoolError

LOG: Final = logging.getLogger(__name__)
# How many messages wait for a broker before the oldest go.
LIMIT: Final = 10_000
# Looking for what is too much costs more than adding one message; so many more than the limit may wait meanwhile.
TRIM_EVERY: Final = 100


class Outbox:
    """The table, for the thread whose connection this is. Methods raise ``sqlite3.Error``."""

    def __init__(self, connection: sqlite3.Connection, brokers: Sequence[str], limit: int = LIMIT) -> None:
        """Tell these brokers; about ``limit`` messages wait for each of them."""
        self._connection = connection
        self._brokers = tuple(brokers)
        self._limit = limit
        self._complaints = Throttle()

    def add_picture(self, kind: Kind, picture: int) -> None:
        """Tell of a picture."""
        self._add(kind, picture, None)

    def add(self, kind: Kind, content: Mapping[str, Any]) -> None:
        """Tell something that holds no picture."""
        self._add(kind, None, bytes(msgpack.packb(content)))

    def waits(self, picture: int) -> bool:
        """Say whether a broker is still to be told of a picture."""
        found = self._connection.execute("SELECT 1 FROM outbox WHERE picture = ? LIMIT 1", (picture,)).fetchone()
        return found is not None

    def keep(self, picture: int, content: Mapping[str, Any] | None) -> None:
        """Tell this instead of a picture that is about to be forgotten; ``None`` tells nothing."""
        if content is None:
            self._connection.execute("DELETE FROM outbox WHERE picture = ?", (picture,))
            return
        self._connection.execute(
            "UPDATE outbox SET picture = NULL, body = ? WHERE picture = ?", (bytes(msgpack.packb(content)), picture)
        )

    def forget_others(self) -> int:
        """Forget what waits for brokers that are not told any more, and return how much that was."""
        marks = ", ".join("?" * len(self._brokers))
        return self._connection.execute(
            f"DELETE FROM outbox WHERE broker NOT IN ({marks})",  # noqa: S608 - nothing but question marks
            self._brokers,
        ).rowcount

    def _add(self, kind: Kind, picture: int | None, body: bytes | None) -> None:
        for broker in self._brokers:
            added = self._connection.execute(
                "INSERT INTO outbox (broker, kind, picture, body) VALUES (?, ?, ?, ?)", (broker, kind, picture, body)
            )
            # Numbers go round the brokers, so each of them meets one of these in so many.
            if (added.lastrowid or 0) % TRIM_EVERY < len(self._brokers):
                self._trim(broker)

    def _trim(self, broker: str) -> None:
        gone = self._connection.execute(
            "DELETE FROM outbox WHERE broker = ?1 AND id <="
            " (SELECT id FROM outbox WHERE broker = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (broker, self._limit),
        ).rowcount
        if gone and self._complaints.due(broker):
            LOG.error("%s has been away for too long: the oldest messages are lost, %s now", broker, gone)


class OutboxOfBroker:
    """One broker's rows, as its publisher's ``Waiting``. ``compose`` makes a picture's event, from its number."""

    def __init__(
        self, connection: sqlite3.Connection, broker: str, compose: Callable[[int], Mapping[str, Any] | None]
    ) -> None:
        """Use a connection of the calling thread, for this alone. Raises ``sqlite3.Error``."""
        # What a power cut brings back is told again under its old id, and the hub drops it: no need to wait for a disk.
        connection.execute("PRAGMA synchronous = NORMAL")
        self._connection = connection
        self._broker = broker
        self._compose = compose
        # Up to here the broker has everything, even where the disk would not let go of it.
        self._gone = 0
        # What is tried again and again is made once.
        self._made: Spooled | None = None
        self.lost = 0

    def __bool__(self) -> bool:
        """Whether something waits. Raises ``SpoolError``."""
        return self._row("id") is not None

    def __len__(self) -> int:
        """How many messages wait. Raises ``SpoolError``."""
        found = self._row("COUNT(*)")
        return 0 if found is None else int(found[0])

    def put(self, kind: str, body: bytes, priority: Priority) -> bool:
        """Add a message. Raises ``SpoolError``."""
        del priority
        try:
            self._connection.execute(
                "INSERT INTO outbox (broker, kind, body) VALUES (?, ?, ?)", (self._broker, kind, body)
            )
        except sqlite3.Error as error:
            raise SpoolError(str(error)) from error
        return True

    def first(self) -> Spooled | None:
        """Return the oldest message; a picture that is gone altogether is passed over. Raises ``SpoolError``."""
        while (row := self._row("id, kind, picture, body")) is not None:
            number, kind, picture, body = row
            if self._made is not None and self._made.id == number:
                return self._made
            if picture is not None:
                content = self._composed(picture)
                body = None if content is None else bytes(msgpack.packb(content))
            if body is not None:
                self._made = Spooled(id=number, kind=kind, body=body)
                return self._made
            self._forget(number)
        return None

    def done(self, message: Spooled) -> None:
        """Forget the oldest message. A full disk keeps it, and is asked again later."""
        self._forget(message.id)

    def __enter__(self) -> Self:
        """Use it within a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def _composed(self, picture: int) -> Mapping[str, Any] | None:
        try:
            return self._compose(picture)
        except sqlite3.Error as error:
            raise SpoolError(str(error)) from error
        except Exception:
            # One picture that nobody can describe must not keep the others.
            self.lost += 1
            LOG.exception("Picture %s cannot be told", picture)
            return None

    def _row(self, columns: str) -> tuple[Any, ...] | None:
        try:
            found: tuple[Any, ...] | None = self._connection.execute(
                f"SELECT {columns} FROM outbox WHERE broker = ? AND id > ? ORDER BY id LIMIT 1",  # noqa: S608 - names from above
                (self._broker, self._gone),
            ).fetchone()
        except sqlite3.Error as error:
            raise SpoolError(str(error)) from error
        return found

    def _forget(self, number: int) -> None:
        self._gone = max(self._gone, number)
        self._made = None
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("DELETE FROM outbox WHERE broker = ? AND id <= ?", (self._broker, self._gone))
