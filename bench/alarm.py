"""From a zone's opening to the siren's command at its device, with a thousand zones and a home that is busy otherwise.

Every alarm is on the disk before it is told, so the disk's share is measured beside it: a line added to a file and
synced, as the journal does it.
"""

import os
from pathlib import Path
import time
from typing import Final

from .measure import percentile
from .messages import OUTPUT_KEY, input_key
from .report import Figure
from .stage import AT_ONCE, Stage, stage

ZONES: Final = 1_000
BUSY_INPUTS: Final = 80
BUSY_RATE: Final = 100.0
WITHIN: Final = 100.0
PARTITION: Final = "Bench"
_LINE: Final = b"x" * 700 + b"\n"


async def alarm(folder: Path, *, quick: bool) -> list[Figure]:
    """Arm, break in, disarm, many times, in turns with the bare relay and the bare disk."""
    count = 20 if quick else 400
    hub: list[float] = []
    relay: list[float] = []
    disk: list[float] = []
    async with stage(folder) as ready:
        await _set_up(ready)
        for number in range(-5, count):
            zone = number % ZONES
            await ready.action("alarm_arm", partition=PARTITION, mode="away", skip_delay=True, force=True)
            answer = await ready.devices.ask("break_in", zone=zone, rate=BUSY_RATE, first=ZONES, inputs=BUSY_INPUTS)
            await ready.action("alarm_disarm", partition=PARTITION)
            bare = await ready.devices.ask("latency", way="relay", mqtt=False, rate=BUSY_RATE, count=5)
            # The first ones are the warm-up.
            if number >= 0:
                hub.append(answer["milliseconds"])
                relay += bare["milliseconds"]
                disk.append(_synced_line(folder / "line"))
    return [_figure(hub, relay, disk, 50, None), _figure(hub, relay, disk, 99, WITHIN)]


def _figure(hub: list[float], relay: list[float], disk: list[float], percent: int, target: float | None) -> Figure:
    value = percentile(hub, percent)
    name = "median" if percent == 50 else f"p{percent}"
    return Figure(
        name=f"alarm with {ZONES} zones, {name}",
        unit="ms",
        value=value,
        floor=percentile(relay, percent) + percentile(disk, percent),
        target="" if target is None else f"≤ {target:g} ms",
        met=None if target is None else value <= target,
    )


async def _set_up(ready: Stage) -> None:
    """A thousand zones of one partition, and a few inputs beside them that trigger all the time."""
    await ready.register(ZONES + BUSY_INPUTS)
    zones = [input_key(number) for number in range(ZONES)]
    await ready.action(
        "set_partition",
        name=PARTITION,
        siren_outputs=[OUTPUT_KEY],
        code_to_disarm=False,
        code_to_bypass=False,
        fault_policy="override",
    )
    for start in range(0, ZONES, AT_ONCE):
        some = zones[start : start + AT_ONCE]
        await ready.action("unlink", inputs=some, outputs=[OUTPUT_KEY])
        # These boards never say that a door was closed.
        await ready.action("set_rule", inputs=some, latch=0, hold=1)
        await ready.action("set_zone", partition=PARTITION, inputs=some, kind="instant")


def _synced_line(file: Path) -> float:
    """Return how many milliseconds the disk takes for what the journal asks of it."""
    with file.open("ab", buffering=0) as opened:
        began = time.perf_counter()
        opened.write(_LINE)
        os.fdatasync(opened.fileno())
        return (time.perf_counter() - began) * 1000
