"""Voltages of every input, from converters that work at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import errno
import time
from typing import Final, Protocol

from ..bus.interface import BusError

CHANNELS: Final = 4
_POLL: Final = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFault:
    """Why an input has no voltage."""

    reason: str


class Converter(Protocol):
    """One chip with four inputs, numbered from 1, that converts one of them at a time."""

    @property
    def address(self) -> int:
        """The chip's address on the bus."""

    @property
    def full_scale(self) -> float:
        """The highest voltage at the terminals that can be told."""

    @property
    def conversion_time(self) -> float:
        """How many seconds a conversion takes."""

    def start(self, channel: int) -> None:
        """Start to convert an input. Raises ``BusError``."""

    def collect(self) -> float | None:
        """Return the volts at the terminals, ``None`` while it still converts. Raises ``BusError``."""


class Adc:
    """Inputs counted from 1 over the chips in their order: chip one has 1 to 4, chip two 5 to 8."""

    def __init__(
        self,
        converters: Sequence[Converter],
        *,
        channels: frozenset[int] | None = None,
        wait: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read ``channels``, or every one there is. Raises ``ValueError`` for one that no chip has."""
        self._converters = tuple(converters)
        there = frozenset(range(1, CHANNELS * len(self._converters) + 1))
        self._channels = there if channels is None else channels
        if not self._channels <= there:
            missing = min(self._channels - there)
            raise ValueError(f"There is no input {missing}: the converters have inputs 1 to {len(there)}")
        self._wait = wait
        self._clock = clock

    def full_scale(self, channel: int) -> float:
        """Return the highest voltage that an input can tell. Raises ``IndexError`` for one that is not there."""
        return self._converters[(channel - 1) // CHANNELS].full_scale

    def sample(self) -> dict[int, float | ReadFault]:
        """Read every input: all chips convert at once, four times in a row.

        A chip that fails is left alone for the rest of the round, so it costs the others one time-out.
        """
        found: dict[int, float | ReadFault] = {}
        failed: dict[int, ReadFault] = {}
        for local in range(1, CHANNELS + 1):
            wanted = {number * CHANNELS + local: number for number in range(len(self._converters))}
            wanted = {channel: number for channel, number in wanted.items() if channel in self._channels}
            self._start(local, set(wanted.values()) - set(failed), failed)
            started = self._clock()
            for channel, number in wanted.items():
                found[channel] = failed[number] if number in failed else self._collect(number, started, failed)
        return found

    def _start(self, local: int, numbers: set[int], failed: dict[int, ReadFault]) -> None:
        for number in sorted(numbers):
            try:
                self._converters[number].start(local)
            except BusError as error:
                failed[number] = ReadFault(reason=str(error))

    def _collect(self, number: int, started: float, failed: dict[int, ReadFault]) -> float | ReadFault:
        converter = self._converters[number]
        try:
            return self._wait_for(converter, started)
        except BusError as error:
            failed[number] = ReadFault(reason=str(error))
            return failed[number]

    def _wait_for(self, converter: Converter, started: float) -> float:
        """Return the volts once they are there; a chip is given twice its time, and 5 ms for a busy machine."""
        ready = started + converter.conversion_time
        while True:
            early = ready - self._clock()
            self._wait(early) if early > 0 else None
            overdue = self._clock() > started + 2 * converter.conversion_time + 0.005
            volts = converter.collect()
            if volts is not None:
                return volts
            if overdue:
                raise BusError(errno.ETIME, f"The chip at {converter.address:#04x} does not finish a conversion")
            ready = self._clock() + _POLL


def lost_settings(address: int) -> BusError:
    """Return the error of a chip that no longer has the settings it was given a moment ago."""
    return BusError(errno.EIO, f"The chip at {address:#04x} lost its settings: check its power supply")
