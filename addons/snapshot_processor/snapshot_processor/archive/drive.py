"""Google Drive as the archive uses it, on pydrive2: pictures are sent, checked, filed by day, and trashed when old."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from datetime import UTC, date, datetime
import io
import json
import logging
from typing import Any, Final, override

from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from pydrive2.auth import GoogleAuth
from pydrive2.drive import GoogleDrive
from pydrive2.files import GoogleDriveFile

from .config import ArchiveConfig
from .errors import DriveError, Kind, explain
from .queue import ArchiveItem
from .remote import FIELDS, MARK, Remote

LOG: Final = logging.getLogger(__name__)
_FOLDER: Final = "application/vnd.google-apps.folder"
_JPEG: Final = "image/jpeg"
_PNG: Final = "image/png"
# How often one picture is sent when Drive says it has something else.
_SENDS: Final = 3


class Drive:
    """One Google Drive and the archive's folder in it; for the thread that makes it. Methods raise ``DriveError``."""

    def __init__(self, config: ArchiveConfig, credentials: Any) -> None:
        """Use these credentials; Drive is asked when it is used first."""
        self._config = config
        self._auth = _Auth(config, credentials)
        self._drive = GoogleDrive(self._auth)
        self._folders: dict[tuple[str, str], str] = {}

    def upload(self, item: ArchiveItem, content: bytes) -> str:
        """Store a picture unless Drive has it already, and return its id once Drive tells the right size and checksum.

        What arrived wrong is trashed and sent again, a few times.
        """
        if (there := self._find(item)) is not None:
            return there
        for _ in range(_SENDS):
            sent = self._send(item, content)
            if sent.trashed:
                # Somebody has put the archive's folder into the bin, and what is sent there goes with it.
                self._folders.clear()
            elif sent.holds(item):
                return sent.id
            else:
                LOG.warning("%s arrived wrong on Google Drive: trashed", item.name)
                self.trash(sent)
        raise DriveError(Kind.WRONG, f"{item.name} arrives wrong on Google Drive; it is sent again later", own=True)

    def to_file_away(self, before: float) -> Iterator[Remote]:
        """Yield pictures from before then that are in no day's folder yet; starred ones stay where they are."""
        yield from self._pictures(self._root(), before)

    def file_away(self, picture: Remote) -> None:
        """Move a picture into the folder of the (local) day on which it was made."""
        day = _local_day(picture.created_at)
        folder = self._root()
        for name in (f"{day:%Y}", f"{day:%m}", f"{day:%d}"):
            folder = self._folder(name, folder)
        with self._guard():
            file = GoogleDriveFile(auth=self._auth, metadata={"id": picture.id}, uploaded=True)
            file.Upload(param={"addParents": folder, "removeParents": ",".join(picture.parents), "fields": "id"})

    def expired(self, before: float) -> Iterator[Remote]:
        """Yield what days' folders have from before then, starred ones left out, each folder after what was in it.

        A folder comes only when nothing is left in it, so trash each thing before the next is asked for.
        """
        yield from self._expired(self._root(), (), _local_day(before), before)

    def trash(self, thing: Remote) -> None:
        """Put a picture or folder into Drive's bin, where it stays for a month."""
        with self._guard():
            # pydrive2 notes in the labels that it is trashed, and fails where there are none.
            GoogleDriveFile(auth=self._auth, metadata={"id": thing.id, "labels": {}}, uploaded=True).Trash()

    def look_again(self) -> None:
        """Forget which folders there are, because people may have moved or removed them."""
        self._folders.clear()

    def _find(self, item: ArchiveItem) -> str | None:
        """Return what a run before this one has sent and could not note any more."""
        for file in self._list(f"title = '{_quoted(item.name)}' and trashed = false"):
            if file.ours and file.holds(item):
                return file.id
            if file.ours and self._root() in file.parents and not file.starred:
                self.trash(file)
        return None

    def _send(self, item: ArchiveItem, content: bytes) -> Remote:
        made = datetime.fromtimestamp(item.taken_at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        file = self._drive.CreateFile(
            {
                "title": item.name,
                "mimeType": _PNG if item.name.endswith(".png") else _JPEG,
                "createdDate": made,
                "modifiedDate": made,
                "description": item.camera,
                "parents": [{"id": self._root()}],
                "properties": [MARK],
            }
        )
        with self._guard(sending=True):
            file.content = io.BytesIO(content)
            file.Upload(param={"fields": FIELDS})
            return Remote.of(file)

    def _expired(self, folder: str, path: tuple[int, ...], last: date, before: float) -> Iterator[Remote]:
        for inner in self._list(f"'{folder}' in parents and trashed = false and mimeType = '{_FOLDER}'"):
            if not inner.title.isdecimal():
                continue
            inner_path = (*path, int(inner.title))
            if not _may_have_expired(inner_path, last):
                continue
            if len(inner_path) < 3:  # noqa: PLR2004 - year and month lead to a day
                yield from self._expired(inner.id, inner_path, last, before)
            else:
                yield from self._pictures(inner.id, before)
            if not self._list(f"'{inner.id}' in parents and trashed = false"):
                self._folders.clear()
                yield inner

    def _pictures(self, folder: str, before: float) -> Iterator[Remote]:
        """Yield the app's own pictures right in this folder, oldest first."""
        query = f"'{folder}' in parents and trashed = false and starred = false and mimeType != '{_FOLDER}'"
        # Version 2 of the API can sort by when a file was made, but not search for it.
        for file in self._list(query, orderBy="createdDate"):
            if file.created_at < before and file.ours and not file.starred:
                yield file

    def _root(self) -> str:
        return self._folder(self._config.folder, self._config.drive_id or "root")

    def _folder(self, name: str, parent: str) -> str:
        if (known := self._folders.get((parent, name))) is not None:
            return known
        named = f"title = '{_quoted(name)}' and mimeType = '{_FOLDER}'"
        found = self._list(f"{named} and '{parent}' in parents and trashed = false", orderBy="createdDate")
        number = found[0].id if found else self._make_folder(name, parent)
        self._folders[parent, name] = number
        return number

    def _make_folder(self, name: str, parent: str) -> str:
        folder = self._drive.CreateFile({"title": name, "mimeType": _FOLDER, "parents": [{"id": parent}]})
        with self._guard():
            folder.Upload(param={"fields": "id"})
            return str(folder["id"])

    def _list(self, query: str, **more: str) -> list[Remote]:
        where = {"corpora": "drive", "driveId": self._config.drive_id} if self._config.drive_id else {}
        asked = {"q": query, "fields": f"nextPageToken,items({FIELDS})", **where, **more}
        with self._guard():
            return [Remote.of(file) for file in self._drive.ListFile(asked).GetList()]

    @contextlib.contextmanager
    def _guard(self, *, sending: bool = False) -> Iterator[None]:
        """Raise ``DriveError`` for whatever the libraries raise."""
        try:
            yield
        except Exception as error:
            LOG.debug("Google Drive: %s", type(error).__name__)
            problem = explain(error)
            problem.own = sending and (problem.own or problem.kind is Kind.AWAY)
            if problem.kind is Kind.REFUSED:
                # A folder that was known may be gone.
                self._folders.clear()
            raise problem from error


class _Auth(GoogleAuth):  # type: ignore[misc] # the library is written without types
    """The library's own way in, with credentials that are there, and Google's addresses as they are configured."""

    def __init__(self, config: ArchiveConfig, credentials: Any) -> None:
        super().__init__(settings_file=None, http_timeout=config.timeout, settings=dict(GoogleAuth.DEFAULT_SETTINGS))
        self._api_root = config.api_root
        self.credentials = credentials

    @override
    def LocalWebserverAuth(self, *_: object, **__: object) -> None:
        # Called when the token has expired. There is no browser here: a refresh is all there can be.
        self.credentials.refresh(self._build_http())

    @override
    def Authorize(self) -> None:
        # The API's description comes with the library; its root counts for uploads too, which client options leave out.
        document = json.loads(get_static_doc("drive", "v2"))
        document["rootUrl"] = self._api_root
        self.service = build_from_document(document, http=self.Get_Http_Object())


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _local_day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).astimezone().date()


def _may_have_expired(path: tuple[int, ...], last: date) -> bool:
    """Say whether a folder of this year, month or day begins no later than the last day that is to go."""
    return path <= (last.year, last.month, last.day)[: len(path)]
