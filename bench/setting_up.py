"""How long a thousand devices take: from their first heartbeats to their entities, and at every start after that."""

import asyncio
from pathlib import Path
import time
from typing import Final

from devkit.home_assistant import HomeAssistantProcess
from devkit.home_assistant_api import eventually

from .child import Json
from .report import Figure
from .stage import WATCH, Stage, prepare, stage

DEVICES: Final = 1_000
# As many seconds without another entity mean that all are there.
QUIET: Final = 3.0
PATIENCE: Final = 180.0


async def setting_up(folder: Path, *, quick: bool) -> list[Figure]:
    """Compare with as many devices and entities that have nothing behind them."""
    devices = 100 if quick else DEVICES
    async with stage(folder / "hub") as ready:
        before = await until_quiet(ready.assistant)
        appearing, seen = await _let_appear(ready, devices)
        entities = seen["entities"] - before["entities"]
        restart, hub_setup = await _restart(ready.assistant, "event_hub")
    bare_home = folder / "bare" / "home_assistant"
    async with HomeAssistantProcess(bare_home, configuration=prepare(bare_home)) as bare:
        empty_restart, _ = await _restart(bare, "event_hub")
        began = time.monotonic()
        await bare.api.run_flow(WATCH, {"devices": devices, "entities": entities})
        bare_seen = await until_quiet(bare)
        bare_appearing = bare_seen["entities_changed"] - began
        bare_restart, bare_setup = await _restart(bare, WATCH)
    name = f"{devices:,} devices ({entities:,} entities)"
    return [
        Figure(
            name=f"{name}, heartbeat to entity (floor: Home Assistant adds as many bare ones)",
            value=appearing,
            unit="s",
            floor=bare_appearing,
        ),
        Figure(name="longest block of the loop meanwhile", value=max(seen["lateness"]), unit="ms"),
        Figure(name=f"{name}, set-up at start (floor: as many bare ones)", value=hub_setup, unit="s", floor=bare_setup),
        Figure(name=f"{name}, whole start (floor: as many bare ones)", value=restart, unit="s", floor=bare_restart),
        Figure(
            name=f"{name}, whole start (floor: an empty Home Assistant)", value=restart, unit="s", floor=empty_restart
        ),
    ]


async def _let_appear(ready: Stage, devices: int) -> tuple[float, Json]:
    """Let boards of eight inputs appear; returns the seconds to the last entity, and what the loop was like."""
    await ready.watch()
    began = time.monotonic()
    await ready.announce(devices)
    seen = await until_quiet(ready.assistant)
    return seen["entities_changed"] - began, seen


async def until_quiet(assistant: HomeAssistantProcess) -> Json:
    """Wait until no more entities come; returns what the loop was like."""

    async def quiet() -> Json | None:
        seen: Json = dict(await assistant.api.call_action(WATCH, "watched", return_response=True))
        if seen["entities"] and time.monotonic() - seen["entities_changed"] > QUIET:
            return seen
        await asyncio.sleep(QUIET / 3)
        return None

    seen = await eventually("no more entities", quiet, PATIENCE)
    assert seen is not None
    return seen


async def _restart(assistant: HomeAssistantProcess, domain: str) -> tuple[float, float]:
    """Start Home Assistant again; returns the seconds until it runs, and those of one integration in it."""
    await assistant.stop()
    began = time.monotonic()
    await assistant.start()
    whole = time.monotonic() - began
    setups = {setup["domain"]: setup["seconds"] for setup in await assistant.api.call("integration/setup_info")}
    return whole, float(setups.get(domain, 0.0))
