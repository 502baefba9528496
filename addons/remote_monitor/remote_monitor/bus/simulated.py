"""A bus with simulated chips, in this process."""

from __future__ import annotations

from collections.abc import Buffer, Callable, Iterator, Mapping
from contextlib import contextmanager
import ctypes
import random
import threading
import time
from typing import Final

from .chips import Ads1115, ChipKind, ChipRecord, Converter, ConverterRecord, Mcp3424
from .expander import ExpanderRecord, Mcp23017, RegisterWrite
from .interface import BusLock, bus_stuck, no_answer, part

_SLOT: Final = 8192
_MAGIC: Final = b"i2c-sim1"

type Chip = Mcp3424 | Ads1115 | Mcp23017
type Memory = bytearray | memoryview


class _Head(ctypes.LittleEndianStructure):
    magic: bytes
    count: int
    stuck: int
    _fields_ = (("magic", ctypes.c_char * 8), ("count", ctypes.c_uint32), ("stuck", ctypes.c_uint8))


def new_memory(chips: Mapping[int, ChipKind]) -> bytearray:
    """Return the memory of a bus with these chips by address, before power-on."""
    memory = bytearray(_SLOT * (1 + len(chips)))
    head = _Head.from_buffer(memory)
    head.magic, head.count = _MAGIC, len(chips)
    for slot, (address, kind) in enumerate(sorted(chips.items()), start=1):
        record = ChipRecord.from_buffer(memory, slot * _SLOT)
        record.kind, record.address = kind, address
    return memory


def holds_bus(memory: Memory) -> bool:
    """Return whether ``memory`` is a bus that ``new_memory`` began."""
    if len(memory) < _SLOT:
        return False
    head = _Head.from_buffer(memory)
    return head.magic == _MAGIC and len(memory) == _SLOT * (1 + head.count)


class SimulatedBus(BusLock):
    """Chips register by register, with faults on request. Any thread may use it.

    Voltages are those at a chip's input, after a board's divider; inputs count from 1.
    """

    def __init__(
        self,
        chips: Mapping[int, ChipKind] | None = None,
        *,
        memory: Memory | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Place new ``chips`` by address and power them on, or stand over ``memory`` as it is."""
        super().__init__()
        self._wire = threading.Lock()
        self._clock = clock
        self._random = random.Random(0)  # noqa: S311 - noise, no secrets
        kept = memory if memory is not None else new_memory(chips or {})
        self._head = _Head.from_buffer(kept)
        self._chips = dict(self._place(kept, slot) for slot in range(1, self._head.count + 1))
        if memory is None:
            for address in self._chips:
                self.power_cycle(address)

    def writeto(self, address: int, buffer: Buffer, *, start: int = 0, end: int | None = None) -> None:
        """Write ``buffer[start:end]``. Raises ``BusError``."""
        with self._transfer():
            self._write(address, part(buffer, start, end))

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        """Fill ``buffer[start:end]``. Raises ``BusError``."""
        with self._transfer():
            view = memoryview(buffer)[start:end]
            view[:] = self._answering(address).read(len(view))

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
        """Write, then read with nobody in between. Raises ``BusError``."""
        with self._transfer():
            self._write(address, part(out_buffer, out_start, out_end))
            view = memoryview(in_buffer)[in_start:in_end]
            view[:] = self._answering(address).read(len(view))

    def close(self) -> None:
        """Nothing is held open."""

    def kinds(self) -> dict[int, ChipKind]:
        """Return the chips by address."""
        return {address: ChipKind(chip.record.kind) for address, chip in self._chips.items()}

    def set_voltage(self, address: int, channel: int, volts: float) -> None:
        """Put a voltage on a converter's input. Raises ``KeyError`` without such a converter, ``ValueError``."""
        with self._transfer():
            self._converter(address).set_voltage(channel, volts)

    def set_noise(self, address: int, channel: int, volts: float) -> None:
        """Let an input waver by so many volts. Raises as ``set_voltage``."""
        with self._transfer():
            self._converter(address).set_noise(channel, volts)

    def pins(self, address: int) -> tuple[bool | None, ...]:
        """Return what an expander's 16 pins drive, ``None`` for inputs. Raises ``KeyError`` without one."""
        with self._transfer():
            return self._expander(address).pins()

    def writes(self, address: int) -> list[RegisterWrite]:
        """Return the last 256 bytes written into an expander. Raises ``KeyError`` without one."""
        with self._transfer():
            return self._expander(address).written()

    def fail(self, address: int, *, failing: bool = True) -> None:
        """Let a chip stop answering, or answer again. Raises ``KeyError`` without one."""
        with self._transfer():
            self._chips[address].record.failing = failing

    def stuck(self, *, stuck: bool = True) -> None:
        """Let every transfer time out, or no longer."""
        with self._transfer():
            self._head.stuck = stuck

    def power_cycle(self, address: int) -> None:
        """Give a chip the registers it has after power-on. Raises ``KeyError`` without one."""
        with self._transfer():
            self._chips[address].power_on()

    @contextmanager
    def _transfer(self) -> Iterator[None]:
        with self._wire:
            yield

    def _place(self, memory: Memory, slot: int) -> tuple[int, Chip]:
        offset = slot * _SLOT
        record = ChipRecord.from_buffer(memory, offset)
        if record.kind == ChipKind.MCP23017:
            return record.address, Mcp23017(ExpanderRecord.from_buffer(memory, offset))
        make = Mcp3424 if record.kind == ChipKind.MCP3424 else Ads1115
        converter = ConverterRecord.from_buffer(memory, offset)
        return record.address, make(converter, self._clock, lambda: self._random.uniform(-1, 1))

    def _answering(self, address: int) -> Chip:
        if self._head.stuck:
            raise bus_stuck()
        chip = self._chips.get(address)
        if chip is None or chip.record.failing:
            raise no_answer(address)
        return chip

    def _write(self, address: int, data: bytes) -> None:
        chip = self._answering(address)
        if isinstance(chip, Mcp23017):
            chip.write(data, self._clock())
        else:
            chip.write(data)

    def _converter(self, address: int) -> Converter:
        chip = self._chips[address]
        if not isinstance(chip, Converter):
            raise KeyError(f"{address:#04x} is no converter")
        return chip

    def _expander(self, address: int) -> Mcp23017:
        chip = self._chips[address]
        if not isinstance(chip, Mcp23017):
            raise KeyError(f"{address:#04x} is no port expander")
        return chip
