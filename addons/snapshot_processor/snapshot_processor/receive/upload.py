"""One file while a client sends it, in the shape in which pyftpdlib writes to files."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Final

from .inbox import DONE, HALF, PART, entry_name, new_ticket

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE: Final = 0o644


class Upload:
    """Written as ``part``; ``finish`` makes it ``done``, ``close`` without that leaves it ``half``.

    Nothing here waits for the disk. ``name`` is where it is on the disk, ``virtual`` the path that
    the client of the ``account`` knows it by.
    """

    def __init__(self, folder: Path, virtual: str, *, account: str, largest: int) -> None:
        """Make the file; it may grow to ``largest`` bytes. Raises ``OSError``."""
        self.virtual = virtual
        self.account = account
        self.ticket = new_ticket()
        self.size = 0
        self._largest = largest
        self._last = virtual.rpartition("/")[2]
        # Texts rather than paths: this is what the server does most.
        self._folder = str(folder)
        self.name = self._place(PART)
        self._descriptor = os.open(self.name, _FLAGS, _MODE)

    @property
    def closed(self) -> bool:
        """Whether it is finished or given up."""
        return self._descriptor < 0

    def write(self, chunk: bytes) -> None:
        """Append all of it. Raises ``OSError``; with ``EFBIG`` when the file would become too large."""
        if self.size + len(chunk) > self._largest:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        rest = memoryview(chunk)
        while rest:
            written = os.write(self._descriptor, rest)
            self.size += written
            rest = rest[written:]

    def finish(self) -> None:
        """Let it wait to be accepted. Raises ``OSError`` when somebody took it away."""
        if not self.closed:
            self._close()
            self._become(DONE)

    def close(self) -> None:
        """Give it up, unless it is finished: one without a byte is removed."""
        if self.closed:
            return
        self._close()
        with contextlib.suppress(FileNotFoundError):
            if self.size == 0:
                os.unlink(self.name)  # noqa: PTH108 - see above
            else:
                self._become(HALF)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        os.close(descriptor)

    def _become(self, ending: str) -> None:
        place = self._place(ending)
        os.rename(self.name, place)  # noqa: PTH104 - see above
        self.name = place

    def _place(self, ending: str) -> str:
        return f"{self._folder}/{entry_name(self._last, self.ticket, ending)}"
