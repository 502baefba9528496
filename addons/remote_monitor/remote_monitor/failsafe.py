"""The watchdog: a process of its own that puts every relay into its safe state when the app no longer can.

``python -m remote_monitor.failsafe PLAN`` hears beats on its standard input. A pipe that closes (the app was
killed) or stays silent (the app hangs) makes it write the safe states itself; after a farewell it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import json
import os
from pathlib import Path
import select
import signal
import sys
import time
from typing import Final, Self

from .bus.interface import BusError, I2cBus, held
from .bus.shared import SharedBus
from .bus.smbus import SmbusBus
from .drivers.mcp23017 import ChipLevels

BEAT: Final = b"."
FAREWELL: Final = b"!"
READY: Final = "ready"
SILENCE: Final = 1.5

ENDED: Final = 0
NO_BUS: Final = 1
TOOK_OVER: Final = 3
FAILED: Final = 4

_OLAT: Final = 0x14
_IODIR: Final = 0x00
_RETRY: Final = 0.05
_PERSISTENCE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SafePlan:
    """The safe states, and the bus: its number, or the file of a simulated one."""

    chips: tuple[ChipLevels, ...]
    bus: int | str
    silence: float = SILENCE

    def to_json(self) -> str:
        """Return the plan as an argument of the process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote. Raises ``ValueError``, ``TypeError`` or ``KeyError`` for anything else."""
        found = json.loads(text)
        chips = tuple(ChipLevels(**chip) for chip in found["chips"])
        return cls(chips=chips, bus=found["bus"], silence=found["silence"])

    def open_bus(self) -> I2cBus:
        """Open the bus. Raises ``BusError``."""
        return SmbusBus(self.bus) if isinstance(self.bus, int) else SharedBus(Path(self.bus))


def watch(pipe: int, silence: float) -> bool:
    """Wait for the end of beats on file descriptor ``pipe``. Return whether the app said farewell first."""
    while True:
        heard, _, _ = select.select([pipe], [], [], silence)
        said = os.read(pipe, 4096) if heard else b""
        if FAREWELL in said:
            return True
        if not said:
            return False


def take_over(bus: I2cBus, chips: Sequence[ChipLevels], persistence: float = _PERSISTENCE) -> bool:
    """Write every safe state, again and again where that fails. Return whether all were written in time."""
    give_up = time.monotonic() + persistence
    left = list(chips)
    while True:
        left = [chip for chip in left if not _written(bus, chip)]
        if not left or time.monotonic() > give_up:
            return not left
        time.sleep(_RETRY)


def _written(bus: I2cBus, chip: ChipLevels) -> bool:
    """Write latches, then directions. This needs no driver, so it works whatever befell the app."""
    try:
        with held(bus):
            bus.writeto(chip.address, bytes([_OLAT]) + chip.latches.to_bytes(2, "little"))
            bus.writeto(chip.address, bytes([_IODIR]) + chip.directions.to_bytes(2, "little"))
    except BusError:
        return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Watch the app that started this process. Return the process's exit status."""
    plan = SafePlan.from_json(arguments[0])
    for ordered_stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ordered_stop, signal.SIG_IGN)  # the app hears it too, and says farewell when it is through
    try:
        bus = plan.open_bus()
    except BusError as error:
        _say(str(error))
        return NO_BUS
    _say(READY)
    if watch(sys.stdin.fileno(), plan.silence):
        return ENDED
    # An app that was only slow must notice, or it would go on with nobody to watch it.
    os.close(sys.stdin.fileno())
    return TOOK_OVER if take_over(bus, plan.chips) else FAILED


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
