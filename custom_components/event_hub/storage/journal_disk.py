"""What the journal asks of the operating system, each thing by itself, so that tests can let each of them fail.

Every function waits for the disk and may raise ``OSError``.
"""

from contextlib import suppress
import os
from pathlib import Path
import shutil
from typing import Final

PRIVATE: Final = 0o600


def make_folder(folder: Path) -> None:
    """Create a folder, and those above it, so that they outlast a power cut."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def read(path: Path) -> bytes | None:
    """Return the content of a file, ``None`` if there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def create(path: Path) -> int:
    """Open an empty file for appending that nobody else may read; a file of that name loses what it had."""
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC, PRIVATE)


def reopen(path: Path) -> int:
    """Open an existing file for appending, and let nobody else read it."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    # Some file systems know no rights.
    with suppress(OSError):
        os.fchmod(descriptor, PRIVATE)
    return descriptor


def is_deleted(descriptor: int) -> bool:
    """Say whether an open file has no name any more, so that nobody will find what is written to it."""
    return os.fstat(descriptor).st_nlink == 0


def write(descriptor: int, content: bytes) -> None:
    """Append everything. After an ``OSError`` some of it may be in the file."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def truncate(descriptor: int, size: int) -> None:
    """Cut a file off after ``size`` bytes."""
    os.ftruncate(descriptor, size)


def sync_data(descriptor: int) -> None:
    """Wait until the content, and the length, of a file are on disk."""
    os.fdatasync(descriptor)


def sync(descriptor: int) -> None:
    """Wait until all about a file is on disk, except its name."""
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep(path: Path, aside: Path) -> None:
    """Give a file, if it is still there, a second name, or copy it where that cannot be done.

    Leaves nothing of a copy that failed.
    """
    try:
        os.link(path, aside)
    except FileNotFoundError:
        return
    except OSError:
        _copy(path, aside)


def replace(path: Path, target: Path) -> None:
    """Put a file in the place of another, in one step."""
    path.replace(target)


def remove(path: Path) -> None:
    """Delete a file that need not exist."""
    path.unlink(missing_ok=True)


def close(descriptor: int) -> None:
    """Close a file; what was to be kept was synced before, so an error says nothing new."""
    with suppress(OSError):
        os.close(descriptor)


def _copy(path: Path, aside: Path) -> None:
    try:
        shutil.copy2(path, aside)
        descriptor = reopen(aside)
        try:
            sync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
