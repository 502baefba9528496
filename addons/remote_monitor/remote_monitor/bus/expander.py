"""The port expander of the simulation."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import ClassVar, Final

from .chips import ChipRecord

PINS: Final = 16
LOG: Final = 256

IODIR: Final = 0x00
IPOL: Final = 0x02
IOCON: Final = 0x0A
GPIO: Final = 0x12
OLAT: Final = 0x14
_REGISTERS: Final = 0x16


class _Entry(ctypes.LittleEndianStructure):
    time: float
    register: int
    value: int
    _fields_ = (("time", ctypes.c_double), ("register", ctypes.c_uint8), ("value", ctypes.c_uint8))


class ExpanderRecord(ChipRecord):
    """What an MCP23017 remembers, with its last writes. ``outside`` are the levels on its input pins."""

    pointer: int
    outside: int
    writes: int
    registers: ctypes.Array[ctypes.c_uint8]
    log: ctypes.Array[_Entry]
    _fields_ = (
        ("pointer", ctypes.c_uint8),
        ("outside", ctypes.c_uint16),
        ("writes", ctypes.c_uint32),
        ("registers", ctypes.c_uint8 * _REGISTERS),
        ("log", _Entry * LOG),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWrite:
    """One byte that was written into a register, and when on the bus's clock."""

    time: float
    register: int
    value: int


class Mcp23017:
    """MCP23017 with its registers in bank 0 and counting up, as it is after power-on."""

    record_type: ClassVar[type[ChipRecord]] = ExpanderRecord

    def __init__(self, record: ExpanderRecord) -> None:
        """Stand over ``record``."""
        self.record = record

    def power_on(self) -> None:
        """Make every pin an input and every latch low."""
        self.record.pointer = 0
        for register in range(_REGISTERS):
            self.record.registers[register] = 0xFF if register in {IODIR, IODIR + 1} else 0x00

    def write(self, data: bytes, now: float) -> None:
        """Set the pointer, then the registers from there on."""
        if not data:
            return
        self.record.pointer = data[0] % _REGISTERS
        for value in data[1:]:
            self._put(self.record.pointer, value, now)
            self._advance()

    def read(self, length: int) -> bytes:
        """Give the registers from the pointer on."""
        found = bytearray()
        for _ in range(length):
            found.append(self._get(self.record.pointer))
            self._advance()
        return bytes(found)

    def pins(self) -> tuple[bool | None, ...]:
        """Return the level that each pin drives, ``None`` for a pin that is an input."""
        directions, latches = self._pair(IODIR), self._pair(OLAT)
        return tuple(None if directions >> pin & 1 else bool(latches >> pin & 1) for pin in range(PINS))

    def written(self) -> list[RegisterWrite]:
        """Return the last writes, oldest first."""
        last = self.record.writes
        entries = (self.record.log[number % LOG] for number in range(max(0, last - LOG), last))
        return [RegisterWrite(time=entry.time, register=entry.register, value=entry.value) for entry in entries]

    def _put(self, register: int, value: int, now: float) -> None:
        entry = self.record.log[self.record.writes % LOG]
        entry.time, entry.register, entry.value = now, register, value
        self.record.writes += 1
        if register in {GPIO, GPIO + 1}:
            register += OLAT - GPIO
        if register in {IOCON, IOCON + 1}:
            self.record.registers[IOCON] = self.record.registers[IOCON + 1] = value
        else:
            self.record.registers[register] = value

    def _get(self, register: int) -> int:
        if register not in {GPIO, GPIO + 1}:
            return self.record.registers[register]
        side = register - GPIO
        inputs, latch = self.record.registers[IODIR + side], self.record.registers[OLAT + side]
        outside = self.record.outside >> 8 * side & 0xFF
        return (latch & ~inputs | outside & inputs) ^ self.record.registers[IPOL + side] & 0xFF

    def _advance(self) -> None:
        self.record.pointer = (self.record.pointer + 1) % _REGISTERS

    def _pair(self, register: int) -> int:
        return self.record.registers[register] | self.record.registers[register + 1] << 8
