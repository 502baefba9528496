"""MCP23017: relays on the pins of port expanders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from ..bus.interface import BusError, I2cBus, no_answer
from . import stand_ins

PINS: Final = 16
_ALL_INPUTS: Final = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayPin:
    """Where a relay is wired to, and how."""

    address: int
    pin: int
    active_low: bool = False
    safe_on: bool = False

    def level(self, *, on: bool) -> int:
        """Return the pin's bit, in its place, that switches the relay on or off."""
        return int(on != self.active_low) << self.pin


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipLevels:
    """The registers of one expander, 16 bits each. A direction bit of 1 is an input."""

    address: int
    latches: int
    directions: int


def safe_levels(pins: Mapping[str, RelayPin]) -> tuple[ChipLevels, ...]:
    """Return for each expander what puts its relays into their safe states. Raises ``ValueError`` for a shared pin."""
    latches: dict[int, int] = {}
    directions: dict[int, int] = {}
    for key, pin in pins.items():
        if not 0 <= pin.pin < PINS:
            raise ValueError(f"{key}: pin must be 0 to 15, is {pin.pin}")
        free = directions.get(pin.address, _ALL_INPUTS)
        if not free >> pin.pin & 1:
            raise ValueError(f"{key}: pin {pin.pin} of {pin.address:#04x} drives another relay already")
        directions[pin.address] = free & ~(1 << pin.pin)
        latches[pin.address] = latches.get(pin.address, 0) | pin.level(on=pin.safe_on)
    return tuple(
        ChipLevels(address=address, latches=latches[address], directions=directions[address])
        for address in sorted(directions)
    )


class _Expander:
    """One chip and what its registers should hold. ``doubtful`` while a write may not have arrived."""

    def __init__(self, bus: I2cBus, levels: ChipLevels) -> None:
        self.levels = levels
        self.latches = levels.latches
        self.doubtful = True
        self._bus = bus
        self._chip: Any = None

    def put(self) -> None:
        """Write latches, then directions: the other way round a relay would click. Raises ``BusError``."""
        self.doubtful = True
        chip = self._driver()
        chip.gpio = self.latches
        chip.iodir = self.levels.directions
        self.doubtful = False

    def switch(self) -> None:
        """Write the latches, and all registers if they may have been lost. Raises ``BusError``."""
        if self.doubtful:
            return self.put()
        self.doubtful = True
        self._driver().gpio = self.latches
        self.doubtful = False
        return None

    def was_reset(self) -> bool:
        """Tell whether the chip lost power, which makes every pin an input. Raises ``BusError``."""
        return bool(self._driver().iodir != self.levels.directions)

    def _driver(self) -> Any:
        """Return Adafruit's driver, made as soon as the chip answers."""
        if self._chip is None:
            stand_ins.install()
            driver = import_module("adafruit_mcp230xx.mcp23017")
            try:
                self._chip = driver.MCP23017(self._bus, address=self.levels.address, reset=False)
            except ValueError as error:
                raise no_answer(self.levels.address) from error
        return self._chip


class Outputs:
    """The relays of all expanders. One thread alone uses it: Adafruit's drivers share one buffer.

    What cannot be written is kept, and ``refresh`` writes it as soon as the chip answers.
    """

    def __init__(self, bus: I2cBus, pins: Mapping[str, RelayPin]) -> None:
        """Describe the relays; nothing is sent yet. Raises ``ValueError`` for pins that cannot be."""
        self._pins = dict(pins)
        self._expanders = {levels.address: _Expander(bus, levels) for levels in safe_levels(pins)}

    def write(self, key: str, *, on: bool) -> None:
        """Switch a relay. Raises ``BusError`` when that is put off until the chip answers, ``KeyError``."""
        pin = self._pins[key]
        expander = self._expanders[pin.address]
        expander.latches = expander.latches & ~(1 << pin.pin) | pin.level(on=on)
        expander.switch()

    def refresh(self) -> dict[int, BusError]:
        """Restore chips that lost power or missed a write. Return the errors of those that do not answer."""
        problems: dict[int, BusError] = {}
        for address, expander in self._expanders.items():
            try:
                if expander.doubtful or expander.was_reset():
                    expander.put()
            except BusError as error:
                expander.doubtful = True
                problems[address] = error
        return problems
