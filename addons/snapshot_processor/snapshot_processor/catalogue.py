"""What Home Assistant may ask about the kept pictures: the entries, and whoever knows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraEntry:
    """A camera whose pictures are kept: ``images`` of them, the ``newest`` taken at that moment (unix seconds)."""

    key: str
    label: str
    slug: str
    images: int
    newest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEntry:
    """How many ``images`` a camera has of a ``day`` (YYYY-MM-DD, the house's own time)."""

    day: str
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageEntry:
    """A kept picture.

    ``taken_at`` in unix seconds, ``size`` in bytes, ``people`` as counted by a detector, ``summary`` in words for
    people (None: nothing to say), ``marked``: there is a second file in which the things that were found are drawn,
    ``reason``: why no detector has looked (None: one has, or none is wanted).
    """

    id: int
    name: str
    taken_at: float
    size: int
    people: int
    summary: str | None
    marked: bool
    reason: str | None


class Position(NamedTuple):
    """Where a picture stands among those of its day: compared by its moment (unix seconds), then its id."""

    taken_at: float
    id: int


class Catalogue(Protocol):
    """The kept pictures, only to be read.

    Calls block for as long as a short SQLite read takes and come from one thread, the one that opened it. A slug or
    day that is not known has no entries; that is no error. Raises ``sqlite3.Error`` or ``OSError`` when the ledger
    cannot be read.
    """

    def cameras(self) -> list[CameraEntry]:
        """Return the cameras, by their label."""

    def days(self, slug: str) -> list[DayEntry]:
        """Return the days of which a camera has pictures, the newest first."""

    def images(self, slug: str, day: str, *, limit: int, before: Position | None = None) -> list[ImageEntry]:
        """Return at most ``limit`` (1 or more) pictures of a camera's day, the newest first.

        In the order of their ``Position``, downwards; with ``before`` only those below it, whether or not the
        picture at it is still kept. In SQL: ``WHERE (taken_at, id) < (?, ?) ORDER BY taken_at DESC, id DESC LIMIT ?``.
        """

    def path(self, image_id: int, *, marked: bool) -> Path | None:
        """Return the file of a picture, clean or with what was found drawn in; None if there is no such picture."""

    def close(self) -> None:
        """Give back what was opened. In the same thread as everything else; nothing is called afterwards."""
