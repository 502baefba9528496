"""What Google Drive says of a file, as far as the archive wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from .queue import ArchiveItem

# Tells what the app has put there from what people put beside it.
MARK: Final = {"key": "event_hub", "value": "picture", "visibility": "PRIVATE"}
FIELDS: Final = "id,title,md5Checksum,fileSize,createdDate,labels,properties,parents"
"""What is to be asked for, as the API wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A picture or folder on Drive.

    ``created_at`` in Unix seconds, ``size`` in bytes and ``md5`` in hexadecimal digits (both ``None`` for what has no
    content), ``parents`` the ids of the folders it is in. ``ours`` when the archive has put it there as a picture.
    """

    id: str
    title: str
    created_at: float
    size: int | None
    md5: str | None
    parents: tuple[str, ...]
    starred: bool
    trashed: bool
    ours: bool

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Return what an answer tells. Raises what Python does with an answer of another shape."""
        labels = said.get("labels") or {}
        size, md5 = said.get("fileSize"), said.get("md5Checksum")
        return cls(
            id=str(said["id"]),
            title=str(said["title"]),
            created_at=datetime.fromisoformat(str(said["createdDate"])).timestamp(),
            size=None if size is None else int(size),
            md5=None if md5 is None else str(md5).lower(),
            parents=tuple(str(parent["id"]) for parent in said.get("parents") or ()),
            starred=bool(labels.get("starred")),
            trashed=bool(labels.get("trashed")),
            ours=any(one.get("key") == MARK["key"] for one in said.get("properties") or ()),
        )

    def holds(self, item: ArchiveItem) -> bool:
        """Say whether its content is the picture's."""
        return (self.size, self.md5) == (item.size, item.md5.lower())
