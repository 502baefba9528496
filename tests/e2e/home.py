"""A home for the end-to-end tests: brokers, Home Assistant, devices, and short ways to use them.

Everything asynchronous runs in one loop of the home's own, so that tests are plain functions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import ExitStack
import json
from pathlib import Path
import queue
import subprocess
import sys
import threading
import time
from typing import Any, Self

import msgpack

from devkit.brokers import LOOPBACK, Mosquitto, RabbitMQ
from devkit.home_assistant import HomeAssistantProcess
from devkit.home_assistant_api import ApiError, eventually
from devkit.loop_thread import LoopThread

PATIENCE = 60.0
type Json = dict[str, Any]


class Devices:
    """The device process, and what it got."""

    def __init__(self, amqp_port: int, mqtt_port: int) -> None:
        """Start it; it listens once this returns."""
        self.commands: list[Json] = []
        self._answers: queue.Queue[Json] = queue.Queue()
        self._arrived = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("device_process.py")), str(amqp_port), str(mqtt_port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        assert self._answers.get(timeout=PATIENCE) == {"ready": True}

    def amqp(self, address: str, body: Any) -> None:
        """Publish to the event exchange; the body as MessagePack, or as it is if bytes."""
        content = {"raw": body.hex()} if isinstance(body, bytes) else {"body": body}
        self.order(do="amqp", address=address, **content)

    def mqtt(self, address: str, body: Any, *, retain: bool = False) -> None:
        """Publish to MQTT; text as it is, anything else as JSON."""
        self.order(do="mqtt", address=address, body=body, retain=retain)

    def order(self, timeout: float = 60.0, **order: Any) -> None:
        """Have an order carried out."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._answers.get(timeout=timeout)
        assert answer == {"done": True}, answer

    def got(self, address: str, check: Callable[[Any], bool] = bool, within: float = PATIENCE) -> Json:
        """Wait for a command to ``address`` whose decoded body passes; returns it with ``content`` decoded."""
        deadline = time.monotonic() + within
        with self._arrived:
            while True:
                for command in self.commands:
                    if command["address"] == address and check(command["content"]):
                        return command
                left = deadline - time.monotonic()
                if left <= 0 or not self._arrived.wait(left):
                    heard = [(command["address"], command["content"]) for command in self.commands]
                    raise AssertionError(f"no such command to {address} within {within} s; got {heard}")

    def forget(self) -> None:
        """Forget what was got so far."""
        with self._arrived:
            self.commands.clear()

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait(PATIENCE)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "got" not in said:
                self._answers.put(said)
                continue
            body = bytes.fromhex(said["body"])
            said["content"] = msgpack.unpackb(body) if said["got"] == "amqp" else json.loads(body)
            with self._arrived:
                self.commands.append(said)
                self._arrived.notify_all()


