"""The ledger as Home Assistant browses it: only to be read."""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Final, override

from ..catalogue import CameraEntry, Catalogue, DayEntry, ImageEntry, Position
from ..store import Store
from .database import connect

# Later than any picture.
_LAST: Final = (float("inf"), 2**62)


class LedgerCatalogue(Catalogue):
    """The kept pictures. ``labels`` are the cameras' own; others go by their key."""

    def __init__(self, path: Path, store: Store, labels: Mapping[str, str]) -> None:
        """Open the ledger for the calling thread. Raises ``sqlite3.Error``."""
        self._connection = connect(path, readonly=True)
        self._store = store
        self._labels = labels

    @override
    def cameras(self) -> list[CameraEntry]:
        rows = self._connection.execute(
            "SELECT slug, COUNT(*), MAX(taken_at), (SELECT camera FROM pictures AS newest"
            " WHERE newest.slug = pictures.slug ORDER BY day DESC, taken_at DESC, id DESC LIMIT 1)"
            " FROM pictures GROUP BY slug"
        )
        found = [
            CameraEntry(key=camera, label=self._labels.get(camera, camera), slug=slug, images=images, newest=newest)
            for slug, images, newest, camera in rows
        ]
        return sorted(found, key=lambda entry: entry.label.casefold())

    @override
    def days(self, slug: str) -> list[DayEntry]:
        rows = self._connection.execute(
            "SELECT day, COUNT(*) FROM pictures WHERE slug = ? GROUP BY day ORDER BY day DESC", (slug,)
        )
        return [DayEntry(day=day, images=images) for day, images in rows]

    @override
    def images(self, slug: str, day: str, *, limit: int, before: Position | None = None) -> list[ImageEntry]:
        rows = self._connection.execute(
            "SELECT id, path, taken_at, size, people, summary, marked IS NOT NULL, detection FROM pictures"
            " WHERE slug = ? AND day = ? AND (taken_at, id) < (?, ?)"
            " ORDER BY taken_at DESC, id DESC LIMIT ?",
            (slug, day, *(_LAST if before is None else before), limit),
        )
        return [
            ImageEntry(
                id=number,
                name=path.rpartition("/")[2],
                taken_at=taken_at,
                size=size,
                people=people,
                summary=summary,
                marked=bool(marked),
                reason=None if detection is None else json.loads(detection)["reason"],
            )
            for number, path, taken_at, size, people, summary, marked, detection in rows
        ]

    @override
    def path(self, image_id: int, *, marked: bool) -> Path | None:
        column = "marked" if marked else "path"
        row = self._connection.execute(
            f"SELECT {column} FROM pictures WHERE id = ?",  # noqa: S608 - one of the two above
            (image_id,),
        ).fetchone()
        return None if row is None or row[0] is None else self._store.path(row[0])

    @override
    def close(self) -> None:
        self._connection.close()
