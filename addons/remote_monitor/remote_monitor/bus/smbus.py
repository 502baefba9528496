"""The Linux I2C bus."""

from __future__ import annotations

from collections.abc import Buffer
from contextlib import suppress
import errno
import fcntl
from typing import Final

from smbus2 import SMBus, i2c_msg

from .interface import BusError, BusLock, bus_stuck, no_answer, part

# From linux/i2c-dev.h. A stuck transfer is given up after 50 ms instead of a second, so that relays and
# the watchdog's beats do not wait for it; the unit is 10 ms.
_I2C_TIMEOUT: Final = 0x0702
_TIMEOUT: Final = 5


class SmbusBus(BusLock):
    """``/dev/i2c-<number>``. Every transfer is one ioctl, so other processes may use the bus too."""

    def __init__(self, number: int | str) -> None:
        """Open the bus by its number or its device's path. Raises ``BusError`` that says what is missing."""
        super().__init__()
        path = number if isinstance(number, str) else f"/dev/i2c-{number}"
        try:
            self._bus = SMBus(number)
        except FileNotFoundError as error:
            advice = f"There is no {path}: enable I2C on the host, or correct the option i2c_bus"
            raise BusError(errno.ENOENT, advice) from error
        except OSError as error:
            advice = f"{path} cannot be opened ({error.strerror}): it must be an I2C bus that the app may use"
            raise BusError(error.errno, advice) from error
        device = self._bus.fd
        with suppress(OSError):  # a driver that cannot be told keeps its own time-out
            fcntl.ioctl(-1 if device is None else device, _I2C_TIMEOUT, _TIMEOUT)

    def writeto(self, address: int, buffer: Buffer, *, start: int = 0, end: int | None = None) -> None:
        """Write ``buffer[start:end]``. Raises ``BusError``."""
        self._transfer(address, i2c_msg.write(address, list(part(buffer, start, end))))

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        """Fill ``buffer[start:end]``. Raises ``BusError``."""
        wanted = i2c_msg.read(address, len(part(buffer, start, end)))
        self._transfer(address, wanted)
        memoryview(buffer)[start:end] = bytes(wanted)

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
        """Write, then read in the same transfer. Raises ``BusError``."""
        wanted = i2c_msg.read(address, len(part(in_buffer, in_start, in_end)))
        self._transfer(address, i2c_msg.write(address, list(part(out_buffer, out_start, out_end))), wanted)
        memoryview(in_buffer)[in_start:in_end] = bytes(wanted)

    def close(self) -> None:
        """Close the device."""
        self._bus.close()

    def _transfer(self, address: int, *messages: i2c_msg) -> None:
        try:
            self._bus.i2c_rdwr(*messages)
        except OSError as error:
            if error.errno in {errno.EREMOTEIO, errno.ENXIO}:
                raise no_answer(address) from error
            if error.errno == errno.ETIMEDOUT:
                raise bus_stuck() from error
            raise BusError(error.errno, f"The I2C transfer with {address:#04x} failed: {error.strerror}") from error
