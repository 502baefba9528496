"""Whether there is room for another file: on the disk, and in what one account may have waiting."""

from __future__ import annotations

import os
from pathlib import Path
import threading
from typing import Final

from .inbox import waiting_bytes

_DISK: Final = "452 The disk is nearly full. Try again later."
_WAITING: Final = "452 Too much of this account waits to be looked at. Try again later."
# Between two looks through the inbox, in seconds.
_PAUSE: Final = 1.0


class Room:
    """Counts what comes in; looks through the inbox, in a thread of its own, only when that is more than half of it."""

    def __init__(self, inbox: Path, *, reserve: int, waiting: int) -> None:
        """Keep ``reserve`` bytes of the disk free, and at most ``waiting`` bytes of an account in the inbox."""
        self._inbox = inbox
        self._reserve = reserve
        self._most = waiting
        self._lock = threading.Lock()
        self._look = threading.Event()
        self._end = threading.Event()
        self._bytes = waiting_bytes(inbox)
        self._thread = threading.Thread(target=self._run, name="room", daemon=True)

    def start(self) -> None:
        """Begin to look through the inbox where that is needed."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns at once."""
        self._end.set()
        self._look.set()

    def refusal(self, account: str) -> str | None:
        """Return what a client is told instead of its file being taken, or ``None``."""
        if self.low():
            return _DISK
        if self._bytes.get(account, 0) >= self._most:
            self._look.set()
            return _WAITING
        return None

    def note(self, account: str, size: int) -> None:
        """Count a file that came in."""
        with self._lock:
            total = self._bytes[account] = self._bytes.get(account, 0) + size
        if 2 * total > self._most:
            self._look.set()

    def low(self) -> bool:
        """Say whether the disk's reserve is reached."""
        try:
            disk = os.statvfs(self._inbox)
        except OSError:
            # It was removed, and is made again with the next file.
            return False
        return disk.f_bavail * disk.f_frsize < self._reserve

    def full(self) -> tuple[str, ...]:
        """Return the accounts that have as much waiting as they may; a moment later there may be room again."""
        full = tuple(account for account, size in self._bytes.items() if size >= self._most)
        if full:
            self._look.set()
        return full

    def _run(self) -> None:
        while self._look.wait() and not self._end.is_set():
            self._look.clear()
            with self._lock:
                before = dict(self._bytes)
            found = waiting_bytes(self._inbox)
            with self._lock:
                # What came in during the look may be in it or not: rather counted twice than not at all.
                for account, size in self._bytes.items():
                    found[account] = found.get(account, 0) + size - before.get(account, 0)
                self._bytes = found
            self._end.wait(_PAUSE)
