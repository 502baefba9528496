"""Home Assistant killed at random instants while its alarm is armed, alarmed, guessed at and disarmed under load.

After each start everything is as it was announced last, or as it was asked for and stored but not yet announced: phase,
delays, siren and its end, bypasses, memory, wrong codes and the lockout they led to, codes that are used up.
Three kills by default; ``EVENT_HUB_ALARM_KILLS=200`` for all that are promised.
"""

import asyncio
import os
from pathlib import Path
import random
import time

import pytest
import pytest_socket

from devkit.brokers import Mosquitto
from devkit.home_assistant_api import eventually

from .alarm_home import PARTITION, YARD, AlarmHome, ended
from .alarm_shown import GUESS, Before, Guesses, Shown, problems_of, seconds

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("EVENT_HUB_ALARM_KILLS", "3"))
SEED = int(os.environ.get("EVENT_HUB_ALARM_SEED", "1"))
# A day has a dozen steps: so many are done in a life, and it ends so many seconds into the next one at most.
STEPS = range(4, 22)
LONGEST_STEP = 0.4
# What happens in a few lives, and what in many.
IN_FEW = {"arm", GUESS}
IN_MANY = IN_FEW | {"limit", "bypass", "triggered", "pending", "guest disarms", "acknowledge", "used up", "not used up"}
MANY = 10
# A siren that ends within this many seconds is listened to until then.
WORTH_WAITING = 30.0
# So late, in seconds, may a loaded machine be.
LATE = 5.0


async def live_and_die(home: AlarmHome, seed: int) -> list[str]:
    """Let the home live for a while, kill it, start it again; returns what is wrong with what it shows then."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    home.announced.clear()
    home.announced.append(await home.shown())
    home.devices.open.clear()
    following = asyncio.create_task(home.follow())
    living = asyncio.create_task(home.live(chance))
    long_enough = asyncio.create_task(home.async_lived(chance.choice(STEPS)))
    await asyncio.wait([living, long_enough], return_when=asyncio.FIRST_COMPLETED)
    long_enough.cancel()
    await asyncio.wait([living], timeout=chance.uniform(0, LONGEST_STEP))
    if living.done():
        await living
    before = await home.die()
    await ended(living)
    await ended(following)
    await home.assistant.kill()
    await home.assistant.start()
    found = await home.shown()
    return [
        *problems_of(found, before, time.time()),
        *await problems_with_guesses(home, before),
        *await problems_with_siren(home, found, before),
        *await problems_with_guest(home, before),
    ]


async def problems_with_guesses(home: AlarmHome, before: Before) -> list[str]:
    """Check that wrong codes still count. One under way may have been counted, or not."""
    lockout = (await home.stored(YARD))["lockout"]
    found = Guesses(wrong=lockout["wrong"], locks=lockout["locks"])
    possible = {home.guesses}
    if before.doing == GUESS:
        possible.add(home.guesses.one_more())
    if before.doing == "right code":
        possible.add(Guesses())
    home.guesses = found
    return [] if found in possible else [f"{found} wrong codes, not {possible}"]


async def problems_with_siren(home: AlarmHome, found: Shown, before: Before) -> list[str]:
    """Check that the siren is told what it is to do, and ends when it would have ended."""

    async def as_shown() -> bool:
        shown = await home.shown()
        wanted = "on" if shown.state == "triggered" else "off"
        return shown.siren == wanted == home.devices.siren

    await eventually(f"the siren as shown after {before}", as_shown)
    ends = before.siren_ends
    if ends is None or found.state != "triggered":
        return []
    deadlines = {each["timer"]: each["due"] for each in (await home.stored(PARTITION))["deadlines"]}
    if "alarm" in deadlines and abs(deadlines["alarm"] - ends) > 0.01:
        return [f"the siren ends at {deadlines['alarm']}, not at {ends}"]
    if ends - time.time() > WORTH_WAITING:
        return []

    async def silent() -> bool:
        return home.devices.siren == "off" and (await home.shown()).state == "armed_away"

    await eventually("the siren's end", silent, max(0.0, ends - time.time()) + LATE)
    return [] if time.time() >= ends else ["the siren ended too soon"]


async def problems_with_guest(home: AlarmHome, before: Before) -> list[str]:
    """Check that a code that works once does so, and never twice."""
    if before.doing.startswith("guest") or not home.guest:
        return []
    used = home.guest_used
    taken = await home.guest_is_let_in()
    again = await home.guest_is_let_in()
    home.done["used up" if used else "not used up"] += 1
    return [] if (taken, again) == (not used, False) else [f"a code that works once: {used=}, {taken=}, {again=}"]


async def kill_over_and_over(folder: Path) -> list[str]:
    """Kill a home as often as it takes; returns what was wrong, and sees to it that something happened at all."""
    problems = []
    async with AlarmHome(folder) as home:
        for seed in range(SEED, SEED + KILLS):
            problems += [f"seed {seed}: {problem}" for problem in await live_and_die(home, seed)]
    assert set(home.done) >= (IN_MANY if KILLS >= MANY else IN_FEW)
    return problems


def test_a_kill_at_any_instant_loses_nothing_that_was_announced(tmp_path: Path) -> None:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    assert asyncio.run(kill_over_and_over(tmp_path)) == []


ONE, TWO = "2026-07-01T10:00:00+00:00", "2026-07-01T10:01:00+00:00"
AT = seconds(ONE)
ARMED = Shown(state="armed_away", bypassed=("Window",), memory=(ONE,))
ALARMED = Shown(state="triggered", bypassed=("Window",), memory=(ONE,), siren="on")
LOCKED = Shown(locked_until=TWO)
DISARM = {"state": "disarmed", "bypassed": ()}


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (Before(shown=ARMED), ARMED),
        (Before(shown=ARMED, asked=DISARM), ARMED),
        (Before(shown=ARMED, asked=DISARM), Shown(memory=(ONE,))),
        (Before(shown=ARMED, asked={"memory": ()}), Shown(state="armed_away", bypassed=("Window",))),
        (Before(shown=ALARMED, siren_limit=3600), ALARMED),
        (Before(shown=ALARMED, siren_limit=20), ARMED),
        (Before(shown=Shown(), doing=GUESS), LOCKED),
        (Before(shown=LOCKED), LOCKED),
    ],
)
def test_what_was_announced_or_asked_for_is_fine(before: Before, found: Shown) -> None:
    assert problems_of(found, before, AT + 30) == []


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (Before(shown=ARMED), Shown(memory=(ONE,))),
        (Before(shown=ARMED, asked=DISARM), Shown(bypassed=("Window",), memory=(ONE,))),
        (Before(shown=ARMED), Shown(state="armed_away", memory=(ONE,))),
        (Before(shown=ARMED), Shown(state="armed_away", bypassed=("Window",))),
        (Before(shown=Shown(state="arming", delay_end=ONE)), Shown(state="arming", delay_end=TWO)),
        (Before(shown=Shown(state="pending", delay_end=ONE)), Shown(state="pending", delay_end=TWO)),
        (Before(shown=ALARMED, siren_limit=3600), ARMED),
        (Before(shown=ALARMED, siren_limit=20), ALARMED),
        (Before(shown=Shown()), LOCKED),
        (Before(shown=LOCKED), Shown()),
        (Before(shown=LOCKED, doing=GUESS), Shown(locked_until=ONE)),
    ],
)
def test_what_is_wrong_is_found(before: Before, found: Shown) -> None:
    assert len(problems_of(found, before, AT + 30)) == 1
