"""Where pictures are on disk, and what their files are called.

``<images>/<camera's slug>/<YYYY-MM-DD>/<operation>_<slug>_<unix seconds>.jpg``. What was found drawn in goes beside it
as ``detect_...``, or ``human_...`` when there is a person, as in the fleet. Names are taken once, whatever the
operation: a second picture of the same second has ``_2`` at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import contextlib
from dataclasses import dataclass
from datetime import datetime
import errno
import os
from pathlib import Path
import shutil
from typing import Final

from .model import Category, Detection, Origin

INBOX: Final = ".inbox"
BROKEN: Final = ".broken"
STRANGE: Final = ".strange"
_BEGUN: Final = ".begun"
_SUFFIXES: Final = {"jpeg": ".jpg", "png": ".png"}
_DETECT: Final = "detect"
_HUMAN: Final = "human"
# File systems take 255 bytes, and a name holds more than the slug.
_LONGEST_SLUG: Final = 100
# Some network disks cannot be told to write a folder down.
_NO_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP})


def slug_of(key: str) -> str:
    """Return a camera's name in files and folders: ``porch-camera``; at most 100 bytes."""
    plain = "".join(letter if letter.isalnum() else " " for letter in key.casefold())
    slug = "-".join(plain.split()).encode()[:_LONGEST_SLUG].decode(errors="ignore")
    return slug.rstrip("-") or "camera"


def day_of(moment: float) -> str:
    """Return the day (YYYY-MM-DD) of a moment (unix seconds) in the house's own time."""
    return datetime.fromtimestamp(moment).astimezone().strftime("%Y-%m-%d")


def path_of(operation: str, slug: str, moment: float, kind: str, number: int = 1) -> str:
    """Return the path of the ``number``-th picture of this second; ``kind`` is ``jpeg`` or ``png``."""
    again = "" if number == 1 else f"_{number}"
    return f"{slug}/{day_of(moment)}/{operation}_{slug}_{int(moment)}{again}{_SUFFIXES[kind]}"


def marked_path(path: str, detection: Detection) -> str:
    """Return the path of the picture in which the things that were found are drawn."""
    person = any(thing.category is Category.PERSON for thing in detection.things)
    return _beside(path, _HUMAN if person else _DETECT, ".jpg")


def marked_paths(path: str) -> Sequence[str]:
    """Return where such a picture may be."""
    return [_beside(path, word, ".jpg") for word in (_DETECT, _HUMAN)]


def rivals(path: str) -> Sequence[str]:
    """Return the paths of pictures whose marked ones would have the same name, this one included."""
    return [_beside(path, operation, suffix) for operation in Origin for suffix in _SUFFIXES.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A whole picture of no camera; ``at`` in unix seconds, ``size`` in bytes."""

    path: Path
    at: float
    size: int


class Store:
    """The folder of all pictures. Paths in and out are relative to it, as text with slashes."""

    def __init__(self, root: Path, floor: int = 0) -> None:
        """Use ``root``, which ``prepare`` makes; what comes in leaves ``floor`` bytes of the disk free."""
        self.root = root
        self.floor = floor
        self.inbox = root / INBOX
        self.broken = root / BROKEN
        self.strange = root / STRANGE
        self._begun = root / _BEGUN

    def prepare(self) -> None:
        """Make the folders, and remove what a killed app had begun to write. Raises ``OSError``."""
        for folder in (self.root, self.inbox, self.broken, self.strange, self._begun):
            folder.mkdir(parents=True, exist_ok=True)
        for path in self._begun.iterdir():
            path.unlink()

    def path(self, relative: str) -> Path:
        """Return where a picture is."""
        return self.root / relative

    def take_in(self, arrived: Path, relative: str) -> None:
        """Move a file to its place. Raises ``OSError``."""
        target = self.path(relative)
        self._make_folder(target.parent)
        arrived.rename(target)
        sync_folder(target.parent)

    def write(self, relative: str, content: bytes) -> None:
        """Write a file, whole or not at all. Raises ``OSError``."""
        target = self.path(relative)
        part = self._begun / target.name
        try:
            part.write_bytes(content)
            sync_file(part)
            self._make_folder(target.parent)
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def delete(self, relative: str) -> None:
        """Delete a picture, the one that is drawn in, and their folders when those are empty. Raises ``OSError``."""
        for name in (relative, *marked_paths(relative)):
            self.path(name).unlink(missing_ok=True)
        folder = self.path(relative).parent
        # Somebody may put something in at this moment.
        with contextlib.suppress(OSError):
            folder.rmdir()
            folder.parent.rmdir()

    def free(self) -> int:
        """Return the bytes that are free on the disk. Raises ``OSError``."""
        return shutil.disk_usage(self.root).free

    def set_apart(self, arrived: Path, keep: int) -> None:
        """Keep a file that is no picture apart, with the newest ``keep`` of its like. Raises ``OSError``."""
        arrived.rename(self.broken / f"{int(arrived.stat().st_mtime)}_{arrived.name}")
        self.drop_broken(keep)

    def drop_broken(self, keep: int) -> int:
        """Delete what is kept apart but for the newest ``keep``; return how many those were. Raises ``OSError``."""
        kept = sorted(self.broken.iterdir(), key=lambda path: (path.stat().st_mtime, path.name))
        gone = kept[: max(len(kept) - keep, 0)]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def keep_strange(self, arrived: Path, whose: str, kind: str) -> None:
        """Keep a whole picture of no camera, named after ``whose`` account and folder it is. Raises ``OSError``."""
        ticket = arrived.stem.rpartition("~")[2]
        arrived.rename(self.strange / f"{int(arrived.stat().st_mtime)}_{slug_of(whose)}_{ticket}{_SUFFIXES[kind]}")

    def strangers(self) -> list[Stranger]:
        """Return the pictures of no camera, the oldest first. Raises ``OSError``."""
        found = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self.strange) as entries:
            for entry in entries:
                known = entry.stat(follow_symlinks=False)
                found.append(Stranger(path=Path(entry.path), at=known.st_mtime, size=known.st_size))
        return sorted(found, key=lambda one: (one.at, one.path.name))

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        folder.mkdir(parents=True, exist_ok=True)
        for above in (folder.parent, self.root):
            sync_folder(above)


class Names:
    """Chooses paths that are free, for the thread that takes pictures in."""

    def __init__(self, store: Store, known: Callable[[Sequence[str]], bool]) -> None:
        """Look in ``store``, and ask ``known`` whether one of some paths is taken although there is no file yet."""
        self._store = store
        self._known = known
        # Where the search goes on when a camera sends many in one second.
        self._last: dict[str, tuple[int, int]] = {}

    def choose(self, operation: str, slug: str, moment: float, kind: str) -> str:
        """Return a path that no picture has. Raises what ``known`` does."""
        second, number = self._last.get(slug, (0, 0))
        number = number + 1 if second == int(moment) else 1
        while self._taken(path := path_of(operation, slug, moment, kind, number)):
            number += 1
        self._last[slug] = (int(moment), number)
        return path

    def _taken(self, path: str) -> bool:
        names = rivals(path)
        return any(self._store.path(name).exists() for name in (*names, *marked_paths(path))) or self._known(names)


def sync_file(path: Path) -> None:
    """Wait until a file is on the disk itself. Raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk itself, where the disk can do that. Raises ``OSError``."""
    try:
        sync_file(path)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _beside(path: str, word: str, suffix: str) -> str:
    folder, _, name = path.rpartition("/")
    stem = name.partition("_")[2].rpartition(".")[0]
    return f"{folder}/{word}_{stem}{suffix}"
