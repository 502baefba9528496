"""The remote monitor's app, the real one, on a simulated bus: a process of its own, as in its container."""

import asyncio
from dataclasses import dataclass
import json
import os
from pathlib import Path
import sys
from typing import Any, Final, override

from ..bootstrap.shell import ROOT
from .device import Device
from .mqtt_link import MqttLink

_NAME: Final = "workshop"
_LOCATION: Final = "Workshop"
_TOPIC: Final = f"event_hub/remote_monitor/{_NAME}"
_STOP_TIMEOUT: Final = 10.0
# Percent of full scale of a loop with two equal resistors: closed, and open.
_NORMAL: Final = 50.0
_OPEN: Final = 67.0
_LOOP: Final = {
    "normal": _NORMAL,
    "tolerance": 5,
    "normal_band": "45-55",
    "alarm_band": "61-73",
    "short_band": "0-10",
    "cut_band": "90-100",
}
# Where the app's two packages are.
PACKAGES: Final = (ROOT / "addons" / "common", ROOT / "addons" / "remote_monitor")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppBrokers:
    """Where the app finds its brokers, as its options name them; RabbitMQ may be missing."""

    mqtt_host: str
    mqtt_port: int
    rabbitmq: str | None = None


def app_environment() -> dict[str, str]:
    """Return the environment in which the app's packages are found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PACKAGES))}


class RemoteMonitorApp(Device):
    """Two supervised doors and a light, wired to a simulated Raspberry Pi. The doors move by the app's own means."""

    survives_bad_commands = True

    def __init__(self, brokers: AppBrokers, folder: Path) -> None:
        """Prepare; options, state and log are kept in ``folder``."""
        link = MqttLink(brokers.mqtt_host, brokers.mqtt_port, "simulated workshop")
        self.relay = f"{_LOCATION} Light"
        super().__init__(
            "remote monitor", link, heartbeat_interval=5.0, input_keys=(f"{_LOCATION} Door", f"{_LOCATION} Window")
        )
        self.on = False
        self._brokers = brokers
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    @override
    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        options = self._folder / "options.json"
        options.write_text(json.dumps(self._options()), encoding="utf-8")
        await super().start()
        self.link.subscribe(f"{_TOPIC}/heartbeat", self._heard)
        with (self._folder / "console.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "remote_monitor", "--options", str(options), "--health-port", "0"),
                env=app_environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )

    @override
    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), _STOP_TIMEOUT)
        await super().stop()

    @override
    def heartbeat(self) -> None:
        """Leave it to the app, which does that every five seconds."""

    @override
    def activate(self, key: str) -> None:
        self._measure(key, _OPEN)

    @override
    def clear(self, key: str) -> None:
        self._measure(key, _NORMAL)

    def _measure(self, key: str, percent: float) -> None:
        """Let an input of the simulation have another value, by a command to it."""
        if key not in self.input_keys:
            raise KeyError(key)
        now = self.clock()
        output = {"device_key": key, "device_params": f"{percent:g}"}
        body = {"schema": 1, "timestamp": now, "expires_at": now + 10, "output_triggered": output}
        self._publish(f"{_TOPIC}/command", json.dumps(body).encode())
        self._tell(f"{key} {'opens' if percent == _OPEN else 'closes'}")

    def _heard(self, _address: str, body: bytes) -> None:
        states = {output["device_key"]: output["state"] == "on" for output in json.loads(body)["outputs"]}
        if states[self.relay] != self.on:
            self.on = states[self.relay]
            self._tell(f"{self.relay} is {'on' if self.on else 'off'}")

    def _options(self) -> dict[str, Any]:
        inputs = [
            {"label": label, "channel": channel, "type": f"{label} contact", **_LOOP}
            for channel, label in enumerate(("Door", "Window"), start=1)
        ]
        options: dict[str, Any] = {
            "device_name": _NAME,
            "location": _LOCATION,
            "simulate": True,
            "adc": [{"chip": "mcp3424", "address": "0x68"}],
            "inputs": inputs,
            "relays": [{"label": "Light", "address": "0x20", "pin": 0, "type": "lamp", "seconds": 3}],
            "mqtt_host": self._brokers.mqtt_host,
            "mqtt_port": self._brokers.mqtt_port,
        }
        return options | ({"rabbitmq_hosts": self._brokers.rabbitmq} if self._brokers.rabbitmq else {})
