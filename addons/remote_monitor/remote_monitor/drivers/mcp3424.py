"""MCP3424, as on the ADC Pi: two chips a board, each with four inputs behind a divider."""

from __future__ import annotations

from typing import Final

from ..bus.interface import I2cBus, held
from .adc import lost_settings

# ABelectronics ADC Pi: 10 kOhm over 6.8 kOhm.
DIVIDER: Final = 2.471
BITS: Final = (12, 14, 16, 18)

_REFERENCE: Final = 2.048
_RATES: Final = (240.0, 60.0, 15.0, 3.75)
_START: Final = 0x80
_SLOW: Final = 1.1


class Mcp3424:
    """One chip in one-shot mode with gain 1. Its thread alone uses it."""

    def __init__(self, bus: I2cBus, address: int, *, bits: int = 12, divider: float = DIVIDER) -> None:
        """Describe the chip; nothing is sent yet. Raises ``ValueError`` for bits it does not know."""
        if bits not in BITS:
            raise ValueError(f"bits must be 12, 14, 16 or 18, is {bits}")
        self.address = address
        self._bus = bus
        self._divider = divider
        self._bits = bits
        self._config = 0

    @property
    def full_scale(self) -> float:
        """The highest voltage at the terminals that can be told."""
        return _REFERENCE * self._divider

    @property
    def conversion_time(self) -> float:
        """How many seconds a conversion takes, with a tenth for slow chips."""
        return _SLOW / _RATES[BITS.index(self._bits)]

    def start(self, channel: int) -> None:
        """Start to convert input 1 to 4. Raises ``BusError``."""
        self._config = channel - 1 << 5 | BITS.index(self._bits) << 2
        with held(self._bus):
            self._bus.writeto(self.address, bytes([self._config | _START]))

    def collect(self) -> float | None:
        """Return the volts at the terminals, below zero as 0.0; ``None`` while it converts. Raises ``BusError``."""
        data = bytearray(4 if self._bits == BITS[-1] else 3)
        with held(self._bus):
            self._bus.readfrom_into(self.address, data)
        if data[-1] & ~_START != self._config:
            raise lost_settings(self.address)
        if data[-1] & _START:
            return None
        code = int.from_bytes(data[:-1], signed=True)
        return max(0.0, code / (1 << self._bits - 1) * self.full_scale)
