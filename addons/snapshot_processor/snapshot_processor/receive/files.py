"""The files and folders that a client sees.

Its folders need not exist: whatever path a camera has made once may have been tidied away since, so each is there.
pyftpdlib's "real" paths are those of the client here; only this module and what it calls know where things lie.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Any, BinaryIO, Final, override

from pyftpdlib.filesystems import AbstractedFS

from .inbox import DONE, entry_name, waiting_in
from .jail import DEPTH, Parts, PathError, folder_of, resolve
from .taken import Taken, TakenFiles, status_of
from .upload import Upload

_TOP: Final = frozenset({"..", "../"})


class Home:
    """What all sessions of an account share: its folder, and what they have sent. ``readable``: they see what waits."""

    def __init__(self, folder: Path, *, readable: bool) -> None:
        """Describe the account; its folder is made when its first file comes. ``folder`` is free of links."""
        self.folder = folder
        self.readable = readable
        self.taken = TakenFiles()


class Files(AbstractedFS):  # type: ignore[misc] # pyftpdlib has no types
    """One session's view of its account."""

    def __init__(self, home: Home, session: Any) -> None:
        """Begin at the top."""
        super().__init__("/", session)
        self._home = home
        # No client can make links, so that a folder is looked at only once in a session.
        self._folder: tuple[Parts, Path] | None = None

    def receive(self, path: str, largest: int) -> Upload:
        """Make the file for an upload, and its folders. Raises ``PathError`` or ``OSError``."""
        account, parts = self._home.folder.name, _parts(path)
        if not parts:
            raise PathError("A file needs a name")
        if self._folder is not None and self._folder[0] == parts[:-1]:
            with contextlib.suppress(FileNotFoundError):
                return Upload(self._folder[1], path, account=account, largest=largest)
        folder = folder_of(self._home.folder, parts[:-1])
        self._folder = (parts[:-1], folder)
        return Upload(folder, path, account=account, largest=largest)

    def find(self, path: str) -> Taken | None:
        """Return the file that a client means by this path."""
        taken = self._home.taken.get(path)
        if taken is None and self._home.readable and (file := self._waiting(path)) is not None:
            with contextlib.suppress(FileNotFoundError):
                status = file.stat()
                return Taken(name=str(file), ticket="", size=status.st_size, at=status.st_mtime)
        return taken

    @override
    def ftp2fs(self, ftppath: str) -> str:
        here = _parts(self.cwd)
        # Going up from the top is what clients do to be sure that they are there.
        parts = here[:-1] if ftppath in _TOP else resolve(here, ftppath)
        return "/" + "/".join(parts)

    @override
    def fs2ftp(self, fspath: str) -> str:
        return fspath

    @override
    def validpath(self, path: str) -> bool:
        return True

    @override
    def realpath(self, path: str) -> str:
        return path

    @override
    def chdir(self, path: str) -> None:
        if not self.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        self.cwd = path

    @override
    def mkdir(self, path: str) -> None:
        if not self.isdir(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))

    @override
    def rmdir(self, path: str) -> None:
        """Leave it to ``inbox.tidy``."""

    @override
    def listdir(self, path: str) -> list[str]:
        if not self._home.readable:
            return []
        folder = self._home.folder.joinpath(*_parts(path))
        return [] if folder.resolve() != folder else [*_folders_in(folder), *waiting_in(folder)]

    @override
    def open(self, filename: str, mode: str) -> BinaryIO:
        found = self.find(filename)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return found.path.open("rb")

    @override
    def remove(self, path: str) -> None:
        taken = self._home.taken.pop(path)
        if taken is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        # Where it has been accepted the client is told that it is gone, and so it is, from here.
        taken.path.unlink(missing_ok=True)

    @override
    def rename(self, src: str, dst: str) -> None:
        taken, parts = self._home.taken.get(src), _parts(dst)
        if taken is None or not parts:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        path = taken.path
        if path.exists():
            target = folder_of(self._home.folder, parts[:-1]) / entry_name(parts[-1], taken.ticket, DONE)
            # Accepted in this moment: then the name it had stays.
            with contextlib.suppress(FileNotFoundError):
                path = path.rename(target)
        self._home.taken.pop(src)
        self._home.taken.add(dst, Taken(name=str(path), ticket=taken.ticket, size=taken.size, at=taken.at))

    @override
    def stat(self, path: str) -> os.stat_result:
        return os.stat_result(status_of(self.find(path)))

    @override
    def lstat(self, path: str) -> os.stat_result:
        return self.stat(path)

    @override
    def isfile(self, path: str) -> bool:
        return self.find(path) is not None

    @override
    def lexists(self, path: str) -> bool:
        return self._home.taken.get(path) is not None

    @override
    def isdir(self, path: str) -> bool:
        return len(_parts(path)) <= DEPTH and self.find(path) is None

    @override
    def getsize(self, path: str) -> int:
        return self.stat(path).st_size

    @override
    def getmtime(self, path: str) -> float:
        return self.stat(path).st_mtime

    def _waiting(self, path: str) -> Path | None:
        parts = _parts(path)
        folder = self._home.folder.joinpath(*parts[:-1])
        return waiting_in(folder).get(parts[-1]) if parts and folder.resolve() == folder else None


def _folders_in(folder: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    return []


def _parts(path: str) -> Parts:
    return tuple(part for part in path.split("/") if part)
