"""Home Assistant killed at random instants while it tells people of events and alarms, and Telegram is slow.

Everything that was announced is told at least once over one of the channels: alarms without exception, a trigger if it
was announced a second before. A channel tells twice at most what was in the one message that it had taken last before a
kill. What is told first came first. Three kills by default; ``EVENT_HUB_TELLING_KILLS=50`` for more.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import suppress
from itertools import count
import os
from pathlib import Path
import random
import signal
import time
from typing import Any, Final

import pytest
import pytest_socket

from devkit.brokers import Mosquitto
from devkit.home_assistant_api import ApiError, eventually
from devkit.telegram import Flood, Slow

from .telling_home import CHAT, CODE, PANEL, PARTITION, PATIENCE, SMS, TellingHome
from .telling_shown import Channels, Life, Message, Thing, clock_of, problems_of, repeated, things_of, untold

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("EVENT_HUB_TELLING_KILLS", "3"))
SEED = int(os.environ.get("EVENT_HUB_TELLING_SEED", "1"))
DOOR: Final = "Door"
GATES: Final = tuple(f"Gate {number}" for number in range(60))
TELEGRAM, TEXT = "Telegram", "SMS"
# Seconds that a life lasts, and between two events in it.
LONGEST: Final = 4.0
SHORTEST: Final = 0.8
PAUSE: Final = 0.12
SLOWEST: Final = 0.7
SECOND: Final = 1.01
MOST_FAULTS: Final = 60


class Story:
    """What happens in the home: triggers and alarms, each with a detail of its own, and what of it was announced."""

    def __init__(self, home: TellingHome) -> None:
        """Begin with nothing."""
        self._home = home
        self._numbers = count(1)
        self._announced: dict[Thing, float] = {}
        self._door_detail = ""
        self._coming: asyncio.Queue[object] = asyncio.Queue()
        self.lives: list[Life] = []
        # By their times, what details alarms had.
        self.details: dict[Thing, str] = {}

    async def live_and_die(self, chance: random.Random) -> None:
        """Let things happen for a while, then kill Home Assistant in the middle of telling them, and start it again."""
        self._announced = {}
        self._slow_down(chance)
        ready = asyncio.Event()
        tasks = [
            asyncio.create_task(each) for each in (self._follow(ready), self._alarm(), self._trigger(chance, ready))
        ]
        await asyncio.wait(tasks, timeout=chance.uniform(SHORTEST, LONGEST))
        for task in tasks:
            if task.done():
                await task
        killed_at = await self._die()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await task
        await self._home.assistant.kill()
        # Asked in turn with what it takes: after the answer, Telegram has taken what was sent before the kill.
        _ = self._home.telegram.requests
        self.lives.append(Life(killed_at=killed_at, gone_at=time.time(), announced=self._announced))
        await self._home.assistant.start()
        await self._home.heard(self._home.board)
        self._home.telegram.fail_no_more()

        async def told() -> bool:
            return await self._home.waiting() == 0

        await eventually("everything told", told, PATIENCE * 2)

    def told(self) -> dict[str, list[Message]]:
        """Return what was told over each channel."""
        sent = [Message(at=sent.at, things=things_of(sent.text)) for sent in self._home.telegram.sent]
        calls = [
            Message(at=call.at, things=things_of(call.said["message"], call.said["title"]))
            for call in self._home.outside.calls("sms")
        ]
        return {TELEGRAM: sent, TEXT: calls}

    def _slow_down(self, chance: random.Random) -> None:
        self._home.outside.delay = chance.uniform(0, 0.3)
        # More in a row would let what was refused wait behind the others.
        for _ in range(2):
            self._home.telegram.fail(Flood(retry_after=1), on="send")
            for _ in range(chance.randrange(2, 6)):
                self._home.telegram.fail(Slow(seconds=chance.uniform(0.1, SLOWEST), taken=chance.random() < 0.6))
        for _ in range(MOST_FAULTS):
            self._home.telegram.fail(Slow(seconds=chance.uniform(0.1, SLOWEST), taken=chance.random() < 0.6))

    async def _follow(self, ready: asyncio.Event) -> None:
        """Note what is announced until Home Assistant ends."""
        async with self._home.api.subscribe_events("state_changed") as queue:
            self._coming = queue
            ready.set()
            while True:
                new = (await queue.get())["data"]["new_state"] or {}
                attributes, entity_id = new.get("attributes", {}), str(new.get("entity_id"))
                if entity_id == PANEL and new["state"] == "triggered":
                    alarm = Thing(name=clock_of(attributes["memory"][-1]["at"]), alarm=True)
                    self._announced.setdefault(alarm, time.time())
                    self.details.setdefault(alarm, self._door_detail)
                elif entity_id.startswith("event.gate") and attributes.get("reason") == "triggered":
                    self._announced.setdefault(Thing(name=attributes["detail"]), time.time())

    async def _trigger(self, chance: random.Random, ready: asyncio.Event) -> None:
        """Let each gate move once at most, so that nothing newer takes a place in the queue."""
        await ready.wait()
        for gate in chance.sample(GATES, len(GATES)):
            await asyncio.to_thread(self._home.board.press, gate, f"n{next(self._numbers)}")
            await asyncio.sleep(chance.uniform(0, 2 * PAUSE))

    async def _alarm(self) -> None:
        """Raise alarms and end them, over and over, each once the step before was announced."""
        await asyncio.to_thread(self._home.board.tell, DOOR, active=False)
        await self._ask("alarm_disarm", "disarmed", code=CODE)
        while True:
            await self._ask("alarm_arm", "armed_away", mode="away", skip_delay=True)
            self._door_detail = f"n{next(self._numbers)}"
            await asyncio.to_thread(self._home.board.tell, DOOR, self._door_detail)
            await self._until("triggered")
            await asyncio.to_thread(self._home.board.tell, DOOR, active=False)
            await self._ask("alarm_disarm", "disarmed", code=CODE)
            # Alarms go by the second.
            await asyncio.sleep(SECOND)

    async def _ask(self, action: str, state: str, **data: Any) -> None:
        async def done() -> bool:
            with suppress(ApiError):
                await self._home.ask(action, partition=PARTITION, **data)
                return True
            return False

        await eventually(action, done, PATIENCE)
        await self._until(state)

    async def _until(self, state: str) -> None:
        async def shown() -> bool:
            return await self._home.async_state(PANEL) == state

        await eventually(state, shown, PATIENCE)

    async def _die(self) -> float:
        """Kill Home Assistant at once; returns when, once everything that it had announced was noted."""
        pid = self._home.assistant.pid
        assert pid is not None
        os.killpg(pid, signal.SIGKILL)
        killed_at = time.time()
        with suppress(ConnectionError):
            while True:
                # Fails once everything that came before the end was read.
                await self._home.api.call("ping")

        async def noted() -> bool:
            return self._coming.empty()

        await eventually("what was announced", noted)
        return killed_at


@pytest.fixture
def home(tmp_path: Path) -> Generator[TellingHome]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    with TellingHome(tmp_path) as home:
        home.board.add(DOOR, *GATES)
        home.introduce(home.board)
        home.add_partition(DOOR, cancel_window=0)
        more = {"deadline": 5, "min_interval": 0}
        home.add_channel("telegram", TELEGRAM, CHAT, more)
        home.add_channel("action", TEXT, SMS, more)
        home.run(home.heard(home.board))
        # The channels, the inputs, and what the code may do, which was set last.
        home.until_kept(TELEGRAM, TEXT, GATES[-1], "disarm")
        yield home


async def kill_over_and_over(story: Story) -> None:
    """Kill a home as often as it takes."""
    for seed in range(SEED, SEED + KILLS):
        await story.live_and_die(random.Random(seed))  # noqa: S311 - repeatable, no secret


def figures(story: Story, told: Channels) -> dict[str, int]:
    """Return what happened, in numbers."""
    announced = [thing for life in story.lives for thing in life.announced]
    every = {thing: thing.detail for messages in told.values() for message in messages for thing in message.things}
    return {
        "kills": len(story.lives),
        "triggers": sum(not thing.alarm for thing in announced),
        "alarms": sum(thing.alarm for thing in announced),
        "messages": sum(len(messages) for messages in told.values()),
        "told twice": sum(repeated(messages).total() for messages in told.values()),
        "taken after the kill": sum(
            life.killed_at < message.at <= life.gone_at
            for life in story.lives
            for messages in told.values()
            for message in messages
        ),
        "lost in the last second": len(untold(story.lives, told)),
        "alarms without their detail": sum(every.get(each, detail) != detail for each, detail in story.details.items()),
    }


def test_a_kill_in_the_middle_of_telling_loses_nothing_and_repeats_one_message_at_most(
    home: TellingHome, record_testsuite_property: Callable[[str, object], None]
) -> None:
    story = Story(home)
    home.run(kill_over_and_over(story))
    told = story.told()
    found = figures(story, told)
    for name, number in found.items():
        record_testsuite_property(name, number)
    assert problems_of(story.lives, told) == [], found
    assert found["kills"] == KILLS
    assert found["triggers"] >= 3 * KILLS
    assert found["alarms"] >= KILLS // 2
    assert all(any(message.things for message in messages) for messages in told.values())


BEFORE, AFTER = 100.0, 110.0
ONE, TWO, THREE = Thing(name="n1"), Thing(name="n2"), Thing(name="n3")
FIRE = Thing(name="1:00:00 PM", alarm=True)
LIFE = Life(
    killed_at=BEFORE,
    gone_at=BEFORE + 1,
    announced={ONE: BEFORE - 5, FIRE: BEFORE, TWO: BEFORE - 4, THREE: BEFORE - 0.1},
)


def told(at: float, *things: Thing) -> Message:
    """Return a message."""
    return Message(at=at, things=things)


@pytest.mark.parametrize(
    "messages",
    [
        [told(BEFORE - 1, FIRE), told(AFTER, ONE, TWO, THREE)],
        [told(BEFORE - 2, FIRE), told(BEFORE - 1, ONE, TWO), told(AFTER, ONE, TWO)],
        [told(BEFORE - 1, FIRE), told(BEFORE + 0.1, ONE, TWO), told(AFTER, ONE, TWO)],
        [told(BEFORE - 2, ONE), told(BEFORE - 1, TWO), told(AFTER, FIRE)],
    ],
)
def test_what_is_told_once_or_was_under_way_is_fine(messages: list[Message]) -> None:
    assert problems_of([LIFE], {"one": messages}) == []


@pytest.mark.parametrize(
    "messages",
    [
        [told(AFTER, ONE, TWO, THREE)],
        [told(AFTER, FIRE), told(AFTER, TWO)],
        [told(AFTER, FIRE), told(AFTER, TWO), told(AFTER, ONE)],
        [told(BEFORE - 2, FIRE), told(BEFORE - 1, ONE), told(AFTER, FIRE, TWO)],
        [told(BEFORE - 2, FIRE), told(BEFORE - 1, ONE), told(AFTER, ONE), told(AFTER, ONE, TWO)],
    ],
)
def test_what_is_lost_twice_too_often_or_out_of_order_is_found(messages: list[Message]) -> None:
    assert len(problems_of([LIFE], {"one": messages})) == 1


@pytest.mark.parametrize(
    ("text", "title", "things"),
    [
        ("Gate 7: n12\n1:02:03 PM\n4 s ago: Gate 3: n3", None, [Thing(name="n12")]),
        ("2 events\nGate 7: n12 · 1:02:03 PM\nGate 3: n13 · 1:02:04 PM", None, [Thing(name="n12"), Thing(name="n13")]),
        ("Gate 7: n12\n1:02:03 PM", "Triggered", [Thing(name="n12")]),
        ("Burglar alarm, Home: Door: n3\n1:00:00 PM\n2 s ago: Gate 1: n2", None, [FIRE]),
        ("Door\n1:00:00 PM", "Burglar alarm, Home", [FIRE]),
        ("2 events\nBurglar alarm, Home: Door · 1:00:00 PM\nDevice silent: hall · 1:00:01 PM", None, [FIRE]),
        ("Device silent: hall\nfor 31 s · 1:02:03 PM", None, []),
        ("Home is armed, away.", None, []),
    ],
)
def test_messages_are_read_as_people_read_them(text: str, title: str | None, things: list[Thing]) -> None:
    assert [*things_of(text, title)] == things
