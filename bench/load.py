"""As many events as the hub takes, with ten inputs and with ten thousand: events a second, processor, memory, loop."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from statistics import median
import time
from typing import Any, Final

from .measure import memory, percentile, processor_time, watched_loop
from .report import Figure
from .stage import Stage, add_hub, stage

PER_BOARD: Final = 100
OUTSTANDING: Final = 50
# What an event leaves to be done is done some seconds later: the recorder commits every five.
SETTLE: Final = 8.0
IDLE: Final = 10.0

SUSTAINED: Final = 1_000.0
PROCESSOR: Final = 1.0
LONGEST_BLOCK: Final = 50.0
FLAT: Final = 1.2
TARGET_INPUTS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one number of inputs came to. Processor times are in milliseconds an event, lateness in milliseconds."""

    inputs: int
    per_second: float
    processor: float
    relay_per_second: float
    relay_processor: float
    lateness: list[float]
    collections: list[float]
    machine_lateness: list[float]
    resident: float
    most_resident: float


async def load(folder: Path, *, quick: bool) -> list[Figure]:
    """Let inputs come, ten times as many each time, and publish as fast as commands come back."""
    sizes = (10, 100, 1_000) if quick else (10, 100, 1_000, 10_000)
    rounds, seconds = (1, 5.0) if quick else (3, 15.0)
    loads: list[Load] = []
    async with stage(folder, hub=False) as ready:
        await asyncio.sleep(SETTLE)
        bare, _ = memory(ready.pid)
        await add_hub(ready)
        known = 0
        for inputs in sizes:
            await ready.register(inputs, PER_BOARD, first=known)
            known = inputs
            await _warm_up(ready, inputs)
            loads.append(await _measure(ready, inputs, rounds, seconds))
        eight = await _sustain(ready, "hub", TARGET_INPUTS, seconds, named=8)
    return _figures(loads, bare, eight["per_second"])


async def _warm_up(ready: Stage, inputs: int) -> None:
    """Let every input trigger once, and what that leaves to be done be done."""
    await _sustain(ready, "hub", inputs, 600, events=inputs)
    await _sustain(ready, "relay", inputs, 1)
    await asyncio.sleep(SETTLE)


async def _measure(ready: Stage, inputs: int, rounds: int, seconds: float) -> Load:
    rates: dict[str, list[float]] = {"hub": [], "relay": []}
    processor: dict[str, list[float]] = {"hub": [], "relay": []}
    idle = await _idle(ready.pid)
    await ready.watch()
    lateness: list[float] = []
    collections: list[float] = []
    machine: list[float] = []
    for _ in range(rounds):
        for way, pid, at_rest in (("hub", ready.pid, idle), ("relay", ready.relay.pid, 0.0)):
            before, began = processor_time(pid), time.monotonic()
            await ready.watch()
            with watched_loop() as own:
                answer = await _sustain(ready, way, inputs, seconds)
            seen = await ready.watched()
            await asyncio.sleep(SETTLE)
            used = processor_time(pid) - before - at_rest * (time.monotonic() - began)
            rates[way].append(answer["per_second"])
            processor[way].append(1000 * used / answer["events"])
            if way == "hub":
                machine += own
                lateness += seen["lateness"]
                collections += seen["collections"]
    resident, most = memory(ready.pid)
    return Load(
        inputs=inputs,
        per_second=median(rates["hub"]),
        processor=median(processor["hub"]),
        relay_per_second=median(rates["relay"]),
        relay_processor=median(processor["relay"]),
        lateness=lateness,
        collections=collections,
        machine_lateness=machine,
        resident=resident,
        most_resident=most,
    )


async def _sustain(
    ready: Stage, way: str, inputs: int, seconds: float, *, named: int = 1, events: int | None = None
) -> dict[str, Any]:
    answer = await ready.devices.ask(
        "sustain",
        way=way,
        inputs=inputs,
        outstanding=min(OUTSTANDING, events or OUTSTANDING),
        seconds=seconds,
        per_board=PER_BOARD,
        named=named,
        events=events,
    )
    assert not answer["lost"], f"{answer['lost']} events without a command"
    return answer


async def _idle(pid: int) -> float:
    """Return how much processor Home Assistant takes while nothing happens, in seconds a second."""
    before, began = processor_time(pid), time.monotonic()
    await asyncio.sleep(IDLE)
    return (processor_time(pid) - before) / (time.monotonic() - began)


def _figures(loads: list[Load], bare_memory: float, eight: float) -> list[Figure]:
    figures: list[Figure] = []
    for one in loads:
        matters = one.inputs == TARGET_INPUTS
        figures.append(
            Figure(
                name=f"sustained, {one.inputs:,} inputs",
                value=one.per_second,
                unit="events/s",
                floor=one.relay_per_second,
                target=f"≥ {SUSTAINED:,.0f} events/s" if matters else "",
                met=one.per_second >= SUSTAINED if matters else None,
            )
        )
    figures.append(Figure(name="sustained, 1,000 inputs, events that name 8 inputs", value=eight, unit="events/s"))
    figures += [
        Figure(
            name=f"processor an event, {one.inputs:,} inputs",
            value=one.processor,
            unit="ms",
            floor=one.relay_processor,
            target=f"< {PROCESSOR:g} ms",
            met=one.processor < PROCESSOR,
        )
        for one in loads
    ]
    costs = [one.processor for one in loads]
    figures.append(
        Figure(
            name=f"processor an event, dearest of {loads[0].inputs:,} to {loads[-1].inputs:,} inputs to cheapest",
            value=max(costs),
            floor=min(costs),
            unit="ms",
            target=f"≤ {FLAT:g} times the floor",
            met=max(costs) <= FLAT * min(costs),
        )
    )
    figures += [figure for one in loads for figure in _responsiveness(one)]
    figures += [
        Figure(name=f"memory, {one.inputs:,} inputs", value=one.resident, floor=bare_memory, unit="MiB")
        for one in loads
    ]
    figures.append(Figure(name="memory, most ever", value=loads[-1].most_resident, floor=bare_memory, unit="MiB"))
    return figures


def _responsiveness(one: Load) -> list[Figure]:
    matters = one.inputs == TARGET_INPUTS
    name = f"loop late while sustained, {one.inputs:,} inputs, "
    longest = max(one.lateness)
    return [
        Figure(
            name=f"{name}p99",
            value=percentile(one.lateness, 99),
            floor=percentile(one.machine_lateness, 99),
            unit="ms",
        ),
        Figure(
            name=f"{name}most",
            value=longest,
            floor=max(one.machine_lateness),
            unit="ms",
            target=f"≤ {LONGEST_BLOCK:g} ms" if matters else "",
            met=longest <= LONGEST_BLOCK if matters else None,
        ),
        Figure(name=f"longest garbage collection, {one.inputs:,} inputs", value=max(one.collections), unit="ms"),
    ]
