"""What a driver asks of an I2C bus, in CircuitPython's words because Adafruit's drivers speak them."""

from __future__ import annotations

from collections.abc import Buffer, Iterator
from contextlib import contextmanager
import errno
import threading
import time
from typing import Final, Protocol

# A transfer of ours takes under a millisecond; the kernel gives up a stuck one after a second.
_PATIENCE: Final = 2.5
_TRY: Final = 0.05


class BusError(OSError):
    """A transfer failed: a chip did not answer, or the bus is stuck or missing. Its text says what to check."""

    def __str__(self) -> str:
        """Return the sentence alone, without the number in front."""
        return str(self.strerror or super().__str__())


class I2cBus(Protocol):
    """An I2C bus. Addresses have 7 bits; every transfer may raise ``BusError``.

    The lock is held by one thread at a time, around one or more transfers.
    """

    def try_lock(self) -> bool:
        """Take the bus. Return whether it could be had."""

    def unlock(self) -> None:
        """Give the bus back."""

    def writeto(self, address: int, buffer: Buffer, *, start: int = 0, end: int | None = None) -> None:
        """Write ``buffer[start:end]`` to the chip at ``address``."""

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        """Fill ``buffer[start:end]`` from the chip at ``address``."""

    def writeto_then_readfrom(
        self,
        address: int,
        out_buffer: Buffer,
        in_buffer: bytearray,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        """Write, then read with a repeated start, so that nobody comes in between."""

    def close(self) -> None:
        """Let go of the bus; no transfer follows."""


class BusLock:
    """The lock that every bus of this package has."""

    def __init__(self) -> None:
        """Start unlocked."""
        self._owner = threading.Lock()

    def try_lock(self) -> bool:
        """Take the bus, waiting 50 ms at most: Adafruit's driver asks again at once, which would burn the processor."""
        return self._owner.acquire(timeout=_TRY)

    def unlock(self) -> None:
        """Give the bus back."""
        self._owner.release()


@contextmanager
def held(bus: I2cBus) -> Iterator[None]:
    """Hold the bus. Raises ``BusError`` when another thread does not give it back."""
    give_up = time.monotonic() + _PATIENCE
    while not bus.try_lock():
        if time.monotonic() > give_up:
            raise BusError(errno.EBUSY, "The I2C bus is held by a transfer that does not end")
    try:
        yield
    finally:
        bus.unlock()


def part(buffer: Buffer, start: int, end: int | None) -> bytes:
    """Return ``buffer[start:end]`` as bytes."""
    return bytes(memoryview(buffer)[start:end])


def no_answer(address: int) -> BusError:
    """Return the error of a chip that does not acknowledge its address."""
    return BusError(errno.EREMOTEIO, f"No chip answers at {address:#04x}: check its wiring, power and address")


def bus_stuck() -> BusError:
    """Return the error of a bus on which nothing moves."""
    return BusError(
        errno.ETIMEDOUT, "The I2C bus is stuck: check SDA and SCL for a short circuit, and power the boards off and on"
    )
