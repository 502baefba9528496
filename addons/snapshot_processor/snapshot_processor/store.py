"""Where pictures are on disk, and what their files are called.

``<images>/<camera's slug>/<YYYY-MM-DD>/<operation>_<slug>_<unix seconds>.jpg``. What was found drawn in goes beside it
as ``detect_...``, or ``human_...`` when there is a person, as in the fleet. Names are taken once: a second picture of
the same second has ``_2`` at its end.
"""

from __future__ import annotations

from datetime import datetime
import errno
import os
from pathlib import Path
import shutil
from typing import Final

from .model import Category, Detection

INBOX: Final = ".inbox"
BROKEN: Final = ".broken"
_SUFFIXES: Final = {"jpeg": ".jpg", "png": ".png"}
_DETECT: Final = "detect"
_HUMAN: Final = "human"


def slug_of(key: str) -> str:
    """Return a camera's name in files and folders: ``porch-camera``."""
    plain = "".join(letter if letter.isalnum() else " " for letter in key.casefold())
    return "-".join(plain.split()) or "camera"


def day_of(moment: float) -> str:
    """Return the day (YYYY-MM-DD) of a moment (unix seconds) in the house's own time."""
    return datetime.fromtimestamp(moment).astimezone().strftime("%Y-%m-%d")


def name_of(operation: str, slug: str, moment: float, kind: str = "jpeg", number: int = 1) -> str:
    """Return the name of the ``number``-th picture of this second; ``kind`` is ``jpeg`` or ``png``."""
    again = "" if number == 1 else f"_{number}"
    return f"{operation}_{slug}_{int(moment)}{again}{_SUFFIXES[kind]}"


def marked_name(name: str, detection: Detection) -> str:
    """Return the name of the picture in which the things that were found are drawn."""
    word = _HUMAN if any(thing.category is Category.PERSON for thing in detection.things) else _DETECT
    _, _, rest = name.partition("_")
    return f"{word}_{rest.rpartition('.')[0]}.jpg"


class Store:
    """The folder of all pictures. Paths in and out are relative to it, as text with slashes."""

    def __init__(self, root: Path) -> None:
        """Use ``root``, which is made where it is missing."""
        self.root = root
        self.inbox = root / INBOX
        self.broken = root / BROKEN

    def prepare(self) -> None:
        """Make the folders. Raises ``OSError``."""
        for folder in (self.root, self.inbox, self.broken):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, relative: str) -> Path:
        """Return where a picture is."""
        return self.root / relative

    def choose(self, operation: str, slug: str, moment: float, kind: str) -> str:
        """Return a path that is not taken yet."""
        number = 1
        while True:
            relative = f"{slug}/{day_of(moment)}/{name_of(operation, slug, moment, kind, number)}"
            if not self.path(relative).exists():
                return relative
            number += 1

    def take_in(self, arrived: Path, relative: str) -> None:
        """Move a file to its place, where it is already: done. Raises ``OSError``."""
        target = self.path(relative)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            arrived.rename(target)
        except FileNotFoundError:
            if not target.exists():
                raise
            return
        except OSError as error:
            # A folder that is watched may be on another disk.
            if error.errno != errno.EXDEV:
                raise
            _copy_over(arrived, target)
        sync_folder(target.parent)

    def write(self, relative: str, content: bytes) -> None:
        """Write a file, whole or not at all. Raises ``OSError``."""
        target = self.path(relative)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(content)
        part.replace(target)

    def delete(self, *relatives: str | None) -> int:
        """Delete files, and their folders when those are empty; return how many bytes that gave back."""
        freed = 0
        for relative in relatives:
            if relative is None:
                continue
            path = self.path(relative)
            try:
                size = path.stat().st_size
                path.unlink()
            except OSError:
                continue
            freed += size
            _remove_if_empty(path.parent, path.parent.parent)
        return freed

    def free(self) -> int:
        """Return the bytes that are free on the disk. Raises ``OSError``."""
        return shutil.disk_usage(self.root).free

    def set_apart(self, arrived: Path, keep: int) -> None:
        """Keep a file that is no picture apart, with the newest ``keep`` of its like."""
        target = self.broken / f"{int(arrived.stat().st_mtime)}_{arrived.name}"
        arrived.rename(target)
        kept = sorted((path for path in self.broken.iterdir() if path.is_file()), key=lambda path: path.name)
        for path in kept[: max(len(kept) - keep, 0)]:
            path.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Wait until a file is on the disk itself. Raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk itself. Raises ``OSError``."""
    sync_file(path)


def _copy_over(source: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    sync_file(part)
    part.replace(target)
    source.unlink()


def _remove_if_empty(*folders: Path) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
