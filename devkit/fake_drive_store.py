"""The files of ``fake_drive``: kept in memory, searched as version 2 of Google Drive's API is searched."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
import hashlib
import re
import threading
from typing import Any, Final

FOLDER: Final = "application/vnd.google-apps.folder"
MY_DRIVE: Final = "my-drive"
_NOW: Final = "%Y-%m-%dT%H:%M:%S.000Z"
_MOST: Final = 1000
_TEXT: Final = r"'((?:[^'\\]|\\.)*)'"
# What a search may ask for; that version 2 cannot search by the day a file was made is the real one's fault.
_TERMS: Final[tuple[tuple[re.Pattern[str], Callable[[DriveFile, str], bool]], ...]] = (
    (re.compile(rf"{_TEXT} in parents"), lambda file, said: said in file.parents),
    (re.compile(rf"title = {_TEXT}"), lambda file, said: file.title == said),
    (re.compile(rf"mimeType = {_TEXT}"), lambda file, said: file.mime_type == said),
    (re.compile(rf"mimeType != {_TEXT}"), lambda file, said: file.mime_type != said),
    (re.compile(r"trashed = (true|false)"), lambda file, said: file.trashed is (said == "true")),
    (re.compile(r"starred = (true|false)"), lambda file, said: file.starred is (said == "true")),
)


class QueryError(Exception):
    """The real one would refuse this request; the text is Google's one word for why."""


class Fault(StrEnum):
    """What may go wrong with one request."""

    UNAVAILABLE = "unavailable"
    """503, and nothing is done."""
    CUT = "cut"
    """The connection ends, and nothing is done."""
    LOST_ANSWER = "lost_answer"
    """It is done, and then the connection ends before the answer."""
    HELD_ANSWER = "held_answer"
    """It is done, and the answer comes when ``released`` is set."""
    GARBAGE = "garbage"
    """200 with ``garbage``, as of somebody in between."""
    SLOW = "slow"
    """The answer comes when ``released`` is set."""
    UNAUTHORIZED = "unauthorized"
    RATE_LIMIT = "rate_limit"
    FULL = "full"
    FORBIDDEN = "forbidden"
    WRONG_CHECKSUM = "wrong_checksum"
    """The content is kept with a flipped bit."""
    WRONG_SIZE = "wrong_size"
    """The content is kept without its end."""


@dataclass(slots=True, kw_only=True)
class DriveFile:
    """One file or folder. Tests may change it as people do in a browser."""

    id: str
    title: str
    mime_type: str
    parents: list[str]
    content: bytes
    created: str
    modified: str
    description: str | None = None
    properties: list[dict[str, str]] = field(default_factory=list)
    starred: bool = False
    trashed: bool = False
    fields: str | None = None

    def resource(self, fields: str | None = None) -> dict[str, Any]:
        """Return what the API says of it; ``fields`` names what is wanted, with commas."""
        said: dict[str, Any] = {
            "kind": "drive#file",
            "id": self.id,
            "title": self.title,
            "mimeType": self.mime_type,
            "parents": [{"id": parent} for parent in self.parents],
            "createdDate": self.created,
            "modifiedDate": self.modified,
            "labels": {"starred": self.starred, "trashed": self.trashed},
        }
        if self.properties:
            said["properties"] = self.properties
        if self.mime_type != FOLDER:
            said["fileSize"] = str(len(self.content))
            said["md5Checksum"] = hashlib.md5(self.content, usedforsecurity=False).hexdigest()
        wanted = fields.split(",") if fields else list(said)
        return {name: value for name, value in said.items() if name in wanted}


