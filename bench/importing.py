"""How long an import of many inputs, and their export, hold up Home Assistant's loop."""

import asyncio
from collections.abc import Callable
import gc
from pathlib import Path
import time
from typing import Final

from custom_components.event_hub.engine.state import State
from custom_components.event_hub.engine.together import step_all
from custom_components.event_hub.importing.portable import export_yaml, plan_yaml

from .measure import watched_loop
from .report import Figure
from .setting_up import until_quiet
from .stage import Stage, stage

SIZES: Final = (600, 2_000)
# What the first size may take.
WITHIN: Final = 50.0
# Home Assistant itself writes down new entities and devices ten seconds later.
SETTLE: Final = 15.0


def configuration(count: int) -> str:
    """Return a configuration with so many inputs, their links, rules and schedules."""
    night = "{spans: [{days: [mon, tue], enable_at: '22:30', disable_at: '05:30'}]}"
    outputs = "\n".join(f"  Out {number}: {{enabled: true, interval: 3}}" for number in range(10))
    inputs = "\n".join(
        f"  In {number}: {{group: G {number % 9}, enabled: true, schedule: {night if number % 2 else 'null'},"
        f" links: [Out {number % 10}], rule: {{latch: {number % 50 + 1}, escalate_after: 60}}}}"
        for number in range(count)
    )
    return f"event_hub: 1\noutputs:\n{outputs}\ninputs:\n{inputs}\n"


async def importing(folder: Path, *, quick: bool) -> list[Figure]:
    """Measure beside a loop that does nothing, while a thread of its process reads, plans and writes as much."""
    figures: list[Figure] = []
    for size in SIZES[:1] if quick else SIZES:
        imported, added, exported, read, written = await _longest(folder / str(size), size)
        target = WITHIN if size == SIZES[0] else None
        figures += [
            _figure(f"import of {size:,} inputs", imported, read, target),
            _figure(f"import of {size:,} inputs, until their entities are there", added, read),
            _figure(f"export of {size:,} inputs", exported, written, target),
        ]
    return figures


def _figure(what: str, value: float, floor: float, target: float | None = None) -> Figure:
    return Figure(
        name=f"loop late, {what}, most without garbage collection",
        unit="ms",
        value=value,
        floor=floor,
        target="" if target is None else f"≤ {target:g} ms",
        met=None if target is None else value <= target,
    )


async def _longest(folder: Path, size: int) -> tuple[float, float, float, float, float]:
    """Return the longest in milliseconds: of an import, of all that it brings, of an export; and of both floors."""
    text, state = configuration(size), State()
    async with stage(folder) as ready:
        await until_quiet(ready.assistant)
        imported = await _late(ready, "import_configuration", yaml=text, dry_run=False)
        added = max((await until_quiet(ready.assistant))["busy"])
        await asyncio.sleep(SETTLE)
        exported = await _late(ready, "export_configuration")
        read = await _late_beside(lambda: plan_yaml(text, state))
        state.apply(step_all(state, plan_yaml(text, state).events, time.time()).changes)
        written = await _late_beside(lambda: export_yaml(state))
    return imported, added, exported, read, written


async def _late(ready: Stage, action: str, **data: object) -> float:
    """Return how late Home Assistant's loop was at most while an action was performed."""
    await ready.watch()
    await ready.action(action, **data)
    return float(max((await ready.watched())["busy"]))


async def _late_beside(work: Callable[[], object]) -> float:
    """Return how late this process's own loop is at most beside a thread that works, and never hands over by itself."""
    gc.disable()
    try:
        with watched_loop() as late:
            await asyncio.to_thread(work)
    finally:
        gc.enable()
    return max(late)
