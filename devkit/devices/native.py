"""A device that speaks the project's own messages, on either broker."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import ClassVar, override
import uuid

import msgpack

from .boards import iso_time
from .device import Device, Happening, Surroundings
from .links import Wire
from .mqtt_link import Will

_VALID_FOR = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NativePart:
    """An input or output as the device describes it."""

    key: str
    label: str
    type: str
    location: str

    def describe(self) -> dict[str, object]:
        """The device map of the wire."""
        return {
            "device_key": self.key,
            "device_label": self.label,
            "type": self.type,
            "location": self.location,
        }


class NativeDevice(Device):
    """Answers every command with ``accepted`` and then ``done`` when its time is over."""

    survives_bad_commands: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        surroundings: Surroundings,
        *,
        topic: str,
        inputs: tuple[NativePart, ...] = (),
        outputs: tuple[NativePart, ...] = (),
        heartbeat_interval: float = 10.0,
    ) -> None:
        """Place a device; on MQTT give its link ``native_will(topic, name)``."""
        mqtt = surroundings.link.wire is Wire.MQTT
        super().__init__(
            name,
            surroundings,
            heartbeat_interval=heartbeat_interval,
            control_address=f"event_hub/{topic}/{name}/command" if mqtt else f"event.trigger.{topic}",
            input_keys=tuple(part.key for part in inputs),
        )
        self.topic = topic
        self.running: set[str] = set()
        self.answers_commands = True
        self._inputs = {part.key: part for part in inputs}
        self._outputs = {part.key: part for part in outputs}
        self._results: dict[str, tuple[str, str | None]] = {}

    @override
    def start(self) -> None:
        self._say_available("online")
        super().start()

    @override
    def stop(self) -> None:
        super().stop()
        self._say_available("offline")

    @override
    def activate(self, key: str) -> None:
        self.report(key, state="on")

    @override
    def clear(self, key: str) -> None:
        self.report(key, state="off")

    def report(
        self,
        key: str,
        *,
        state: str,
        detail: str | None = None,
        message_id: str | None = None,
        at: float | None = None,
    ) -> str:
        """Send an event and give its message id. Raises ``KeyError`` for an unknown input."""
        with self.lock:
            part = self._inputs[key].describe() | {"state": state}
            if detail is not None:
                part["event_detail"] = detail
            self.tell(Happening.REPORTED, f"{key} is {state}")
            return self._send("event", {"inputs": [part]}, message_id=message_id, at=at)

    def send_image(self, key: str, jpeg: bytes) -> None:
        """Show a picture: raw on MQTT, inside an event on RabbitMQ."""
        with self.lock:
            if self.link.wire is Wire.MQTT:
                slug = key.lower().replace(" ", "_")
                self._publish(f"event_hub/{self.topic}/{self.name}/image/{slug}", jpeg)
            else:
                self._send("event", {"inputs": [self._inputs[key].describe() | {"image": jpeg}]})

    @override
    def _tick(self) -> None:
        described = {
            "uptime": self.uptime,
            "inputs": [part.describe() for part in self._inputs.values()],
            "outputs": [part.describe() for part in self._outputs.values()],
        }
        self._send("heartbeat", described)

    @override
    def _obey(self, body: bytes) -> None:
        message = json.loads(body) if self.link.wire is Wire.MQTT else msgpack.unpackb(body)
        order = message["output_triggered"]
        key, command_id = order["device_key"], message["command_id"]
        if key not in self._outputs or not self.answers_commands:
            return
        if command_id in self._results:
            self._answer(command_id, key, *self._results[command_id])
        elif self.clock() - message["timestamp"] > _VALID_FOR:
            self._answer(command_id, key, "expired", "too old when it came")
        else:
            self._begin(command_id, key, order.get("device_params"))

    def _begin(self, command_id: str, key: str, params: str | None) -> None:
        try:
            seconds = float(params or 1)
        except ValueError:
            self._answer(command_id, key, "failed", f"{params!r} is no number of seconds")
            return
        self.running.add(key)
        self.tell(Happening.COMMANDED, f"{key} is on for {seconds:g} s", self.commands[-1])
        self._answer(command_id, key, "accepted", None)

        def finish() -> None:
            self.running.discard(key)
            self._answer(command_id, key, "done", None)

        self._later(seconds, finish)

    def _answer(self, command_id: str, key: str, status: str, detail: str | None) -> None:
        self._results[command_id] = (status, detail)
        answer = {"command_id": command_id, "device_key": key, "status": status, "detail": detail}
        self._send("result", answer)

    def _say_available(self, status: str) -> None:
        if self.link.wire is Wire.MQTT:
            topic = f"event_hub/{self.topic}/{self.name}/status"
            self._publish(topic, status.encode(), retain=True)

    def _send(
        self,
        purpose: str,
        content: Mapping[str, object],
        *,
        message_id: str | None = None,
        at: float | None = None,
    ) -> str:
        sent_at = self.clock() if at is None else at
        message_id = message_id or str(uuid.uuid4())
        message = {
            "schema": 1,
            "message_id": message_id,
            "timestamp": iso_time(sent_at),
            **content,
        }
        if self.link.wire is Wire.MQTT:
            address = f"event_hub/{self.topic}/{self.name}/{purpose}"
            self._publish(address, json.dumps(message).encode())
        else:
            kind = "notify" if purpose == "event" else purpose
            self._publish(f"event.{kind}.{self.topic}.{self.name}", msgpack.packb(message))
        return message_id


def native_will(topic: str, name: str) -> Will:
    """The last will that tells the hub at once that the device is gone."""
    return Will(topic=f"event_hub/{topic}/{name}/status", payload=b"offline")
