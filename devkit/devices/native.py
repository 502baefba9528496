"""A device that speaks the project's own messages, on either broker."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
import re
from typing import ClassVar, Final, override
import uuid

import msgpack

from .device import Device, iso_time
from .links import Link, Wire
from .mqtt_link import Will

_VALID_FOR: Final = 90.0


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
    """Answers every command with ``accepted`` and then ``done`` when its time is over.

    ``running`` holds the outputs that are on. With ``answers_commands`` off it obeys and answers nothing.
    """

    survives_bad_commands: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        link: Link,
        *,
        topic: str,
        inputs: tuple[NativePart, ...] = (),
        outputs: tuple[NativePart, ...] = (),
        heartbeat_interval: float = 5.0,
    ) -> None:
        """Place a device; on MQTT its link has ``native_will(topic, name)``."""
        mqtt = link.wire is Wire.MQTT
        super().__init__(
            name,
            link,
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
    async def start(self) -> None:
        await super().start()
        self._say_available("online")

    @override
    async def stop(self) -> None:
        self._say_available("offline")
        await super().stop()

    @override
    def activate(self, key: str) -> None:
        self.report(key, state="on")

    @override
    def clear(self, key: str) -> None:
        self.report(key, state="off")

    @override
    def heartbeat(self) -> None:
        described = {
            "uptime": self.uptime,
            "inputs": [part.describe() for part in self._inputs.values()],
            "outputs": [part.describe() for part in self._outputs.values()],
        }
        self._send("heartbeat", described)

    def report(self, key: str, *, state: str, detail: str | None = None, message_id: str | None = None) -> str:
        """Send an event and give its message id. Raises ``KeyError`` for an unknown input."""
        part = self._inputs[key].describe() | {"state": state}
        if detail is not None:
            part["event_detail"] = detail
        self._tell(f"{key} is {state}")
        return self._send("event", {"inputs": [part]}, message_id=message_id)

    def send_image(self, key: str, jpeg: bytes) -> None:
        """Show a picture: raw on MQTT, inside an event on RabbitMQ."""
        if self.link.wire is Wire.MQTT:
            self._publish(f"event_hub/{self.topic}/{self.name}/image/{_slug(key)}", jpeg)
        else:
            self._send("event", {"inputs": [self._inputs[key].describe() | {"image": jpeg}]})

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
        self._tell(f"{key} is on for {seconds:g} s")
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
            self._publish(f"event_hub/{self.topic}/{self.name}/status", status.encode(), retain=True)

    def _send(self, purpose: str, content: Mapping[str, object], *, message_id: str | None = None) -> str:
        message_id = message_id or str(uuid.uuid4())
        head = {"schema": 1, "message_id": message_id, "timestamp": iso_time(self.clock())}
        message = {**head, **content}
        if self.link.wire is Wire.MQTT:
            self._publish(f"event_hub/{self.topic}/{self.name}/{purpose}", json.dumps(message).encode())
        else:
            kind = "notify" if purpose == "event" else purpose
            self._publish(f"event.{kind}.{self.topic}.{self.name}", msgpack.packb(message))
        return message_id


def native_will(topic: str, name: str) -> Will:
    """The last will that tells the hub at once that the device is gone."""
    return Will(topic=f"event_hub/{topic}/{name}/status", payload=b"offline")


def _slug(key: str) -> str:
    return re.sub(r"[\W_]+", "_", key.lower()).strip("_")
