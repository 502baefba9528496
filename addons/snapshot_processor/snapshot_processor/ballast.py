"""A start on a full disk: the ledger cannot be opened without a little room, so some is kept, or made."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
import shutil
from typing import Final

from .store import Store

LOG: Final = logging.getLogger(__name__)
# What the ledger takes to be opened, and a start besides, in bytes.
SIZE: Final = 1024 * 1024


class Ballast:
    """A file that is there to be thrown away."""

    def __init__(self, state: Path) -> None:
        """Keep it in the app's own folder."""
        self._path = state / "ballast"

    def keep(self) -> None:
        """Write it, if it is not there and there is ample room."""
        with contextlib.suppress(OSError):
            if self._path.exists() or shutil.disk_usage(self._path.parent).free < 4 * SIZE:
                return
            part = self._path.with_suffix(".part")
            try:
                # Some disks would store nothing but its length if it were empty.
                part.write_bytes(os.urandom(SIZE))
                part.replace(self._path)
            finally:
                part.unlink(missing_ok=True)

    def drop(self) -> None:
        """Throw it away. Raises ``OSError``."""
        self._path.unlink(missing_ok=True)


def make_room(state: Path, store: Store) -> None:
    """See to it that the folder ``state`` has room for a start. Raises ``OSError``.

    The ballast goes first, then what is broken, then pictures, the oldest by their names: nothing can be noted yet.
    The ledger forgets them later.
    """
    if _free(state) >= SIZE:
        return
    Ballast(state).drop()
    if _free(state) >= SIZE or not store.root.is_dir() or store.root.stat().st_dev != state.stat().st_dev:
        return
    if store.broken.is_dir():
        store.drop_broken(0)
    gone = 0
    for path in sorted(store.root.glob("[!.]*/[0-9]*/*"), key=_moment):
        if _free(state) >= SIZE:
            break
        path.unlink(missing_ok=True)
        gone += 1
    LOG.warning("The disk is full: %s of the oldest pictures were deleted so that the app can start", gone)


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _moment(path: Path) -> tuple[str, str]:
    """Return what the names of older pictures have less of: the day, and the seconds in the file's name."""
    return path.parent.name, path.stem.rpartition("_")[2].zfill(10)
