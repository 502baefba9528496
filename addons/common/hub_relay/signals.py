"""A flag that threads can wait for together with sockets."""

from __future__ import annotations

import os
import select


class Flag:
    """Set by any thread (or a signal handler), and seen by whoever polls its descriptor."""

    def __init__(self) -> None:
        """Make a flag that is down. ``close`` gives its descriptor back."""
        self._descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def fileno(self) -> int:
        """Descriptor that is readable while the flag is up."""
        return self._descriptor

    def set(self) -> None:
        """Raise the flag; once closed, nothing happens."""
        if self._descriptor >= 0:
            os.eventfd_write(self._descriptor, 1)

    def clear(self) -> None:
        """Take the flag down."""
        try:
            os.eventfd_read(self._descriptor)
        except BlockingIOError:
            return

    def is_set(self) -> bool:
        """Say whether the flag is up."""
        return self.wait(0)

    def wait(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds and say whether the flag is up; a closed one is."""
        return self._descriptor < 0 or bool(readable(timeout, self))

    def close(self) -> None:
        """Give the descriptor back. Nobody may wait any more."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)


def readable(timeout: float, *files: Flag | int, writing: int | None = None) -> set[int]:
    """Return which descriptors can be read within ``timeout`` seconds; ``writing`` is back once it can be written."""
    poll = select.poll()
    for file in files:
        poll.register(file, select.POLLIN)
    if writing is not None:
        poll.register(writing, select.POLLIN | select.POLLOUT)
    return {descriptor for descriptor, _ in poll.poll(max(timeout, 0) * 1000)}
