"""A home with an alarm that is killed over and over: its devices, who arms it, and what was announced."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
import json
import os
from pathlib import Path
import random
import signal
import threading
import time
from typing import Any, Final, Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from devkit.brokers import LOOPBACK, Mosquitto
from devkit.home_assistant import HomeAssistantProcess
from devkit.home_assistant_api import ApiError, eventually

PANEL: Final = "alarm_control_panel.home"
PARTITION: Final = "home"
CODE: Final = "2580"
DOOR: Final = "Hall Door"
CROWD: Final = 20
# So many reports a second come from devices that are not what is armed, half of them zones of another partition.
LOAD: Final = 100
PATIENCE: Final = 60.0

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What an alarm panel shows that a restart must not lose."""

    state: str
    delay_end: str | None
    memory: tuple[str, ...]

    @classmethod
    def of(cls, state: Json) -> Self:
        """Read it from an entity's state."""
        attributes = state["attributes"]
        memory = tuple(str(alarm.get("at")) for alarm in attributes.get("memory", ()))
        return cls(state["state"], attributes.get("delay_end"), memory)


class Devices:
    """A door, which says twice a second how it stands, and a crowd of others that are always on the move."""

    def __init__(self, port: int) -> None:
        """Connect to the broker."""
        self.door_open = False
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Report no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def move_door(self, *, open_: bool) -> None:
        """Open or close the door."""
        self.door_open = open_
        self._report("door", "Hall", "Door", active=open_)

    def introduce(self) -> None:
        """Let each device say how it stands."""
        self._report("door", "Hall", "Door", active=self.door_open)
        for number in range(CROWD):
            self._report(f"crowd{number}", "Yard", f"Gate {number}", active=False)

    def _run(self) -> None:
        chance = random.Random(1)  # noqa: S311 - repeatable, no secret
        count = 0
        while not self._ended.wait(1 / LOAD):
            count += 1
            if count % (LOAD // 2) == 0:
                self._report("door", "Hall", "Door", active=self.door_open)
            number = chance.randrange(CROWD)
            self._report(f"crowd{number}", "Yard", f"Gate {number}", active=chance.random() < 0.5)

    def _report(self, board: str, location: str, label: str, *, active: bool) -> None:
        body = {
            "uptime": time.monotonic(),
            "timestamp": time.time(),
            "device_id": f"esp32_{board}",
            "input_location": location,
            "input_1": {"input_label": label, "active": active, "sample_value": int(active), "normal_value": 0},
        }
        self._client.publish(f"sensor/{location}/esp32_{board}", json.dumps(body), qos=1)


class AlarmHome:
    """Home Assistant with one partition to be armed and one that is always on the move."""

    def __init__(self, folder: Path) -> None:
        """Prepare it all."""
        self._mosquitto = Mosquitto(folder / "mosquitto")
        self.assistant = HomeAssistantProcess(folder / "home_assistant")
        # What was announced since the last start, and the state that is being asked for.
        self.announced: deque[Shown] = deque()
        self.asked: str | None = None
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
        """Return what the panel shows once the hub runs."""

        async def there() -> Json | None:
            state = (await self.assistant.api.states()).get(PANEL)
            return state if state is not None and state["state"] not in {"unavailable", "unknown"} else None

        state = await eventually("the panel", there, PATIENCE)
        assert state is not None
        return Shown.of(state)

    async def follow(self) -> None:
        """Note what is announced until Home Assistant ends."""
        async with self.assistant.api.subscribe_events("state_changed") as queue:
            self._coming = queue
            while True:
                data = (await queue.get())["data"]
                if data["entity_id"] == PANEL and data["new_state"] is not None:
                    self.announced.append(Shown.of(data["new_state"]))

    async def die(self) -> None:
        """Kill Home Assistant at once, then note what it had announced up to that."""
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

    async def live(self, chance: random.Random) -> None:
        """Arm, alarm and disarm, over and over, each once the one before was announced."""
        self.asked = "disarmed"
        await self._act("alarm_disarm", code=CODE)
        await self._until_announced("disarmed")
        while True:
            for wanted, do in self._day(chance):
                self.asked = wanted
                await do
                await self._until_announced(wanted)

    def _day(self, chance: random.Random) -> Iterator[tuple[str, Any]]:
        if chance.random() < 0.5:
            yield "arming", self._act("alarm_arm", mode="away")
        else:
            yield "armed_away", self._act("alarm_arm", mode="away", skip_delay=True)
            yield "triggered", self._move(open_=True)
            yield "triggered", self._move(open_=False)
        yield "disarmed", self._act("alarm_disarm", code=CODE)

    async def _act(self, action: str, **data: Any) -> None:
        """Ask until it is done: after a start the door may not have reported yet, or still be open."""

        async def done() -> bool:
            with suppress(ApiError):
                await self.assistant.api.call_action("event_hub", action, {"partition": PARTITION, **data})
                return True
            return False

        await eventually(action, done, PATIENCE)

    async def _move(self, *, open_: bool) -> None:
        self.devices.move_door(open_=open_)

    async def _until_announced(self, wanted: str) -> None:
        async def announced() -> bool:
            return bool(self.announced) and self.announced[-1].state == wanted

        await eventually(wanted, announced, PATIENCE)

    async def _set_up(self) -> None:
        api = self.assistant.api
        crowd = [f"Yard Gate {number}" for number in range(CROWD)]

        async def known() -> bool:
            self.devices.introduce()
            answer = await api.call_action("event_hub", "list_devices", {}, return_response=True)
            keys = {record["key"] for record in answer["inputs"]}
            return keys >= {DOOR, *crowd}

        await eventually("the devices", known, PATIENCE)
        for action, data in (
            ("enable", {"inputs": [DOOR, *crowd]}),
            (
                "set_partition",
                {
                    "name": "Home",
                    "exit_delay": 600,
                    "siren_limit": 3600,
                    "abort_window": 0,
                    "code_to_arm": False,
                },
            ),
            ("set_partition", {"name": "Yard"}),
            ("set_zone", {"partition": PARTITION, "inputs": [DOOR], "kind": "instant"}),
            ("set_zone", {"partition": "yard", "inputs": crowd[: CROWD // 2], "kind": "chime"}),
            ("set_code", {"name": "Ann", "code": CODE}),
        ):
            await api.call_action("event_hub", action, data)
        await self.shown()


async def ended(work: asyncio.Task[None]) -> None:
    """Let what worked with a Home Assistant that is gone end. Raises what else it failed with."""
    work.cancel()
    with suppress(asyncio.CancelledError, ConnectionError, TimeoutError):
        await work