class Home:
    """Brokers, Home Assistant with the hub, and devices."""

    def __init__(self, folder: Path) -> None:
        """Start everything and set the hub up through its own form."""
        self._loop = LoopThread("home")
        self.rabbitmq = RabbitMQ(folder / "rabbitmq")
        self.mosquitto = Mosquitto(folder / "mosquitto")
        self.assistant = HomeAssistantProcess(folder / "home_assistant", configuration="diagnostics:")
        self._folder = folder

    def __enter__(self) -> Self:
        """Start it all; what was started ends, too, where the rest cannot be."""
        with ExitStack() as stack:
            stack.enter_context(self._loop)
            stack.enter_context(self.rabbitmq)
            stack.enter_context(self.mosquitto)
            self.devices = Devices(self.rabbitmq.port, self.mosquitto.port)
            stack.callback(self.devices.stop)
            stack.callback(lambda: self.run(self.assistant.stop()))
            self.run(self._set_up())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it all."""
        self._stack.close()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self._loop.run(work)

    def action(self, name: str, **data: Any) -> Json:
        """Perform one of the hub's actions and return its response."""
        response = self.run(self.assistant.api.call_action("event_hub", name, data, return_response=True))
        return dict(response)

    def until[T](self, what: str, check: Callable[[], Awaitable[T]], within: float = PATIENCE) -> T:
        """Poll until ``check`` gives something true; returns it."""
        return self.run(eventually(what, check, within))

    def inputs(self) -> Mapping[str, Json]:
        """Return the hub's inputs by key."""
        return {record["key"]: record for record in self.action("list_devices")["inputs"]}

    def state_of(self, device_name: str, domain: str = "binary_sensor") -> str | None:
        """Return the state of a device's main entity, found by the device's name."""
        return self.run(self._state_of(device_name, domain))

    def until_state(self, device_name: str, wanted: str, domain: str = "binary_sensor") -> None:
        """Wait until a device's main entity has a state."""

        async def check() -> bool:
            return await self._state_of(device_name, domain) == wanted

        self.until(f"{device_name} {wanted}", check)

    def until_entity(self, unique_id: str, wanted: str, within: float = PATIENCE) -> None:
        """Wait until the hub's entity with a unique id has a state."""

        async def check() -> bool:
            api = self.assistant.api
            entities = await api.call("config/entity_registry/list")
            ids = [entity["entity_id"] for entity in entities if entity["unique_id"] == unique_id]
            states = await api.states()
            return any(states[entity_id]["state"] == wanted for entity_id in ids if entity_id in states)

        self.until(f"{unique_id} {wanted}", check, within)

    def entity(self, unique_id: str) -> str:
        """Return the entity id of the hub's entity with a unique id."""
        entities = self.run(self.assistant.api.call("config/entity_registry/list"))
        (found,) = (entity["entity_id"] for entity in entities if entity["unique_id"] == unique_id)
        return str(found)

    def until_listening(self) -> None:
        """Wait until the hub is connected to both brokers and hears what is published on MQTT.

        Home Assistant's MQTT client subscribes some time after it is connected.
        """

        async def connected() -> bool:
            try:
                diagnostics = await self.async_diagnostics()
            except ApiError:
                # Home Assistant offers them a moment after the hub was set up.
                return False
            states = [link["state"] for link in diagnostics["links"].values()]
            return len(states) == 2 and all(state == "up" for state in states)

        async def heard() -> int:
            return int((await self.async_diagnostics())["counters"]["received"].get("mqtt", 0))

        async def hears() -> bool:
            self.devices.mqtt("sensor/heartbeat/probe", "OK")
            return await heard() > before

        async def consumed() -> bool:
            listed = await asyncio.to_thread(
                self.rabbitmq.ctl, "list_queues", "--no-table-headers", "name", "consumers"
            )
            return any(line.split() == ["event_hub", "1"] for line in listed.splitlines())

        self.until("both links up", connected)
        # A link may still be called up that has not yet noticed its broker's restart.
        self.until("the hub's queue consumed", consumed)
        before = self.run(heard())
        self.until("MQTT heard", hears)

    def diagnostics(self) -> Json:
        """Return the hub's own diagnostics."""
        return self.run(self.async_diagnostics())

    async def async_diagnostics(self) -> Json:
        """Return the hub's own diagnostics, from within the loop."""
        api = self.assistant.api
        (entry,) = await api.config_entries("event_hub")
        answer = await api.get(f"/api/diagnostics/config_entry/{entry['entry_id']}")
        return dict(answer["data"])

    async def _state_of(self, device_name: str, domain: str) -> str | None:
        api = self.assistant.api
        ids = {
            device["id"]
            for device in await api.call("config/device_registry/list")
            if device_name in (device["name_by_user"], device["name"])
        }
        entities = await api.call("config/entity_registry/list")
        states = await api.states()
        for entity in entities:
            is_main = entity["device_id"] in ids and entity["entity_category"] is None
            if is_main and entity["entity_id"].startswith(f"{domain}.") and entity["entity_id"] in states:
                return str(states[entity["entity_id"]]["state"])
        return None

    async def _set_up(self) -> None:
        await self.assistant.start()
        await self.assistant.add_mqtt(LOOPBACK, self.mosquitto.port)
        await self.assistant.api.run_flow(
            "event_hub",
            {"mqtt": True, "rabbitmq": True},
            {"hosts": f"{LOOPBACK}:{self.rabbitmq.port}", "username": "guest", "password": "guest"},
        )
