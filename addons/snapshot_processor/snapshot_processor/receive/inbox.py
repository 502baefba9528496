"""The folder that pictures come in by: what a file there is called, and what waits to be accepted.

``<account>/<folders of the camera>/<name>~<ticket>.<ending>``: ``part`` while a client sends it, ``done`` once it was
acknowledged, ``half`` when the client went away in the middle, ``new`` while this app writes it itself.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from dataclasses import dataclass
import errno
import os
from pathlib import Path
import random
import re
import time
from typing import Final

from .jail import DEPTH, PathError, folder_of, resolve
from .names import clean_name

PART: Final = "part"
DONE: Final = "done"
HALF: Final = "half"
NEW: Final = "new"
_ENTRY: Final = re.compile(r"(?P<name>[^~/]+)~(?P<ticket>[0-9a-f]{32})\.(?P<ending>part|done|half|new)")
# An empty folder may be about to be used. Every look at the inbox goes through all of them, so they do not stay long.
EMPTY_FOR: Final = 600.0
# Folders in each other, the account's among them; deeper ones are nobody's who came in by here.
_DEEPEST: Final = DEPTH + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file that came in and waits.

    ``folder`` are the camera's own folders below the account's ("porch/2024-01-02" or ""), ``name`` is what the camera
    called it, ``at`` when its last byte came (Unix seconds). The ``ticket`` stays the same whatever becomes of the
    name: a client may still rename or delete the file, so ``path`` may be gone a moment later. It is not ``whole``
    when the client went away in the middle.
    """

    path: Path
    account: str
    folder: str
    name: str
    at: float
    ticket: str
    whole: bool = True


def new_ticket() -> str:
    """Return what no other file has, in 32 hexadecimal digits; the later one is the greater."""
    return f"{time.time_ns():016x}{random.getrandbits(64):016x}"


def entry_name(name: str, ticket: str, ending: str) -> str:
    """Return what a file of this (clean) name is called in the inbox."""
    return f"{name}~{ticket}.{ending}"


def sweep(inbox: Path) -> list[Arrival]:
    """Return what waits, the oldest first. An inbox that is not there is empty."""
    found = []
    for entry, match in _entries(inbox):
        if match["ending"] not in {DONE, HALF}:
            continue
        with contextlib.suppress(FileNotFoundError):
            at = entry.stat(follow_symlinks=False).st_mtime
            found.append(_arrival(inbox, Path(entry.path), match, at))
    return sorted(found, key=lambda arrival: (arrival.at, arrival.ticket))


def finish_leftovers(inbox: Path) -> int:
    """Let what a killed server was taking in wait like the rest; its content decides what it is worth.

    For the time while no server runs. Returns how many there were; those without a byte are removed.
    """
    count = 0
    for entry, match in list(_entries(inbox)):
        if match["ending"] != PART:
            continue
        path = Path(entry.path)
        if entry.stat(follow_symlinks=False).st_size == 0:
            path.unlink(missing_ok=True)
            continue
        path.rename(path.with_name(entry_name(match["name"], match["ticket"], DONE)))
        count += 1
    return count


def tidy(inbox: Path, now: float | None = None) -> None:
    """Remove folders that have been empty for ten minutes, and what a killed app had begun to write (``now``: Unix)."""
    before = (time.time() if now is None else now) - EMPTY_FOR
    for entry, match in list(_entries(inbox)):
        if match["ending"] == NEW and _age(Path(entry.path)) < before:
            Path(entry.path).unlink(missing_ok=True)
    for folder, _, _ in inbox.walk(top_down=False):
        if folder != inbox and _age(folder) < before:
            # It is not empty, or somebody was faster.
            with contextlib.suppress(OSError):
                folder.rmdir()


def put(
    inbox: Path,
    account: str,
    folder: str,
    name: str,
    content: bytes,
    *,
    ticket: str | None = None,
    reserve: int = 0,
) -> Arrival:
    """Write a picture that came by another way, on the disk when this returns. Names are cleaned.

    ``ticket`` is one that ``new_ticket`` gave before; ``reserve`` bytes of the disk stay free. Raises ``PathError`` for
    a folder that cannot be, ``OSError`` when it cannot be written or there is no room.
    """
    ticket = ticket or new_ticket()
    home = inbox.resolve() / clean_name(account)
    target = folder_of(home, resolve((), folder)) / entry_name(clean_name(name), ticket, DONE)
    _check_room(target.parent, len(content), reserve)
    begun = target.with_suffix(f".{NEW}")
    try:
        with begun.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        begun.rename(target)
    except OSError:
        begun.unlink(missing_ok=True)
        raise
    _sync(target.parent)
    match = _ENTRY.fullmatch(target.name)
    if match is None:
        raise PathError(f"{target.name!r} is no name of a file")
    return _arrival(inbox.resolve(), target, match, target.stat().st_mtime)


def waiting_in(folder: Path) -> dict[str, Path]:
    """Return the acknowledged files of one folder by the names that their camera gave them, the newest of each."""
    found: dict[str, tuple[float, Path]] = {}
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            match = _ENTRY.fullmatch(entry.name)
            if match is not None and match["ending"] == DONE and entry.is_file(follow_symlinks=False):
                at = _age(Path(entry.path))
                if at > found.get(match["name"], (-1.0, folder))[0]:
                    found[match["name"]] = (at, Path(entry.path))
    return {name: path for name, (_, path) in found.items()}


def waiting_bytes(inbox: Path) -> dict[str, int]:
    """Return how much each account's files take on the disk, whatever state they are in."""
    sizes: dict[str, int] = {}
    for entry, _ in _entries(inbox):
        with contextlib.suppress(FileNotFoundError):
            account = Path(entry.path).relative_to(inbox).parts[0]
            sizes[account] = sizes.get(account, 0) + entry.stat(follow_symlinks=False).st_size
    return sizes


def _arrival(inbox: Path, path: Path, match: re.Match[str], at: float) -> Arrival:
    account, *folders = path.parent.relative_to(inbox).parts
    return Arrival(
        path=path,
        account=account,
        folder="/".join(folders),
        name=match["name"],
        at=at,
        ticket=match["ticket"],
        whole=match["ending"] == DONE,
    )


def _entries(inbox: Path) -> Iterator[tuple[os.DirEntry[str], re.Match[str]]]:
    """Yield every file of an account that is named as they are named here, without following links."""
    folders = [(inbox, 0)]
    while folders:
        folder, depth = folders.pop()
        # It may be tidied away in between.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if depth < _DEEPEST:
                        folders.append((Path(entry.path), depth + 1))
                elif depth and (match := _ENTRY.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False):
                    yield entry, match


def _check_room(folder: Path, size: int, reserve: int) -> None:
    """Raise ``OSError`` where so many bytes would leave less than the reserve."""
    if not reserve:
        return
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize - size < reserve:
        raise OSError(errno.ENOSPC, "the disk has no more free than its reserve")


def _age(path: Path) -> float:
    """Return when it was last changed; what is gone counts as new."""
    try:
        return path.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return float("inf")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
