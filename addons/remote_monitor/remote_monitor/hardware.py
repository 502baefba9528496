"""The hardware as the options describe it: a real bus or a simulated one, found now or later.

A bus that is missing at the start is tried again: inputs are faults until it is there, relays cannot be switched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
import errno
import os
from pathlib import Path
import time
from typing import Final

from .bands import Zone
from .bus.chips import ChipKind
from .bus.interface import BusError, I2cBus
from .bus.shared import SharedBus
from .bus.smbus import SmbusBus
from .drivers.adc import CHANNELS, Adc, Converter, ReadFault
from .drivers.ads1115 import Ads1115
from .drivers.mcp3424 import Mcp3424
from .drivers.mcp23017 import Outputs, safe_levels
from .failsafe import SafePlan, take_over
from .guard import FailsafeError, Guard
from .settings import ConverterSettings, Settings

RETRY: Final = 5.0
# Four inputs of a chip in a row, and some time for the rest of a round.
_ROUND: Final = 1.2
_SPEEDS: Final = {18: 3.75, 16: 15.0, 14: 60.0, 12: 240.0}
# Volts at a chip's own input that are 100 %.
_FULL_SCALE: Final = {"mcp3424": 2.048, "ads1115": 4.096}


class Bench:
    """Opens the bus, and gives out what is on it."""

    def __init__(self, settings: Settings, state: Path) -> None:
        """Describe the hardware; files of a simulation are below ``state``."""
        self._settings = settings
        self._file = state / "bus"

    def prepare(self) -> None:
        """Make the simulated bus, if one is wanted, with every input at its normal value. Raises ``BusError``."""
        if not self._settings.simulate:
            return
        chips = {one.address: ChipKind[one.chip.upper()] for one in self._settings.converters}
        chips |= {one.pin.address: ChipKind.MCP23017 for one in self._settings.relays}
        fresh = self._kinds() != chips
        try:
            SharedBus.create(self._file, chips).close()
        except OSError as error:
            raise BusError(
                error.errno, f"The simulated bus cannot be made in {self._file}: {error.strerror}"
            ) from error
        if fresh:
            for one in self._settings.inputs:
                normal = next(band for band in one.rule.bands if band.zone is Zone.NORMAL)
                self.simulate(one.description.key, (normal.low + normal.high) / 2)

    def make_safe(self) -> None:
        """Put every relay into its safe state, whatever was before the start. Raises ``BusError``."""
        if not self._settings.relays:
            return
        bus = self.open()
        try:
            if not take_over(bus, self.safe_plan().chips, persistence=0):
                raise BusError(errno.EIO, "Not every relay could be put into its safe state yet")
        finally:
            bus.close()

    def simulate(self, key: str, percent: float) -> None:
        """Put an input of the simulated bus at ``percent`` of full scale.

        Raises ``ValueError`` for what is no percentage, ``KeyError`` and ``BusError``.
        """
        if not 0 <= percent <= 100:  # noqa: PLR2004 - percent
            raise ValueError(f"{percent:g} is no percentage")
        channels = {one.description.key: one.channel for one in self._settings.inputs}
        chip, local = divmod(channels[key] - 1, CHANNELS)
        converter = self._settings.converters[chip]
        bus = SharedBus(self._file)
        try:
            bus.set_voltage(converter.address, local + 1, percent / 100 * _FULL_SCALE[converter.chip])
        finally:
            bus.close()

    def open(self) -> I2cBus:
        """Open the bus. Raises ``BusError``."""
        return SharedBus(self._file) if self._settings.simulate else SmbusBus(self._settings.i2c_bus)

    def adc(self) -> Adc:
        """Open the bus and return the converters on it. Raises ``BusError``."""
        bus = self.open()
        try:
            converters = [self._converter(bus, one) for one in self._settings.converters]
            return Adc(converters, channels=frozenset(one.channel for one in self._settings.inputs))
        except ValueError:
            bus.close()
            raise

    def outputs(self, bus: I2cBus) -> Outputs:
        """Return the relays on an open bus."""
        return Outputs(bus, {one.description.key: one.pin for one in self._settings.relays})

    def safe_plan(self) -> SafePlan:
        """Return what the watchdog does when this process no longer can."""
        pins = {one.description.key: one.pin for one in self._settings.relays}
        bus: int | str = str(self._file) if self._settings.simulate else self._settings.i2c_bus
        return SafePlan(chips=safe_levels(pins), bus=bus)

    def hand_over(self, user: int, group: int) -> None:
        """Let a user have the bus's device, which belongs to root; where that fails, opening it says so."""
        if not self._settings.simulate:
            with suppress(OSError):
                os.chown(f"/dev/i2c-{self._settings.i2c_bus}", user, group)

    def _kinds(self) -> dict[int, ChipKind]:
        """Return the chips of the simulated bus that is there, none where there is none."""
        try:
            bus = SharedBus(self._file)
        except BusError:
            return {}
        try:
            return bus.kinds()
        finally:
            bus.close()

    def _converter(self, bus: I2cBus, one: ConverterSettings) -> Converter:
        if one.chip == "ads1115":
            return Ads1115(bus, one.address)
        return Mcp3424(bus, one.address, bits=one.bits or bits_for(self._settings.sample_rate))


