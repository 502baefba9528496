"""A home in which people call for help: *Panic*, a button and a siren on each broker; and a Telegram that hears it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
import os
from pathlib import Path
import random
import signal
import time
from typing import Any, Final, Self, override
from uuid import uuid4

from devkit.brokers import RabbitMQ
from devkit.home_assistant_api import ApiError, eventually
from devkit.telegram import Slow

from .home import Devices
from .telling_home import CHAT, CODE, PANEL, PARTITION, PATIENCE, TellingHome
from .telling_outside import Json

TELEGRAM: Final = "Telegram"
PANIC: Final = "Panic"
BUTTON, SIREN = "Hall Button", "Hall Siren"
YARD_BUTTON, YARD_SIREN = "Yard Button", "Yard Siren"
SIRENS: Final = (SIREN, YARD_SIREN)
# What begins a message: the input's name, or the alarm's.
PRESSED, ALARMED = f"{PANIC}", "Panic alarm"
# Seconds within which Home Assistant is killed after the answer.
LONGEST: Final = 2.0
SLOWEST: Final = 0.7

type Press = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call for help: how it was made, how long after its answer the kill was, and what came of it."""

    way: str
    killed_after: float
    told: int
    commands: Json

    @property
    def problems(self) -> list[str]:
        """What is wrong with it."""
        silent = [key for key, count in self.commands.items() if not count]
        found = [f"{key} got no command" for key in silent]
        if not 1 <= self.told <= 2:
            found.append(f"told {self.told} times")
        return [f"{self.way}, killed {self.killed_after:.3f} s after the answer: {each}" for each in found]


