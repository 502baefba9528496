"""Folders that others write pictures to: what is in them goes to the inbox like any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import errno
import hashlib
import logging
import os
from pathlib import Path
import stat
import time
from typing import Final

from hub_relay.logs import Throttle

from .camera_options import Camera
from .receive import inbox
from .receive.jail import PathError
from .store import Store

LOG: Final = logging.getLogger(__name__)
# A file is taken once it has not changed for so long, in seconds.
QUIET: Final = 2.0
# A file that appears and was written so many seconds ago at most is news: it counts from when it appeared.
RECENT: Final = 600.0
# What is larger is no picture of a camera, in bytes.
LARGEST: Final = 64 * 1024 * 1024
# How many are taken before the inbox is looked at again.
MOST: Final = 50
# How JPEG and PNG begin.
_BEGINNINGS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A file as it was first seen. ``fresh``: it appeared while the app ran. Times are unix seconds."""

    ticket: str
    size: int
    written: float
    seen: float
    fresh: bool

    def quiet(self, now: float) -> bool:
        """Say whether nobody writes to it any more; a clock that was set back does not make that longer."""
        still = not 0 <= now - self.seen <= QUIET
        return still or (not self.fresh and now - self.written > QUIET)

    @property
    def taken_at(self) -> float:
        """When its picture was taken: a clock that is ahead is wrong, and a little delay is the way's."""
        recent = self.fresh and self.seen - self.written <= RECENT
        return self.seen if recent or self.written > self.seen else self.written


class WatchedFolders:
    """The cameras' watched folders, for the thread that takes pictures in. ``problem`` says what is wrong with one."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        account: str,
        store: Store,
        known: Callable[[str], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Put what is there in the inbox under ``account``; ``known`` says whether a ticket was taken in already."""
        self._cameras = [one for one in cameras if one.watched is not None]
        self._account = account
        self._store = store
        self._known = known
        self._clock = clock
        self._complaints = Throttle()
        self._entries: dict[Path, _Entry] = {}
        # Folders that have been looked into.
        self._listed: set[Path] = set()
        # Tickets of files that are no pictures, and of those that were put in, as long as they are there.
        self._strange: set[str] = set()
        self._put_in: set[str] = set()
        self._left = MOST
        self.problem: str | None = None

    def empty(self) -> None:
        """Move what has lain still to the inbox, ``MOST`` at a time. Raises what ``known`` does."""
        self.problem = None
        self._left = MOST
        entries: dict[Path, _Entry] = {}
        for camera in self._cameras:
            if camera.watched is None:
                continue
            try:
                self._empty(camera, camera.watched, entries)
                self._listed.add(camera.watched)
            except (FileNotFoundError, NotADirectoryError):
                self._complain(f"There is no folder {camera.watched}: make it, or correct watch_folder of {camera.key}")
            except OSError as error:
                what = "make room" if error.errno == errno.ENOSPC else "give this app the right to"
                self._complain(f"Pictures in {camera.watched} cannot be taken, {what}: {error.strerror}")
        self._entries = entries
        there = {entry.ticket for entry in entries.values()}
        self._strange &= there
        self._put_in &= there

    def _empty(self, camera: Camera, folder: Path, entries: dict[Path, _Entry]) -> None:
        for path in sorted(folder.iterdir()):
            entry = self._entry(path, folder)
            if entry is None:
                continue
            entries[path] = entry
            if self._left <= 0 or entry.ticket in self._strange or not entry.quiet(self._clock()):
                continue
            try:
                self._take(camera, path, entry)
            except (OSError, PathError) as error:
                if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                    raise
                # The others need not wait for it.
                why = error.strerror if isinstance(error, OSError) else str(error)
                self._complain(f"Pictures in {folder} cannot be taken, give this app the right to: {why}", path)

    def _entry(self, path: Path, folder: Path) -> _Entry | None:
        """Return what may be a picture's; ``None`` for folders, links, hidden files, what is gone or too large."""
        if path.name.startswith("."):
            return None
        try:
            found = path.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            return None
        # The same file has the same ticket, so that it comes once whatever happens in between. Names may be any bytes.
        sign = os.fsencode(path) + b"\0%d" % found.st_mtime_ns
        ticket = hashlib.md5(sign, usedforsecurity=False).hexdigest()
        before = self._entries.get(path)
        if before is not None and (before.ticket, before.size) == (ticket, found.st_size):
            return before
        return _Entry(
            ticket=ticket,
            size=found.st_size,
            written=found.st_mtime,
            seen=self._clock(),
            fresh=folder in self._listed,
        )

    def _take(self, camera: Camera, path: Path, entry: _Entry) -> None:
        """Put one file in the inbox, and remove it. Raises ``OSError``, ``PathError``, and what ``known`` does."""
        if entry.ticket not in self._put_in and not self._known(entry.ticket):
            with path.open("rb") as file:
                if not file.read(8).startswith(_BEGINNINGS):
                    # It is somebody's own.
                    self._strange.add(entry.ticket)
                    return
            self._put(camera, path, entry)
            self._put_in.add(entry.ticket)
            self._left -= 1
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._complain(f"Pictures in {path.parent} cannot be removed, let this app write there: {error.strerror}")

    def _put(self, camera: Camera, path: Path, entry: _Entry) -> None:
        store = self._store
        arrival = inbox.put(
            store.inbox,
            self._account,
            camera.slug,
            path.name,
            path.read_bytes(),
            ticket=entry.ticket,
            reserve=store.floor,
        )
        os.utime(arrival.path, (entry.taken_at, entry.taken_at))

    def _complain(self, problem: str, path: Path | None = None) -> None:
        self.problem = self.problem or problem
        if self._complaints.due(problem):
            LOG.error("%s%s", problem, "" if path is None else f" ({path.name!r})")
