"""What the ledger knows of pictures: taken in, looked at, and gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import json
import sqlite3
from typing import Any, Final
import uuid

from hub_relay.native import Kind

from ..archive import queue as archive
from ..model import Detection
from ..store import day_of
from .database import transaction
from .outbox import Outbox

_COLUMNS: Final = (
    "id, ticket, camera, slug, operation, taken_at, path, arrived, size, md5, message_id,"
    " detection, summary, marked, marked_size"
)
_NAMES: Final = tuple(name.strip() for name in _COLUMNS.split(","))
# How far retention looks for what does not wait for the archive.
_SEARCHED: Final = 5_000
_PICTURES: Final = f"SELECT {_COLUMNS} FROM pictures"  # noqa: S608 - the columns above


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPicture:
    """A whole picture that is about to be taken in.

    ``ticket`` is its identity, ``arrived`` where it still lies, ``path`` where it is going to (both below the folder
    of images), ``taken_at`` in unix seconds, ``size`` in bytes, ``md5`` in hexadecimal digits.
    """

    ticket: str
    camera: str
    slug: str
    operation: str
    taken_at: float
    path: str
    arrived: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPicture:
    """A picture of the ledger; ``detection`` is ``None`` until somebody has looked at it."""

    id: int
    ticket: str
    camera: str
    slug: str
    operation: str
    taken_at: float
    path: str
    arrived: str | None
    size: int
    md5: str
    message_id: str
    detection: Detection | None
    summary: str | None
    marked: str | None
    marked_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What looking at a picture came to; ``marked`` is the file in which it is drawn, if there is anything."""

    detection: Detection
    summary: str | None
    marked: str | None = None
    marked_size: int = 0
    marked_md5: str = ""


