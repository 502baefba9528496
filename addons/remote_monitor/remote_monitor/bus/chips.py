"""The converters of the simulation, as their datasheets describe their registers.

What a chip remembers is a C structure in memory that its bus gives it, so that several
processes can see the same chip.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
import ctypes
from enum import IntEnum
import math
from typing import Any, ClassVar, Final

CHANNELS: Final = 4


class ChipKind(IntEnum):
    """The chips that can be simulated."""

    MCP3424 = 1
    ADS1115 = 2
    MCP23017 = 3


class ChipRecord(ctypes.LittleEndianStructure):
    """What every chip remembers. ``failing`` chips do not acknowledge their address."""

    kind: int
    address: int
    failing: int
    _fields_: ClassVar[Sequence[tuple[str, type[Any]]]] = (
        ("kind", ctypes.c_uint8),
        ("address", ctypes.c_uint8),
        ("failing", ctypes.c_uint8),
    )


class ConverterRecord(ChipRecord):
    """What a converter remembers. Volts are at the chip's input, times on the bus's clock."""

    config: int
    pointer: int
    code: int
    converting: int
    unread: int
    ready_at: float
    volts: ctypes.Array[ctypes.c_double]
    noise: ctypes.Array[ctypes.c_double]
    _fields_ = (
        ("config", ctypes.c_uint16),
        ("pointer", ctypes.c_uint8),
        ("code", ctypes.c_int32),
        ("converting", ctypes.c_uint8),
        ("unread", ctypes.c_uint8),
        ("ready_at", ctypes.c_double),
        ("volts", ctypes.c_double * CHANNELS),
        ("noise", ctypes.c_double * CHANNELS),
    )


class Converter(ABC):
    """What both converters have in common: an input is converted, and ready after its time.

    The voltage counts that stands at the input when the result is first looked at.
    """

    record_type: ClassVar[type[ChipRecord]] = ConverterRecord

    def __init__(self, record: ConverterRecord, clock: Callable[[], float], wobble: Callable[[], float]) -> None:
        """Stand over ``record``; ``wobble`` gives numbers from -1 to 1, of which noise is made."""
        self.record = record
        self._clock = clock
        self._wobble = wobble

    def set_voltage(self, channel: int, volts: float) -> None:
        """Put a voltage on input 1 to 4."""
        self.record.volts[_index(channel)] = volts

    def set_noise(self, channel: int, volts: float) -> None:
        """Let input 1 to 4 waver by so many volts up and down."""
        self.record.noise[_index(channel)] = volts

    def _begin(self) -> None:
        self.record.converting = 1
        self.record.ready_at = self._clock() + self._period()

    def _settle(self) -> None:
        """Take over the result of a conversion whose time is over; a continuous one goes on."""
        record = self.record
        late = self._clock() - record.ready_at
        if not record.converting or late < 0:
            return
        record.code = self._convert()
        record.unread = 1
        if self._continuous():
            record.ready_at += (math.floor(late / self._period()) + 1) * self._period()
        else:
            record.converting = 0

    def _input(self, index: int) -> float:
        return self.record.volts[index] + self.record.noise[index] * self._wobble()

    @abstractmethod
    def _period(self) -> float:
        """Return how many seconds a conversion takes."""

    @abstractmethod
    def _continuous(self) -> bool:
        """Whether one conversion follows another by itself."""

    @abstractmethod
    def _convert(self) -> int:
        """Return the code of the voltage that stands at the input."""


class Mcp3424(Converter):
    """MCP3424: one configuration byte; a read gives the result and that byte."""

    _RATES: ClassVar[tuple[float, ...]] = (240.0, 60.0, 15.0, 3.75)
    _REFERENCE: ClassVar[float] = 2.048

    def power_on(self) -> None:
        """Convert input 1 continuously with 12 bits."""
        self.record.config = 0x10
        self.record.code = self.record.unread = 0
        self._begin()

    def write(self, data: bytes) -> None:
        """Take the configuration; ready bit 1 starts a conversion in one-shot mode."""
        if not data:
            return
        self.record.config = data[-1] & 0x7F
        self.record.unread = 0
        self.record.converting = 0
        if self._continuous() or data[-1] & 0x80:
            self._begin()

    def read(self, length: int) -> bytes:
        """Give the result, then the configuration byte for as long as the reader goes on."""
        self._settle()
        record = self.record
        ready = 0x00 if record.unread else 0x80
        record.unread = 0
        data = int(record.code).to_bytes(3 if self._bits() == 18 else 2, signed=True)  # noqa: PLR2004 - the datasheet's
        return data[:length] + bytes([record.config | ready]) * (length - len(data))

    def _bits(self) -> int:
        return 12 + 2 * (self.record.config >> 2 & 3)

    def _period(self) -> float:
        return 1 / self._RATES[self.record.config >> 2 & 3]

    def _continuous(self) -> bool:
        return bool(self.record.config & 0x10)

    def _convert(self) -> int:
        gain = 1 << (self.record.config & 3)
        top = 1 << (self._bits() - 1)
        code = math.floor(self._input(self.record.config >> 5 & 3) * gain / self._REFERENCE * top + 0.5)
        return max(-top, min(top - 1, code))


class Ads1115(Converter):
    """ADS1115: a pointer to 16-bit registers, of which the conversion and the configuration are simulated."""

    _RANGES: ClassVar[tuple[float, ...]] = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
    _RATES: ClassVar[tuple[float, ...]] = (8.0, 16.0, 32.0, 64.0, 128.0, 250.0, 475.0, 860.0)
    _PAIRS: ClassVar[tuple[tuple[int, int], ...]] = ((0, 1), (0, 3), (1, 3), (2, 3))
    _START: ClassVar[int] = 0x8000

    def power_on(self) -> None:
        """Rest, with 0x8583 in the configuration."""
        self.record.config = 0x0583
        self.record.pointer = self.record.code = self.record.converting = 0

    def write(self, data: bytes) -> None:
        """Set the pointer, and with two more bytes the register."""
        if not data:
            return
        self.record.pointer = data[0] & 3
        if self.record.pointer != 1 or len(data) < 3:  # noqa: PLR2004 - pointer and two bytes
            return
        value = int.from_bytes(data[1:3])
        self.record.config = value & ~self._START
        if self._continuous() or value & self._START:
            self._begin()

    def read(self, length: int) -> bytes:
        """Give the register under the pointer."""
        self._settle()
        record = self.record
        if record.pointer == 0:
            data = int(record.code).to_bytes(2, signed=True)
        elif record.pointer == 1:
            data = (record.config | (0 if record.converting else self._START)).to_bytes(2)
        else:
            data = bytes(2)
        return (data * (length // 2 + 1))[:length]

    def _period(self) -> float:
        return 1 / self._RATES[self.record.config >> 5 & 7]

    def _continuous(self) -> bool:
        return not self.record.config & 0x0100

    def _convert(self) -> int:
        mux = self.record.config >> 12 & 7
        if mux & 4:
            volts = self._input(mux & 3)
        else:
            plus, minus = self._PAIRS[mux]
            volts = self._input(plus) - self._input(minus)
        code = math.floor(volts / self._RANGES[self.record.config >> 9 & 7] * 0x8000 + 0.5)
        return max(-0x8000, min(0x7FFF, code))


def _index(channel: int) -> int:
    if not 1 <= channel <= CHANNELS:
        raise ValueError(f"A converter has inputs 1 to {CHANNELS}, not {channel}")
    return channel - 1
