"""The camera program of 2024 on RabbitMQ, with cameras that draw what they see."""

from typing import ClassVar, override

import msgpack

from .device import Device, iso_time
from .links import Link
from .scene import draw_scene


class CameraProgram(Device):
    """One program for several cameras, each an input and an output of the same key.

    Its heartbeat bears no device name, so to the hub it is the topic itself.
    ``people`` is how many stand in the picture.
    """

    topic: ClassVar[str] = "snapshot"

    def __init__(self, name: str, link: Link, *, locations: tuple[str, ...], heartbeat_interval: float = 5.0) -> None:
        """Watch these locations."""
        self._locations = {f"{location} Camera": location for location in locations}
        super().__init__(
            name,
            link,
            heartbeat_interval=heartbeat_interval,
            control_address=f"event.trigger.{self.topic}",
            input_keys=tuple(self._locations),
        )
        self.people = 0

    @override
    def activate(self, key: str) -> None:
        """Let the camera see something move and upload a picture of it."""
        self._send_picture(key, "upload", "")
        self._tell(f"{key} sees something")

    @override
    def clear(self, key: str) -> None:
        if key not in self._locations:
            raise KeyError(key)

    @override
    def heartbeat(self) -> None:
        described = [
            {"type": "Camera", "location": location, "device_key": key} for key, location in self._locations.items()
        ]
        self._send(f"event.heartbeat.{self.topic}", {"inputs": described, "outputs": described})

    @override
    def _obey(self, body: bytes) -> None:
        message = msgpack.unpackb(body)
        if not isinstance(message, dict) or "output_triggered" not in message:
            return
        # The program uses all of these, and ends when one is missing.
        order, _ = message["output_triggered"], message["timestamp"]
        key, _, params = order["device_key"], order["device_label"], order["device_params"]
        login, address = params.split("@")
        if key not in self._locations or ":" not in login or ":" not in address:
            return
        self._send_picture(key, "fetch", ".image")
        self._tell(f"{key} takes a picture")

    def _send_picture(self, key: str, operation: str, suffix: str) -> None:
        taken_at = int(self.clock())
        slug = key.lower().replace(" ", "-")
        picture: dict[str, object] = {
            "device_key": key,
            "device_label": key,
            "type": "camera",
            "image": draw_scene(self._locations[key], taken_at, self.people),
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
