"""ADS1115: four inputs against ground."""

from __future__ import annotations

from typing import Final

from ..bus.interface import I2cBus, held
from .adc import lost_settings

RANGES: Final = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256)

_CONVERSION: Final = 0
_CONFIG: Final = 1
_START: Final = 0x8000
_GROUND: Final = 4
_SINGLE_SHOT: Final = 0x0100
_RATE_250: Final = 5 << 5
_NO_COMPARATOR: Final = 3
_SLOW: Final = 1.1


class Ads1115:
    """One chip in single-shot mode at 250 conversions a second. Its thread alone uses it."""

    conversion_time: Final = _SLOW / 250

    def __init__(self, bus: I2cBus, address: int, *, full_scale: float = 4.096) -> None:
        """Describe the chip; nothing is sent yet. Raises ``ValueError`` for a range it does not have."""
        if full_scale not in RANGES:
            raise ValueError(f"full_scale must be one of {', '.join(map(str, RANGES))} V, is {full_scale}")
        self.address = address
        self.full_scale = full_scale
        self._bus = bus
        self._config = 0

    def start(self, channel: int) -> None:
        """Start to convert input 1 to 4 (AIN0 to AIN3). Raises ``BusError``."""
        mux, gain = _GROUND + channel - 1 << 12, RANGES.index(self.full_scale) << 9
        self._config = mux | gain | _SINGLE_SHOT | _RATE_250 | _NO_COMPARATOR
        with held(self._bus):
            self._bus.writeto(self.address, bytes([_CONFIG]) + (self._config | _START).to_bytes(2))

    def collect(self) -> float | None:
        """Return the volts, below zero as 0.0; ``None`` while it converts. Raises ``BusError``."""
        with held(self._bus):
            config = self._read(_CONFIG)
            if config & ~_START != self._config:
                raise lost_settings(self.address)
            if not config & _START:
                return None
            code = self._read(_CONVERSION)
        return max(0.0, (code - 0x10000 if code & 0x8000 else code) / 0x8000 * self.full_scale)

    def _read(self, register: int) -> int:
        data = bytearray(2)
        self._bus.writeto_then_readfrom(self.address, bytes([register]), data)
        return int.from_bytes(data)