class DriveStore:
    """All files of a drive, in the order in which they came; those with a title in ``spoiled`` are kept wrong."""

    def __init__(self, shared_drive: str | None = None) -> None:
        """Begin empty; a shared drive has its own id, and holds everything."""
        self.root = shared_drive or MY_DRIVE
        self.spoiled: set[str] = set()
        self._shared = shared_drive
        self._files: dict[str, DriveFile] = {}
        self._lock = threading.Lock()

    def files(self) -> list[DriveFile]:
        """Return everything that is neither a folder nor in the bin."""
        return [file for file in self._files.values() if file.mime_type != FOLDER and not file.trashed]

    def trashed(self) -> list[DriveFile]:
        """Return what is in the bin."""
        return [file for file in self._files.values() if file.trashed]

    def path(self, file: DriveFile) -> str:
        """Return the names of its folders and its own, with slashes between."""
        parent = self._files.get(file.parents[0]) if file.parents else None
        return file.title if parent is None else f"{self.path(parent)}/{file.title}"

    def paths(self) -> list[str]:
        """Return where every file is."""
        return [self.path(file) for file in self.files()]

    def folder(self, path: str) -> DriveFile:
        """Return a folder that is not in the bin. Raises ``KeyError``."""
        for file in self._files.values():
            if file.mime_type == FOLDER and not file.trashed and self.path(file) == path:
                return file
        raise KeyError(path)

    def has_folder(self, path: str) -> bool:
        """Say whether there is such a folder outside of the bin."""
        try:
            self.folder(path)
        except KeyError:
            return False
        return True

    def get(self, number: str) -> DriveFile:
        """Return a file. Raises ``QueryError``."""
        if number not in self._files:
            raise QueryError("notFound")
        return self._files[number]

    def insert(self, body: Mapping[str, Any], content: bytes, fault: Fault | None = None) -> DriveFile:
        """Store a file or folder. Raises ``QueryError``."""
        kept = content
        if fault is Fault.WRONG_CHECKSUM or body["title"] in self.spoiled:
            kept = bytes([content[0] ^ 1]) + content[1:]
        elif fault is Fault.WRONG_SIZE:
            kept = content[:-1]
        parents = [self._known(parent["id"]) for parent in body.get("parents") or [{"id": "root"}]]
        now = datetime.now(UTC).strftime(_NOW)
        with self._lock:
            file = DriveFile(
                id=f"id{len(self._files)}",
                title=str(body["title"]),
                mime_type=str(body["mimeType"]),
                parents=parents,
                content=kept,
                created=str(body.get("createdDate", now)),
                modified=str(body.get("modifiedDate", now)),
                description=body.get("description"),
                properties=list(body.get("properties", ())),
                trashed=any(self._files[parent].trashed for parent in parents if parent != self.root),
                fields=body.get("fields"),
            )
            self._files[file.id] = file
        return file

    def move(self, number: str, to: str | None, away_from: str | None) -> DriveFile:
        """Give a file another folder. Raises ``QueryError``."""
        file = self.get(number)
        if away_from:
            file.parents = [parent for parent in file.parents if parent != self._known(away_from)]
        if to:
            file.parents.append(self._known(to))
        return file

    def trash(self, number: str) -> DriveFile:
        """Put a file, or a folder and what is in it, into the bin. Raises ``QueryError``."""
        file = self.get(number)
        file.trashed = True
        for inner in list(self._files.values()):
            if number in inner.parents:
                self.trash(inner.id)
        return file

    def list(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Answer a search. Raises ``QueryError``."""
        if self._shared and (asked.get("corpora"), asked.get("driveId")) != ("drive", self._shared):
            return {"items": []}
        found = [file for file in list(self._files.values()) if self._fits(file, asked.get("q", ""))]
        if (key := asked.get("orderBy")) is not None:
            if key != "createdDate":
                raise QueryError("invalid")
            found.sort(key=lambda file: file.created)
        first = int(asked.get("pageToken", "0"))
        last = first + min(int(asked.get("maxResults", "100")), _MOST)
        wanted = re.search(r"items\(([^)]*)\)", asked.get("fields", ""))
        answer: dict[str, Any] = {"items": [file.resource(wanted and wanted[1]) for file in found[first:last]]}
        if last < len(found):
            answer["nextPageToken"] = str(last)
        return answer

    def _known(self, number: str) -> str:
        """Return a folder's id. Raises ``QueryError`` when there is none."""
        if number in {"root", self.root}:
            return self.root
        return self.get(number).id

    def _fits(self, file: DriveFile, query: str) -> bool:
        query = query.replace("'root' in parents", f"'{self.root}' in parents")
        fits = True
        while query:
            for pattern, test in _TERMS:
                if (match := pattern.match(query)) is not None:
                    fits = fits and test(file, re.sub(r"\\(.)", r"\1", match[1]))
                    query = query[match.end() :].removeprefix(" and ")
                    break
            else:
                raise QueryError("invalid")
        return fits