class PanicHome(TellingHome):
    """A home with both brokers, whose sirens sound when somebody calls for help."""

    def __init__(self, folder: Path) -> None:
        """Prepare it all."""
        broker = RabbitMQ(folder / "rabbitmq")
        super().__init__(folder, rabbitmq=broker)
        self._rabbitmq = broker
        self.calls_for_help: list[Call] = []

    @override
    def __enter__(self) -> Self:
        """Start it all; *Panic* is linked to both sirens. It all ends, too, where that fails."""
        super().__enter__()
        with self._stack as stack:
            self.devices = Devices(self._rabbitmq.port, self.mosquitto.port)
            stack.callback(self.devices.stop)
            self._furnish()
            self._stack = stack.pop_all()
        return self

    def _furnish(self) -> None:
        self.board.add(BUTTON)
        self.board.outputs = {SIREN: _output(SIREN)}
        self.run(self.async_introduce(self.board))
        self.run(self._introduce_yard())
        self.act("enable", inputs=[YARD_BUTTON], outputs=[YARD_SIREN])
        self.act("link", inputs=[PANIC], outputs=list(SIRENS))
        self.add_channel("telegram", TELEGRAM, CHAT, {"min_interval": 0})
        self.run(self.heard(self.board))
        self.until_kept(TELEGRAM, YARD_SIREN)

    def watch_buttons(self) -> None:
        """Have a partition that both buttons are panic zones of."""
        self.act("set_partition", name="Home", siren_outputs=list(SIRENS), cancel_window=0)
        self.act("set_zone", partition=PARTITION, inputs=[BUTTON, YARD_BUTTON], kind="panic")
        self.act("set_code", name="Ann", code=CODE, permissions=["disarm"])
        self.until_state(PANEL, "disarmed")
        self.until_kept("siren_outputs", "disarm")

    async def press_button(self) -> None:
        """Press *Panic* as on a dashboard."""
        await self.api.call_action("button", "press", target={"entity_id": await self._panic()})

    async def trigger_input(self) -> None:
        """Press *Panic* as automations do."""
        await self.ask("trigger_input", input=PANIC)

    async def press_hall(self) -> None:
        """Press the button on MQTT; returns once the broker has it, which keeps nothing: a heartbeat tells it again."""
        self.board.tell(BUTTON)

    async def press_yard(self) -> None:
        """Press the button on RabbitMQ; returns once the broker has it."""
        await self._yard("notify", active=True)

    async def let_go(self) -> None:
        """Let go of the buttons, and end the alarm."""
        self.board.tell(BUTTON, active=False)
        await self._yard("notify", active=False)

        async def disarmed() -> bool:
            with suppress(ApiError):
                await self.ask("alarm_disarm", partition=PARTITION, code=CODE)
            return await self.async_state(PANEL) == "disarmed"

        await eventually("disarmed", disarmed, PATIENCE)

    async def call_and_die(self, way: str, press: Press, chance: random.Random, *, at_once: bool) -> None:
        """Call for help, kill Home Assistant once that is answered, start it again, and note what came of it."""
        delay = 0.0 if at_once else chance.uniform(0, LONGEST)
        for _ in range(chance.randrange(3)):
            self.telegram.fail(Slow(seconds=chance.uniform(0.1, SLOWEST), taken=chance.random() < 0.5))
        began, before = time.time(), self._command_ids()
        await press()
        answered = time.monotonic()
        if delay:
            await asyncio.sleep(delay)
        pid = self.assistant.pid
        assert pid is not None
        os.killpg(pid, signal.SIGKILL)
        killed_after = time.monotonic() - answered
        await self.assistant.kill()
        if self.mosquitto.pid is None:
            self.mosquitto.start()
        await self.assistant.start()
        await self.heard(self.board)
        await self._introduce_yard()
        await self._quiet(began, before)
        told = self._told(since=began)
        commands = {key: self._commands(key, before) for key in SIRENS}
        self.calls_for_help.append(Call(way=way, killed_after=killed_after, told=told, commands=commands))
        self.telegram.fail_no_more()

    async def lose_mosquitto(self) -> None:
        """End Mosquitto, and wait until the hub knows."""
        self.mosquitto.kill()

        async def known() -> bool:
            return bool((await self.diagnostics())["links"]["mqtt"]["state"] != "up")

        await eventually("the lost broker", known, PATIENCE)

    async def _quiet(self, began: float, before: frozenset[str]) -> None:
        """Wait until everything is told; what is to come has come by then, or is lost."""

        async def quiet() -> bool:
            links = (await self.diagnostics())["links"].values()
            return all(link["state"] == "up" for link in links) and not await self.waiting()

        await eventually("everything told", quiet, PATIENCE * 2)

        async def all_commanded() -> bool:
            return all(self._commands(key, before) for key in SIRENS) and bool(self._told(since=began))

        # What is lost is for the test to say.
        with suppress(TimeoutError):
            await eventually("told, and all sirens commanded", all_commanded, LONGEST)

    def _told(self, since: float) -> int:
        sent = [each.text for each in self.telegram.sent if each.at >= since]
        return sum(text.startswith((PRESSED, ALARMED)) for text in sent)

    def _commands(self, key: str, before: frozenset[str]) -> int:
        """Count the orders to sound that a siren got, but for those that are known from before."""
        contents = [each["content"] for each in tuple(self.devices.commands)]
        orders = [each["output_triggered"] for each in contents if each["command_id"] not in before]
        return sum(order["device_key"] == key and order.get("state") != "off" for order in orders)

    def _command_ids(self) -> frozenset[str]:
        return frozenset(each["content"]["command_id"] for each in tuple(self.devices.commands))

    async def _introduce_yard(self) -> None:
        """Have the devices on RabbitMQ, once they are known."""

        async def known() -> bool:
            await self._yard("heartbeat", active=False)
            answer = await self.ask("list_devices", return_response=True)
            return YARD_SIREN in {record["key"] for record in answer["outputs"]}

        await eventually("the devices on RabbitMQ", known, PATIENCE)

    async def _yard(self, kind: str, *, active: bool) -> None:
        button = {"device_key": YARD_BUTTON, "device_label": YARD_BUTTON, "state": "triggered" if active else "off"}
        body = {"schema": 1, "message_id": str(uuid4()), "timestamp": time.time(), "inputs": [button]}
        content: dict[str, Any] = body | {"outputs": [_output(YARD_SIREN)]}
        self.devices.amqp(f"event.{kind}.ioboard.yard", content)

    async def _panic(self) -> str:
        entities = await self.api.call("config/entity_registry/list")
        return str(next(each["entity_id"] for each in entities if each["unique_id"] == "hub:panic"))


def _output(key: str) -> Json:
    return {"device_key": key, "device_label": key, "device_type": "Siren", "device_params": "5"}
