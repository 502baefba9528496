"""Pictures on the disk that no ledger knows: a new one begins with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
import sqlite3
from typing import Final
import uuid

from ..model import Detection, Origin, Status
from ..store import marked_paths

_FILE: Final = re.compile(
    rf"(?P<operation>{'|'.join(Origin)})_(?P<slug>[^_]+)_(?P<second>\d{{1,10}})(?:_\d+)?\.(?:jpg|png)"
)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
# Nobody was asked what is in them, and they are no news.
_SAID: Final = json.dumps(Detection(status=Status.OFF).wire())


def adopt(connection: sqlite3.Connection, images: Path, cameras: Mapping[str, str]) -> int:
    """Note every picture below the folder ``images``, within the caller's transaction, and return how many.

    They are known as looked at, and told to nobody. ``cameras`` are keys by the names in files; of others that name is
    the key. Raises ``OSError``, ``sqlite3.Error``.
    """
    return connection.executemany(
        "INSERT INTO pictures (ticket, camera, slug, operation, taken_at, day, path, size, md5, message_id, looked,"
        " detection, marked, marked_size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, 1, ?, ?, ?) ON CONFLICT DO NOTHING",
        _rows(images, cameras),
    ).rowcount


def _rows(images: Path, cameras: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    for path in sorted(images.glob("*/*/*")):
        day, slug = path.parent.name, path.parent.parent.name
        found = _FILE.fullmatch(path.name)
        if found is None or found["slug"] != slug or not _DAY.fullmatch(day) or not path.is_file():
            continue
        relative = path.relative_to(images).as_posix()
        marked = next((name for name in marked_paths(relative) if (images / name).is_file()), None)
        marked_size = 0 if marked is None else (images / marked).stat().st_size
        yield (
            *(
                uuid.uuid4().hex,
                cameras.get(slug, slug),
                slug,
                found["operation"],
                float(found["second"]),
                day,
                relative,
            ),
            *(path.stat().st_size, str(uuid.uuid4()), _SAID, marked, marked_size),
        )