class Pictures:
    """The table, for the thread whose connection this is. Methods raise ``sqlite3.Error``."""

    def __init__(self, connection: sqlite3.Connection, outbox: Outbox) -> None:
        """Tell what is new by ``outbox``, in the same transactions."""
        self._connection = connection
        self._outbox = outbox

    def take_in(self, new: NewPicture) -> KnownPicture:
        """Note a picture, once: the one that has this ticket already is returned as it is."""
        self._connection.execute(
            "INSERT INTO pictures"
            " (ticket, camera, slug, operation, taken_at, day, path, arrived, size, md5, message_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ticket) DO NOTHING",
            (
                *(new.ticket, new.camera, new.slug, new.operation, new.taken_at, day_of(new.taken_at)),
                *(new.path, new.arrived, new.size, new.md5, str(uuid.uuid4())),
            ),
        )
        known = self.by_ticket(new.ticket)
        if known is None:
            raise sqlite3.IntegrityError(f"{new.path} was noted and is not there")
        return known

    def by_ticket(self, ticket: str) -> KnownPicture | None:
        """Return the picture that came under this ticket."""
        return _first(self._connection.execute(f"{_PICTURES} WHERE ticket = ?", (ticket,)))

    def by_id(self, number: int) -> KnownPicture | None:
        """Return one picture."""
        return _first(self._connection.execute(f"{_PICTURES} WHERE id = ?", (number,)))

    def knows_any(self, paths: Sequence[str]) -> bool:
        """Say whether one of these paths is a picture's."""
        marks = ", ".join("?" * len(paths))
        row = self._connection.execute(
            f"SELECT 1 FROM pictures WHERE path IN ({marks}) LIMIT 1",  # noqa: S608 - nothing but question marks
            tuple(paths),
        ).fetchone()
        return row is not None

    def came_before(self, picture: KnownPicture, within: float) -> bool:
        """Say whether the same bytes came from the same camera before, and not more than ``within`` seconds apart."""
        row = self._connection.execute(
            "SELECT 1 FROM pictures WHERE camera = ? AND md5 = ? AND taken_at BETWEEN ? AND ? AND id < ? LIMIT 1",
            (picture.camera, picture.md5, picture.taken_at - within, picture.taken_at + within, picture.id),
        ).fetchone()
        return row is not None

    def to_settle(self) -> Sequence[KnownPicture]:
        """Return those of which it is not noted that they are in their place."""
        return _all(self._connection.execute(f"{_PICTURES} WHERE arrived IS NOT NULL ORDER BY id"))

    def settled(self, number: int) -> None:
        """Note that a picture is in its place, so that it may be looked at."""
        self._connection.execute("UPDATE pictures SET arrived = NULL WHERE id = ?", (number,))

    def to_look_at(self) -> int:
        """Return how many nobody has looked at."""
        (count,) = self._connection.execute("SELECT COUNT(*) FROM pictures WHERE looked = 0").fetchone()
        return int(count)

    def next_to_look_at(self) -> KnownPicture | None:
        """Return the oldest in its place that nobody has looked at."""
        return _first(self._connection.execute(f"{_PICTURES} WHERE looked = 0 AND arrived IS NULL ORDER BY id LIMIT 1"))

    def looked_at(self, picture: KnownPicture, seen: Seen, *, to_archive: bool) -> None:
        """Note what was found, tell every broker, and queue it for the archive: all or nothing."""
        with transaction(self._connection) as connection:
            done = connection.execute(
                "UPDATE pictures SET looked = 1, detection = ?, summary = ?, people = ?, marked = ?, marked_size = ?"
                " WHERE id = ? AND looked = 0",
                (
                    json.dumps(seen.detection.wire()),
                    seen.summary,
                    seen.detection.people,
                    seen.marked,
                    seen.marked_size,
                    picture.id,
                ),
            )
            if done.rowcount == 0:
                return
            self._outbox.add_picture(Kind.EVENT, picture.id)
            if to_archive:
                for item in _items(picture, seen):
                    archive.add(connection, item)

    def older_than(self, camera: str, moment: float, limit: int) -> Sequence[KnownPicture]:
        """Return the oldest pictures of a camera that were taken before ``moment``, looked at and told to everybody."""
        rows = self._connection.execute(
            f"{_PICTURES} WHERE camera = ? AND taken_at < ? AND looked = 1"  # noqa: S608 - the columns above
            " AND NOT EXISTS (SELECT 1 FROM outbox WHERE picture = pictures.id) ORDER BY taken_at, id LIMIT ?",
            (camera, moment, limit),
        )
        return _all(rows)

    def oldest(self, limit: int) -> Sequence[KnownPicture]:
        """Return the oldest pictures that were looked at; such as wait for the archive only when there are no others.

        Only the oldest few thousand are searched for others.
        """
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM"  # noqa: S608 - the columns above
            " (SELECT * FROM pictures WHERE looked = 1 ORDER BY taken_at, id LIMIT ?) AS old WHERE NOT EXISTS"
            " (SELECT 1 FROM archive WHERE archive.path IN (old.path, old.marked) AND done_at IS NULL)"
            " ORDER BY taken_at, id LIMIT ?",
            (_SEARCHED, limit),
        )
        found = _all(rows)
        if found:
            return found
        return _all(self._connection.execute(f"{_PICTURES} WHERE looked = 1 ORDER BY taken_at, id LIMIT ?", (limit,)))

    def forget(
        self, pictures: Sequence[KnownPicture], compose: Callable[[int], Mapping[str, Any] | None] | None = None
    ) -> None:
        """Remove what is gone from disk; who is still to be told of one is told what ``compose`` makes of it now."""
        with transaction(self._connection) as connection:
            for picture in pictures:
                if compose is not None and self._outbox.waits(picture.id):
                    self._outbox.keep(picture.id, compose(picture.id))
            connection.executemany("DELETE FROM pictures WHERE id = ?", [(picture.id,) for picture in pictures])

    def size(self) -> int:
        """Return the bytes of all pictures that are kept."""
        (size,) = self._connection.execute("SELECT bytes FROM totals").fetchone()
        return int(size)

    def cameras(self) -> Sequence[str]:
        """Return the keys of all cameras of which there are pictures."""
        found: list[str] = []
        # From one to the next by the index, however many pictures each has.
        while (row := self._next_camera(found[-1] if found else "")) is not None:
            found.append(row)
        return found

    def _next_camera(self, after: str) -> str | None:
        (camera,) = self._connection.execute("SELECT MIN(camera) FROM pictures WHERE camera > ?", (after,)).fetchone()
        return None if camera is None else str(camera)


def _items(picture: KnownPicture, seen: Seen) -> Sequence[archive.ArchiveItem]:
    files = [(picture.path, picture.size, picture.md5)]
    if seen.marked is not None:
        files.append((seen.marked, seen.marked_size, seen.marked_md5))
    return [
        archive.ArchiveItem(
            path=path,
            name=path.rpartition("/")[2],
            camera=picture.camera,
            taken_at=picture.taken_at,
            size=size,
            md5=md5,
        )
        for path, size, md5 in files
    ]


def _all(rows: sqlite3.Cursor) -> list[KnownPicture]:
    return [_picture(row) for row in rows.fetchall()]


def _first(rows: sqlite3.Cursor) -> KnownPicture | None:
    row = rows.fetchone()
    return None if row is None else _picture(row)


def _picture(row: tuple[Any, ...]) -> KnownPicture:
    values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    said = values.pop("detection")
    return KnownPicture(detection=None if said is None else Detection.of_wire(json.loads(said)), **values)