def bits_for(rate: float) -> int:
    """Return the best resolution at which an MCP3424 reads its four inputs ``rate`` times a second."""
    needed = CHANNELS * rate * _ROUND
    return next((bits for bits, speed in _SPEEDS.items() if speed >= needed), min(_SPEEDS))


class PatientAdc:
    """Converters that may be missing at first. Without a bus every input has the fault that says why."""

    def __init__(self, open_adc: Callable[[], Adc], channels: frozenset[int]) -> None:
        """Open the bus with ``open_adc`` once it is needed, and every few seconds until that works."""
        self._open = open_adc
        self._channels = channels
        self._adc: Adc | None = None
        self._fault = ReadFault(reason="The I2C bus was not opened yet")
        self._try_at = 0.0

    def full_scale(self, channel: int) -> float:
        """Return the highest voltage that an input can tell."""
        return 1.0 if self._adc is None else self._adc.full_scale(channel)

    def sample(self) -> Mapping[int, float | ReadFault]:
        """Read every input once."""
        if self._adc is None and time.monotonic() >= self._try_at:
            self._try_at = time.monotonic() + RETRY
            try:
                self._adc = self._open()
            except (BusError, ValueError) as error:
                self._fault = ReadFault(reason=str(error))
        return dict.fromkeys(self._channels, self._fault) if self._adc is None else self._adc.sample()


class GuardedPins:
    """Relays that are switched only while the watchdog is there. The bus may be missing at first."""

    def __init__(self, bench: Bench) -> None:
        """Open the bus and start the watchdog when they are needed, and every few seconds until that works."""
        self._bench = bench
        self._guard: Guard | None = None
        self._outputs: Outputs | None = None
        self._error = BusError(errno.ENODEV, "The I2C bus was not opened yet")
        self._try_at = 0.0

    def write(self, key: str, *, on: bool) -> None:
        """Switch a relay. Raises ``BusError``, also while there is no bus or no watchdog."""
        self._opened().write(key, on=on)

    def refresh(self) -> Mapping[int, BusError]:
        """Restore what was lost; return the errors of the chips that do not answer, or of the bus as number 0."""
        try:
            return self._opened().refresh()
        except BusError as error:
            return {0: error}

    def beat(self) -> None:
        """Tell the watchdog that this process lives. Raises ``FailsafeError`` when it does not hear."""
        if self._guard is not None:
            self._guard.beat()

    def end(self) -> None:
        """Let the watchdog end, if the relays are safe; else leave them to it. Raises ``BusError``."""
        guard, outputs, self._guard, self._outputs = self._guard, self._outputs, None, None
        self._try_at = 0.0
        if guard is None or outputs is None:
            return
        problems = outputs.refresh()
        if problems:
            guard.abandon()
            raise next(iter(problems.values()))
        guard.end()

    def _opened(self) -> Outputs:
        if self._outputs is None:
            self._try()
        if self._outputs is None:
            raise self._error
        return self._outputs

    def _try(self) -> None:
        if time.monotonic() < self._try_at:
            return
        self._try_at = time.monotonic() + RETRY
        guard = Guard(self._bench.safe_plan())
        try:
            bus = self._bench.open()
        except BusError as error:
            self._error = error
            return
        outputs = self._bench.outputs(bus)
        # What is loaded with the first transfer must not take the watchdog's time.
        outputs.refresh()
        try:
            guard.start()
        except FailsafeError as error:
            bus.close()
            self._error = BusError(errno.ENODEV, str(error))
        else:
            self._guard, self._outputs = guard, outputs
