"""Floods of events, with ten inputs and with ten thousand: events a second, processor, memory, the loop's lateness.

Each number of inputs is measured twice: as fast as commands come back, which is what the hub can do, and at
the promised thousand a second, at which Home Assistant is to stay responsive.
"""

import asyncio
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from .child import Json
from .load_figures import Load, figures_of
from .measure import memory, processor_time, watched_loop
from .names import FLOODING_BOARD, Flood
from .report import Figure
from .stage import Stage, add_hub, stage, until_consumed

SUSTAINED: Final = 1_000.0
# So many events may be without a command at the promised rate before the devices wait.
PATIENT: Final = 1_000
# What an event leaves to be done is done some seconds later: the recorder commits every five.
SETTLE: Final = 8.0
IDLE: Final = 10.0
# The processor's time is taken without the beginning and the end of a flood.
EDGE: Final = 2.0
NAMED: Final = 8
NAMED_WITH: Final = 1_000


@dataclass(slots=True)
class _Seen:
    """What the rounds of one number of inputs came to, a list item a round."""

    most: dict[str, list[float]] = field(default_factory=lambda: {"hub": [], "relay": []})
    named: list[float] = field(default_factory=list)
    processor: dict[str, list[float]] = field(default_factory=lambda: {"hub": [], "relay": []})
    paced: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    collections: list[float] = field(default_factory=list)
    machine: list[float] = field(default_factory=list)


async def load(folder: Path, *, quick: bool) -> list[Figure]:
    """Let inputs come, ten times as many each time, and measure with each number after a start of Home Assistant."""
    sizes = (10, 100, 1_000) if quick else (10, 100, 1_000, 10_000)
    rounds, seconds = (1, 6.0) if quick else (3, 15.0)
    loads: list[Load] = []
    async with stage(folder, hub=False) as ready:
        await asyncio.sleep(SETTLE)
        bare_memory, _ = memory(ready.pid)
        bare_collection = await ready.collect_garbage()
        await add_hub(ready)
        known = 0
        for inputs in sizes:
            await ready.register(inputs, FLOODING_BOARD, first=known)
            known = inputs
            await _flood(ready, Flood(way="hub", inputs=inputs, seconds=600, events=inputs))
            await asyncio.sleep(SETTLE)
            await ready.assistant.restart()
            await until_consumed(ready)
            await asyncio.sleep(SETTLE)
            loads.append(await _measure(ready, inputs, rounds, seconds))
    return figures_of(loads, bare_memory, bare_collection, SUSTAINED)


async def _measure(ready: Stage, inputs: int, rounds: int, seconds: float) -> Load:
    seen = _Seen()
    idle = await _idle(ready.pid)
    for way in ("hub", "relay"):
        await _flood(ready, Flood(way=way, inputs=inputs, seconds=seconds / 3))
    await asyncio.sleep(SETTLE)
    for _ in range(rounds):
        for way in ("hub", "relay"):
            await _most(ready, Flood(way=way, inputs=inputs, seconds=seconds / 2), seen)
        await asyncio.sleep(SETTLE)
        await _paced(ready, _promised("hub", inputs, seconds), idle, seen)
        await asyncio.sleep(SETTLE)
        await _paced(ready, _promised("relay", inputs, seconds), 0.0, seen)
    resident, most_resident = memory(ready.pid)
    return Load(
        inputs=inputs,
        per_second=median(seen.most["hub"]),
        relay_per_second=median(seen.most["relay"]),
        named_per_second=median(seen.named) if seen.named else None,
        paced=median(seen.paced),
        processor=median(seen.processor["hub"]),
        relay_processor=median(seen.processor["relay"]),
        late=seen.late,
        busy=seen.busy,
        machine=seen.machine,
        collections=seen.collections,
        resident=resident,
        most_resident=most_resident,
    )


async def _most(ready: Stage, flood: Flood, seen: _Seen) -> None:
    """As fast as commands come back."""
    seen.most[flood.way].append((await _flood(ready, flood))["per_second"])
    if flood.way == "hub" and flood.inputs == NAMED_WITH:
        named = Flood(way="hub", inputs=flood.inputs, seconds=flood.seconds, named=NAMED)
        seen.named.append((await _flood(ready, named))["per_second"])


def _promised(way: str, inputs: int, seconds: float) -> Flood:
    return Flood(way=way, inputs=inputs, seconds=seconds, rate=SUSTAINED, outstanding=PATIENT)


async def _paced(ready: Stage, flood: Flood, idle: float, seen: _Seen) -> None:
    """At the promised rate."""
    is_hub = flood.way == "hub"
    pid = ready.pid if is_hub else ready.relay.pid
    await ready.watch()
    with watched_loop() as own:
        flooding = asyncio.create_task(_flood(ready, flood))
        await asyncio.sleep(EDGE)
        before = processor_time(pid)
        await asyncio.sleep(flood.seconds - 2 * EDGE)
        used = processor_time(pid) - before
        answer = await flooding
    observed = await ready.watched()
    share = used / (flood.seconds - 2 * EDGE) - idle
    seen.processor[flood.way].append(1000 * share / answer["per_second"])
    if is_hub:
        seen.paced.append(answer["per_second"])
        seen.machine += own
        seen.late += observed["lateness"]
        seen.busy += observed["busy"]
        seen.collections += observed["collections"]


async def _flood(ready: Stage, flood: Flood) -> Json:
    answer = await ready.devices.ask("sustain", **asdict(flood))
    assert not answer["lost"], f"{answer['lost']} events without a command"
    return answer


async def _idle(pid: int) -> float:
    """Return how much processor Home Assistant takes while nothing happens, in seconds a second."""
    before = processor_time(pid)
    await asyncio.sleep(IDLE)
    return (processor_time(pid) - before) / IDLE
