"""Home Assistant killed at random instants while its alarm is armed, alarmed and disarmed under load.

After each start the panel shows what was announced last, or what was asked for and stored but not yet announced.
Three kills by default; ``EVENT_HUB_ALARM_KILLS=200`` for all that are promised.
"""

import asyncio
from itertools import count
import os
from pathlib import Path
import random

import pytest
import pytest_socket

from devkit.brokers import Mosquitto

from .alarm_home import AlarmHome, Shown, ended

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("EVENT_HUB_ALARM_KILLS", "3"))
SEED = int(os.environ.get("EVENT_HUB_ALARM_SEED", "1"))
LONGEST_LIFE = 3.0


def problem_of(found: Shown, before: Shown, asked: str | None) -> str | None:
    """Say what is wrong with what a restart found."""
    if found.state not in {before.state, asked}:
        return f"{before} was announced, {asked} asked for, and {found} found"
    if found.state == before.state == "arming" and found.delay_end != before.delay_end:
        return f"the exit delay did not run on: {before} became {found}"
    if found.state == before.state == "triggered" and not set(before.memory) <= set(found.memory):
        return f"the alarm memory lost something: {before} became {found}"
    return None


async def live_and_die(home: AlarmHome, seed: int) -> str | None:
    """Let the home live for a while, kill it, start it again; returns what is wrong with what it shows then."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    home.announced.clear()
    home.announced.append(await home.shown())
    home.asked = None
    home.devices.door_open = False
    following = asyncio.create_task(home.follow())
    living = asyncio.create_task(home.live(chance))
    done, _ = await asyncio.wait([living], timeout=chance.uniform(0.5, LONGEST_LIFE))
    if done:
        await living
    await home.die()
    before, asked = home.announced[-1], home.asked
    await ended(living)
    await ended(following)
    await home.assistant.kill()
    await home.assistant.start()
    return problem_of(await home.shown(), before, asked)


async def kill_over_and_over(folder: Path) -> list[str]:
    """Kill a home as often as it takes; returns what was wrong, and sees to it that something happened at all."""
    problems = []
    states: set[str] = set()
    async with AlarmHome(folder) as home:
        for seed in range(SEED, SEED + KILLS):
            problem = await live_and_die(home, seed)
            if problem is not None:
                problems.append(f"seed {seed}: {problem}")
            states |= {shown.state for shown in home.announced}
    assert {"disarmed"} < states, "nothing was ever armed"
    return problems


def test_a_kill_at_any_instant_loses_nothing_that_was_announced(tmp_path: Path) -> None:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    assert asyncio.run(kill_over_and_over(tmp_path)) == []


def test_what_is_wrong_is_found() -> None:
    numbers = count()
    armed, disarmed = (Shown(state, None, (str(next(numbers)),)) for state in ("armed_away", "disarmed"))
    assert problem_of(armed, armed, None) is None
    assert problem_of(armed, disarmed, "armed_away") is None
    assert problem_of(disarmed, armed, "triggered") is not None
    assert problem_of(Shown("arming", "1", ()), Shown("arming", "2", ()), None) is not None
    assert problem_of(Shown("triggered", None, ()), Shown("triggered", None, ("1",)), None) is not None
