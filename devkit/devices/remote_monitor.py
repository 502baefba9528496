"""The remote monitor's app, the real one, on a simulated bus: a process of its own, as in its container."""

import json
from pathlib import Path
from typing import Any, Final, override

from .app import AppBrokers, AppDevice
from .mqtt_link import MqttLink

_NAME: Final = "workshop"
_LOCATION: Final = "Workshop"
_TOPIC: Final = f"event_hub/remote_monitor/{_NAME}"
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


class RemoteMonitorApp(AppDevice):
    """Two supervised doors and a light, wired to a simulated Raspberry Pi. The doors move by the app's own means."""

    def __init__(self, brokers: AppBrokers, folder: Path) -> None:
        """Prepare; options, state and log are kept in ``folder``."""
        self.relay = f"{_LOCATION} Light"
        link = MqttLink(brokers.mqtt_host, brokers.mqtt_port, "simulated workshop")
        super().__init__("remote_monitor", link, folder, input_keys=(f"{_LOCATION} Door", f"{_LOCATION} Window"))
        self.on = False
        self._brokers = brokers

    @override
    async def start(self) -> None:
        await super().start()
        self.link.subscribe(f"{_TOPIC}/heartbeat", self._heard)

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

    @override
    def options(self) -> dict[str, Any]:
        inputs = [
            {"label": label, "channel": channel, "type": f"{label} contact", **_LOOP}
            for channel, label in enumerate(("Door", "Window"), start=1)
        ]
        return {
            "device_name": _NAME,
            "location": _LOCATION,
            "simulate": True,
            "adc": [{"chip": "mcp3424", "address": "0x68"}],
            "inputs": inputs,
            "relays": [{"label": "Light", "address": "0x20", "pin": 0, "type": "lamp", "seconds": 3}],
            **self._brokers.options(),
        }
