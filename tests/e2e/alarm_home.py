"""A home with an alarm that is killed over and over: who lives in it, and what was announced."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
import os
from pathlib import Path
import random
import signal
import time
from typing import Any, Final, Self

from devkit.brokers import LOOPBACK, Mosquitto
from devkit.home_assistant import HomeAssistantProcess
from devkit.home_assistant_api import ApiError, eventually

from .alarm_devices import ARMED, CROWD, DOOR, PORCH, SIREN, WINDOW, Devices
from .alarm_shown import GUESS, SHOWING, Before, Guesses, Json, Shown, seconds

PARTITION: Final = "home"
YARD: Final = "yard"
CODE: Final = "2580"
WRONG: Final = "9999"
SIREN_LIMITS: Final = (3600, 20, 5)
PATIENCE: Final = 60.0

_DISARMED: Final = {"state": "disarmed", "bypassed": ()}
_SETTINGS: Final = {"exit_delay": 600, "entry_delay": 600, "siren_limit": 3600, "abort_window": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is done in a day: its name, how, and what then is shown."""

    name: str
    do: Callable[[], Awaitable[None]]
    shows: Mapping[str, Any] = field(default_factory=dict)


class AlarmHome:
    """Home Assistant with one partition to be armed and one that is always on the move, and guessed at."""

    def __init__(self, folder: Path) -> None:
        """Prepare it all."""
        self._mosquitto = Mosquitto(folder / "mosquitto")
        self.assistant = HomeAssistantProcess(folder / "home_assistant", configuration="diagnostics:")
        # What was announced since the last start, what is being done, and what was done in all.
        self.announced: deque[Shown] = deque()
        self.doing: Step | None = None
        self.done: Counter[str] = Counter()
        self.siren_limit = 3600.0
        self.guesses = Guesses()
        # A code that works once; empty while none was given out. It is used up once that was answered.
        self.guest, self.guest_used = "", False
        self._coming: asyncio.Queue[Any] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        """Start, and set everything up as a person would."""
        self._mosquitto.start()
        self.devices = Devices(self._mosquitto.port)
        try:
            await self._begin()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _begin(self) -> None:
        await self.assistant.start()
        await self.assistant.add_mqtt(LOOPBACK, self._mosquitto.port)
        await self.assistant.api.run_flow("event_hub", {"mqtt": True, "rabbitmq": False})
        await self._set_up()
        self.devices.start()

    async def __aexit__(self, *_: object) -> None:
        """Stop it all."""
        self.devices.stop()
        await self.assistant.stop()
        self._mosquitto.stop()

    async def shown(self) -> Shown:
        """Return what is shown once the hub runs."""

        async def there() -> Shown | None:
            states = await self.assistant.api.states()
            shown = [states.get(entity_id, {}).get("state", "unavailable") for entity_id in SHOWING]
            return None if {"unavailable", "unknown"} & set(shown) else Shown.of(states)

        found = await eventually("the panel", there, PATIENCE)
        assert found is not None
        return found

    async def stored(self, partition_id: str) -> Json:
        """Return all that the hub keeps of how a partition stands."""
        api = self.assistant.api
        (entry,) = await api.config_entries("event_hub")
        answer = await api.get(f"/api/diagnostics/config_entry/{entry['entry_id']}")
        return dict(answer["data"]["alarm"]["statuses"][partition_id])

    async def follow(self) -> None:
        """Note what is announced until Home Assistant ends."""
        async with self.assistant.api.subscribe_events("state_changed") as queue:
            self._coming = queue
            states = {each: state for each, state in (await self.assistant.api.states()).items() if each in SHOWING}
            while True:
                data = (await queue.get())["data"]
                if data["entity_id"] in SHOWING and data["new_state"] is not None:
                    states[data["entity_id"]] = data["new_state"]
                    self.announced.append(Shown.of(states))

    async def die(self) -> Before:
        """Kill Home Assistant at once; returns what it had announced up to that."""
        pid = self.assistant.pid
        assert pid is not None
        os.killpg(pid, signal.SIGKILL)
        with suppress(ConnectionError):
            while True:
                # Fails once everything that came before the end was read.
                await self.assistant.api.call("ping")

        async def noted() -> bool:
            return self._coming.empty()

        await eventually("what was announced", noted)
        doing = self.doing
        return Before(
            shown=self.announced[-1],
            doing="" if doing is None else doing.name,
            asked={} if doing is None else doing.shows,
            siren_limit=self.siren_limit,
        )

    async def async_lived(self, steps: int) -> None:
        """Wait until so many more steps were done."""
        wanted = self.done.total() + steps

        async def done() -> bool:
            return self.done.total() >= wanted

        await eventually("a life", done, steps * PATIENCE)

    async def live(self, chance: random.Random) -> None:
        """Arm, alarm, bypass, guess and disarm, over and over, each once the one before was announced."""
        await self._step(Step(name="disarm", do=self._disarm, shows=_DISARMED))
        await self._step(Step(name="guest", do=self._let_guest_in))
        while True:
            for step in self._day(chance):
                await self._step(step)

    async def _step(self, step: Step) -> None:
        self.doing = step
        await step.do()

        async def announced() -> bool:
            newest = self.announced[-1]
            return replace(newest, **step.shows) == newest

        await eventually(f"{step.name}: {step.shows}", announced, PATIENCE)
        self.doing = None
        self.done[step.name] += 1

    def _day(self, chance: random.Random) -> Iterator[Step]:
        limit = chance.choice(SIREN_LIMITS)
        yield Step(name="limit", do=lambda: self._limit_siren(limit))
        if chance.random() < 0.7:
            yield Step(name="bypass", do=self._bypass, shows={"bypassed": (WINDOW,)})
        yield from self._guesses(chance)
        if chance.random() < 0.2:
            yield Step(name="arm", do=lambda: self._act("alarm_arm", mode="away"), shows={"state": "arming"})
        else:
            skip = {"mode": "away", "skip_delay": True}
            yield Step(name="arm", do=lambda: self._act("alarm_arm", **skip), shows={"state": "armed_away"})
            door, state = (DOOR, "triggered") if chance.random() < 0.6 else (PORCH, "pending")
            yield Step(name=state, do=lambda: self._move(door, open_=True), shows={"state": state})
            yield from self._guesses(chance)
            yield Step(name="close", do=lambda: self._move(door, open_=False))
        if self.guest and not self.guest_used and chance.random() < 0.5:
            yield Step(name="guest disarms", do=self._disarm_as_guest, shows=_DISARMED)
        else:
            yield Step(name="disarm", do=self._disarm, shows=_DISARMED)
        if self.announced[-1].memory:
            yield Step(name="acknowledge", do=lambda: self._act("alarm_acknowledge", code=CODE), shows={"memory": ()})

    def _guesses(self, chance: random.Random) -> Iterator[Step]:
        """Guess at the yard's codes, and give the right one now and then; while they are locked, neither counts."""
        if time.time() <= seconds(self.announced[-1].locked_until) + 1:
            return
        if self.guesses.wrong and chance.random() < 0.2:
            yield Step(name="right code", do=self._give_right_code)
        else:
            yield Step(name=GUESS, do=self._guess)

    async def _guess(self) -> None:
        with suppress(ApiError):
            await self._ask("alarm_disarm", partition=YARD, code=WRONG)
            raise AssertionError("a wrong code was taken")
        self.guesses = self.guesses.one_more()

    async def _give_right_code(self) -> None:
        await self._ask("alarm_disarm", partition=YARD, code=CODE)
        self.guesses = Guesses()

    async def _let_guest_in(self) -> None:
        self.guest = ""
        code = str(random.SystemRandom().randrange(10_000, 1_000_000))
        await self._ask("set_code", name="Guest", code=code, once=True)
        self.guest, self.guest_used = code, False

    async def _disarm(self) -> None:
        await self._act("alarm_disarm", code=CODE)

    async def _disarm_as_guest(self) -> None:
        await self._ask("alarm_disarm", partition=PARTITION, code=self.guest)
        self.guest_used = True

    async def guest_is_let_in(self) -> bool:
        """Say whether the guest's code is taken."""
        with suppress(ApiError):
            await self._disarm_as_guest()
            return True
        return False

    async def _limit_siren(self, limit: float) -> None:
        await self._ask("set_partition", partition=PARTITION, siren_limit=limit)
        self.siren_limit = limit

    async def _bypass(self) -> None:
        await self._act("alarm_bypass", zones=[WINDOW], code=CODE)

    async def _move(self, key: str, *, open_: bool) -> None:
        self.devices.move(key, open_=open_)

    async def _ask(self, action: str, **data: Any) -> Any:
        return await self.assistant.api.call_action("event_hub", action, data)

    async def _act(self, action: str, **data: Any) -> None:
        """Ask until it is done: after a start the door may not have reported yet, or still be open."""
        refusals = [""]

        async def done() -> bool:
            try:
                await self._ask(action, partition=PARTITION, **data)
            except ApiError as error:
                refusals.append(str(error))
                return False
            return True

        try:
            await eventually(action, done, PATIENCE)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {refusals[-1]}") from None

    async def _set_up(self) -> None:
        async def known() -> bool:
            self.devices.introduce()
            answer = await self.assistant.api.call_action("event_hub", "list_devices", {}, return_response=True)
            keys = {record["key"] for kind in ("inputs", "outputs") for record in answer[kind]}
            return keys >= {*ARMED, *CROWD, SIREN}

        await eventually("the devices", known, PATIENCE)
        watched = CROWD[: len(CROWD) // 2]
        for action, data in (
            ("enable", {"inputs": [*ARMED, *CROWD], "outputs": [SIREN]}),
            ("set_partition", {"name": "Home", "siren_outputs": [SIREN], "code_to_arm": False, **_SETTINGS}),
            ("set_partition", {"name": "Yard"}),
            ("set_zone", {"partition": PARTITION, "inputs": [DOOR, WINDOW], "kind": "instant"}),
            ("set_zone", {"partition": PARTITION, "inputs": [PORCH], "kind": "entry_exit"}),
            ("set_zone", {"partition": YARD, "inputs": list(watched), "kind": "chime"}),
            ("set_code", {"name": "Ann", "code": CODE, "permissions": ["arm", "disarm", "bypass"]}),
        ):
            await self._ask(action, **data)
        await self.shown()


async def ended(work: asyncio.Task[None]) -> None:
    """Let what worked with a Home Assistant that is gone end. Raises what else it failed with."""
    work.cancel()
    with suppress(asyncio.CancelledError, ConnectionError, TimeoutError):
        await work
