"""The camera program of 2024 on RabbitMQ, with cameras that draw what they see."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

import msgpack

from .boards import iso_time
from .device import Device, Happening, Surroundings
from .scene import draw_scene

type Painter = Callable[[str, float, int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraLogin:
    """What the program reads out of a command's parameters."""

    username: str
    address: str

    @classmethod
    def parse(cls, text: str) -> CameraLogin | None:
        """Read ``user:password@host:port[,rtsp_port]``; ``None`` where the colons are missing.

        Raises what the program dies of: ``AttributeError`` for no text, ``ValueError`` for no ``@``.
        """
        login, address = text.split("@")
        if ":" not in login or ":" not in address:
            return None
        return cls(username=login.partition(":")[0], address=address.partition(",")[0])


class CameraProgram(Device):
    """One program for several cameras, each an input and an output of the same key.

    Its heartbeat bears no device name, so to the hub it is the topic itself.
    """

    topic = "snapshot"

    def __init__(
        self,
        name: str,
        surroundings: Surroundings,
        *,
        locations: tuple[str, ...],
        heartbeat_interval: float = 5.0,
        painter: Painter = draw_scene,
    ) -> None:
        """Watch these locations; ``painter(location, unix seconds, people)`` gives the JPEG."""
        self._locations = {f"{location} Camera": location for location in locations}
        super().__init__(
            name,
            surroundings,
            heartbeat_interval=heartbeat_interval,
            control_address=f"event.trigger.{self.topic}",
            input_keys=tuple(self._locations),
        )
        self.people = 0
        self._painter = painter

    @override
    def activate(self, key: str) -> None:
        """Let the camera see something move and upload a picture of it."""
        with self.lock:
            self._locations[key]
            self.tell(Happening.REPORTED, f"{key} sees something")
            self._send_picture(key, "upload", "")

    @override
    def clear(self, key: str) -> None:
        self._locations[key]

    @override
    def _tick(self) -> None:
        described = [
            {"type": "Camera", "location": location, "device_key": key} for key, location in self._locations.items()
        ]
        self._send(f"event.heartbeat.{self.topic}", {"inputs": described, "outputs": described})

    @override
    def _obey(self, body: bytes) -> None:
        message = msgpack.unpackb(body)
        if not isinstance(message, dict) or "output_triggered" not in message:
            return
        message["timestamp"]
        order = message["output_triggered"]
        key, _label, params = order["device_key"], order["device_label"], order["device_params"]
        if key not in self._locations or CameraLogin.parse(params) is None:
            return
        self.tell(Happening.COMMANDED, f"{key} takes a picture", self.commands[-1])
        self._send_picture(key, "fetch", ".image")

    def _send_picture(self, key: str, operation: str, suffix: str) -> None:
        taken_at = int(self.clock())
        slug = key.lower().replace(" ", "-")
        picture: dict[str, object] = {
            "device_key": key,
            "device_label": key,
            "type": "camera",
            "image": self._painter(self._locations[key], taken_at, self.people),
            "image_timestamp": str(taken_at),
            "storage_url": None,
            "storage_path": f"/data/{slug}/{operation}_{slug}_{taken_at}.jpg",
        }
        if self.people:
            picture["event_detail"] = f"{self.people} person(s) and {self.people + 2} things"
        self._send(f"event.notify.{self.topic}.{self.name}{suffix}", {"inputs": [picture]})

    def _send(self, address: str, content: dict[str, object]) -> None:
        message = {"timestamp": iso_time(self.clock()), **content}
        self._publish(address, msgpack.packb(message))
