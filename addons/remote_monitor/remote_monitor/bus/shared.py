"""The simulated bus in a file, so that the app, its watchdog and a test see the same chips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
import errno
import fcntl
import mmap
import os
from pathlib import Path
import time
from typing import Final, override

from .chips import ChipKind
from .interface import BusError
from .simulated import SimulatedBus, holds_bus, new_memory

_PATIENCE: Final = 0.5
_PAUSE: Final = 0.001


class SharedBus(SimulatedBus):
    """A simulated bus over a memory-mapped file, locked for each transfer.

    Like real chips it keeps its state when a process ends, killed or not.
    """

    def __init__(self, path: Path) -> None:
        """Join the bus in ``path``. Raises ``BusError`` when ``create`` did not make one there."""
        try:
            self._file = path.open("r+b", buffering=0)
        except OSError as error:
            raise BusError(error.errno, f"There is no simulated bus in {path}: {error.strerror}") from error
        with ExitStack() as undo:
            undo.callback(self._file.close)
            memory = self._map(path)
            undo.pop_all()
        super().__init__(memory=memory)

    @classmethod
    def create(cls, path: Path, chips: Mapping[int, ChipKind]) -> SharedBus:
        """Join the bus in ``path`` if it has these chips, else replace it by one that was just powered on."""
        with suppress(BusError):
            found = cls(path)
            if found.kinds() == dict(chips):
                return found
            found.close()
        making = path.with_name(f"{path.name}.{os.getpid()}")
        making.write_bytes(new_memory(chips))
        bus = cls(making)
        for address in chips:
            bus.power_cycle(address)
        making.replace(path)
        return bus

    def _map(self, path: Path) -> memoryview:
        size = os.fstat(self._file.fileno()).st_size
        memory = memoryview(mmap.mmap(self._file.fileno(), size)) if size else memoryview(b"")
        if not holds_bus(memory):
            raise BusError(errno.EINVAL, f"{path} is no simulated bus of this version")
        return memory

    @override
    def close(self) -> None:
        self._file.close()

    @contextmanager
    @override
    def _transfer(self) -> Iterator[None]:
        with super()._transfer():
            self._lock_file()
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _lock_file(self) -> None:
        """Wait for the other processes; one that was stopped in mid-transfer must not hold up the watchdog for ever."""
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > give_up:
                    raise BusError(errno.EBUSY, "Another process does not end its transfer") from error
                time.sleep(_PAUSE)
            else:
                return
