"""Folders that others write pictures to: what is in them goes to the inbox like any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

LOG: Final = logging.getLogger(__name__)
# A file is taken once it has not changed for so long, in seconds.
QUIET: Final = 2.0
# What is larger is no picture of a camera, in bytes.
LARGEST: Final = 64 * 1024 * 1024


class WatchedFolders:
    """The cameras' watched folders, for the thread that takes pictures in. ``problem`` says what is wrong with one."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        account: str,
        inbox_folder: Path,
        known: Callable[[str], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Put what is there in the inbox under ``account``; ``known`` says whether a ticket was taken in already."""
        self._cameras = [one for one in cameras if one.watched is not None]
        self._account = account
        self._inbox = inbox_folder
        self._known = known
        self._clock = clock
        self._complaints = Throttle()
        # Tickets of files that were put in and cannot be removed.
        self._left: set[str] = set()
        self.problem: str | None = None

    def empty(self) -> None:
        """Move what has lain still to the inbox. Raises what ``known`` does."""
        self.problem = None
        left: set[str] = set()
        for camera in self._cameras:
            if camera.watched is not None and camera.watched.is_dir():
                try:
                    self._empty(camera, camera.watched, left)
                except (OSError, PathError) as error:
                    self._complain(f"Pictures in {camera.watched} cannot be taken, give this app the right to: {error}")
        self._left = left

    def _empty(self, camera: Camera, folder: Path, left: set[str]) -> None:
        for path in sorted(folder.iterdir()):
            found = _found(path)
            if found is None or path.name.startswith(".") or self._clock() - found.st_mtime <= QUIET:
                continue
            # The same file has the same ticket, so that it comes once whatever happens in between.
            ticket = hashlib.md5(f"{path}\0{found.st_mtime_ns}".encode(), usedforsecurity=False).hexdigest()
            if ticket not in self._left and not self._known(ticket):
                self._put(camera, path, ticket, found)
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                left.add(ticket)
                self._complain(f"Pictures in {folder} cannot be removed, let this app write there: {error.strerror}")

    def _put(self, camera: Camera, path: Path, ticket: str, found: os.stat_result) -> None:
        arrival = inbox.put(self._inbox, self._account, camera.slug, path.name, path.read_bytes(), ticket=ticket)
        # It counts from when it was written, not from when it was found.
        os.utime(arrival.path, ns=(found.st_atime_ns, found.st_mtime_ns))

    def _complain(self, problem: str) -> None:
        self.problem = problem
        if self._complaints.due(problem):
            LOG.error("%s", problem)


def _found(path: Path) -> os.stat_result | None:
    """Return what may be a picture's; ``None`` for folders, links, what is gone, and what is too large."""
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found if stat.S_ISREG(found.st_mode) and found.st_size <= LARGEST else None
