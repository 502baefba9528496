"""What a benchmark runs on: private brokers, a real Home Assistant with the hub, the bare relay, the devices."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devkit.brokers import Mosquitto, RabbitMQ
from devkit.home_assistant import ROOT, HomeAssistantProcess
from devkit.home_assistant_api import HomeAssistantApi, eventually

from .child import Child, Json
from .messages import ESP_INPUT, OUTPUT_KEY, input_key
from .names import LOOPBACK

WATCH: Final = "event_hub_bench"
# One action names at most so many inputs: a message to Home Assistant's websocket has a limit of 4 MB.
AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Brokers:
    """Both brokers, and what is connected to them besides the hub."""

    rabbitmq: RabbitMQ
    mosquitto: Mosquitto
    relay: Child
    devices: Child


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that a benchmark needs, running."""

    brokers: Brokers
    assistant: HomeAssistantProcess

    @property
    def devices(self) -> Child:
        """The devices."""
        return self.brokers.devices

    @property
    def relay(self) -> Child:
        """The bare relay."""
        return self.brokers.relay

    @property
    def api(self) -> HomeAssistantApi:
        """Home Assistant's websocket."""
        return self.assistant.api

    @property
    def pid(self) -> int:
        """Home Assistant's process."""
        assert self.assistant.pid is not None
        return self.assistant.pid

    async def action(self, action: str, /, **data: Any) -> Json:
        """Perform one of the hub's actions and return its response."""
        return dict(await self.api.call_action("event_hub", action, data, return_response=True))

    async def watch(self) -> None:
        """Begin to watch Home Assistant's loop."""
        await self.api.call_action(WATCH, "watch")

    async def watched(self) -> Json:
        """Return what was seen of Home Assistant's loop since ``watch``."""
        return dict(await self.api.call_action(WATCH, "watched", return_response=True))

    async def collect_garbage(self) -> float:
        """Collect all garbage there is in Home Assistant; returns how many milliseconds that took."""
        took = await self.api.call_action(WATCH, "collect_garbage", return_response=True)
        return float(took["milliseconds"])

    async def register(self, inputs: int, per_board: int = 8, *, first: int = 0) -> None:
        """Let boards with inputs ``first`` to ``inputs`` appear, all switched on and linked to the one output."""
        await self.announce(inputs, per_board, first=first)
        await self.action("enable", outputs=[OUTPUT_KEY])
        keys = [input_key(number) for number in range(first, inputs)]
        if not first:
            keys.append(ESP_INPUT)
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            await self.action("enable", inputs=some)
            await self.action("link", inputs=some, outputs=[OUTPUT_KEY])
            # Without a latch every event triggers; with a long hold none has an end, which would be an event too.
            await self.action("set_rule", inputs=some, latch=0, hold=86_400)

    async def announce(self, inputs: int, per_board: int = 8, *, first: int = 0) -> None:
        """Let boards with inputs ``first`` to ``inputs`` send a heartbeat; returns once the hub knows them."""
        await self.devices.ask("announce", first=first, inputs=inputs, per_board=per_board)

        async def known() -> bool:
            record = await self.action("list_devices")
            keys = {device["key"] for device in (*record["inputs"], *record["outputs"])}
            if ESP_INPUT not in keys:
                # Home Assistant subscribes some time after the hub asked for it.
                await self.devices.ask("announce", first=inputs, inputs=inputs, per_board=per_board)
            return keys >= {OUTPUT_KEY, ESP_INPUT, *(input_key(number) for number in range(first, inputs))}

        await eventually(f"{inputs} inputs in the hub", known, 120)


@asynccontextmanager
async def brokers(folder: Path) -> AsyncIterator[Brokers]:
    """Start the brokers, and what connects to them besides the hub."""
    async with AsyncExitStack() as stack:
        rabbitmq = stack.enter_context(RabbitMQ(folder / "rabbitmq"))
        mosquitto = stack.enter_context(Mosquitto(folder / "mosquitto"))
        devices = await Child.start("devices", rabbitmq.port, mosquitto.port)
        stack.push_async_callback(devices.stop)
        relay = await Child.start("relay", rabbitmq.port, mosquitto.port)
        stack.push_async_callback(relay.stop)
        yield Brokers(rabbitmq=rabbitmq, mosquitto=mosquitto, relay=relay, devices=devices)


@asynccontextmanager
async def stage(folder: Path, *, hub: bool = True) -> AsyncIterator[Stage]:
    """Start everything; without ``hub`` Home Assistant has MQTT alone."""
    async with (
        brokers(folder) as running,
        HomeAssistantProcess(folder / "home_assistant", configuration=prepare(folder / "home_assistant")) as assistant,
    ):
        await assistant.add_mqtt(LOOPBACK, running.mosquitto.port)
        ready = Stage(brokers=running, assistant=assistant)
        if hub:
            await add_hub(ready)
        yield ready


def prepare(folder: Path) -> str:
    """Put the benchmark's own component beside the hub's; returns the configuration it needs."""
    components = folder.with_name(f"{folder.name}_components")
    components.mkdir(parents=True)
    (components / "event_hub").symlink_to(ROOT / "custom_components" / "event_hub", target_is_directory=True)
    (components / WATCH).symlink_to(ROOT / "bench" / "components" / WATCH, target_is_directory=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "custom_components").symlink_to(components, target_is_directory=True)
    return f"{WATCH}:"


async def add_hub(ready: Stage) -> None:
    """Set the hub up through its form, on both brokers; returns once it listens on both."""
    host = f"{LOOPBACK}:{ready.brokers.rabbitmq.port}"
    await ready.api.run_flow(
        "event_hub",
        {"mqtt": True, "rabbitmq": True},
        {"hosts": host, "username": "guest", "password": "guest"},
    )
    await until_consumed(ready)


async def until_consumed(ready: Stage) -> None:
    """Wait until the hub takes events from RabbitMQ."""

    async def listens() -> bool:
        listed = ready.brokers.rabbitmq.ctl("list_queues", "--no-table-headers", "name", "consumers")
        return any(line.split() == ["event_hub", "1"] for line in listed.splitlines())

    await eventually("the hub's queue to be consumed", listens, 60)
