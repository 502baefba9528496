"""The snapshot processor's app, the real one, with a camera that pushes its pictures and one that is fetched."""

import asyncio
from contextlib import ExitStack
from ftplib import FTP, all_errors
import io
import json
from pathlib import Path
from typing import Any, Final, override

from ..brokers import LOOPBACK, free_ports
from ..fake_camera import FakeCamera
from ..fake_camera_door import Guard
from .app import AppBrokers, AppDevice
from .mqtt_link import MqttLink
from .scene import draw_scene

TOKEN: Final = "demo-key-to-the-pictures"  # noqa: S105 - nothing else is behind it
_NAME: Final = "home"
_STREET: Final = "Street"
_YARD: Final = "Yard"
_FTP_PASSWORD: Final = "street-camera"  # noqa: S105 - nothing else is behind it
# The caption's moving clock, in percent of the picture.
_CAPTION: Final = "0,0 100,0 100,8 0,8"
_FTP_TIMEOUT: Final = 10.0
_PORTS: Final = 12


class SnapshotProcessorApp(AppDevice):
    """The street's camera pushes when somebody comes by; the yard's shows on command who is there."""

    def __init__(self, brokers: AppBrokers, folder: Path) -> None:
        """Prepare; ports are chosen now."""
        link = MqttLink(brokers.mqtt_host, brokers.mqtt_port, "simulated cameras")
        self.pushing = f"{_STREET} Camera"
        self.fetched = f"{_YARD} Camera"
        super().__init__("snapshot_processor", link, folder, input_keys=(self.pushing, self.fetched))
        self.people = 0
        self.camera = FakeCamera(_YARD, guard=Guard.DIGEST)
        self._stack = ExitStack()
        self._brokers = brokers
        self._ftp_port, self._api_port, *self._passive = _ports_of(folder)

    @property
    def images_url(self) -> str:
        """Where the app shows its pictures."""
        return f"http://{LOOPBACK}:{self._api_port}"

    @override
    async def start(self) -> None:
        self._stack.enter_context(self.camera)
        await super().start()

    @override
    async def stop(self) -> None:
        await super().stop()
        self._stack.close()

    @override
    def activate(self, key: str) -> None:
        """Let somebody come into a camera's view; the street's pushes a picture of it."""
        if key == self.fetched:
            self.camera.people = 1
        elif key == self.pushing:
            self._spawn(self.push(1))
        else:
            raise KeyError(key)

    @override
    def clear(self, key: str) -> None:
        if key not in self.input_keys:
            raise KeyError(key)
        self.camera.people = 0

    async def push(self, people: int) -> None:
        """Let the street's camera push what it sees; a server that is not there yet gets nothing."""
        picture = draw_scene(_STREET, self.clock(), people)
        try:
            await asyncio.to_thread(self._upload, picture)
        except all_errors as error:
            self._tell(f"{self.pushing} cannot push its picture: {error}")
        else:
            self._tell(f"{self.pushing} pushes a picture with {people} person(s)")

    def _upload(self, picture: bytes) -> None:
        with FTP(timeout=_FTP_TIMEOUT) as client:  # noqa: S321 - what cameras speak
            client.connect(LOOPBACK, self._ftp_port)
            client.login("street", _FTP_PASSWORD)
            client.storbinary("STOR snapshot.jpg", io.BytesIO(picture))

    @override
    def options(self) -> dict[str, Any]:
        login = self.camera.login
        return {
            "device_name": _NAME,
            "keep_days": 7,
            "ftp_port": self._ftp_port,
            "ftp_passive_first": min(self._passive),
            "ftp_passive_last": max(self._passive),
            "api_port": self._api_port,
            "api_token": TOKEN,
            "cameras": [
                {
                    "location": _STREET,
                    "ftp_username": "street",
                    "ftp_password": _FTP_PASSWORD,
                    "masks": _CAPTION,
                    "labels": "person",
                },
                {
                    "location": _YARD,
                    "snapshot_url": self.camera.url,
                    "username": login.username,
                    "password": login.password,
                    "masks": _CAPTION,
                },
            ],
            **self._brokers.options(),
        }


def _ports_of(folder: Path) -> list[int]:
    """Return the ports for this folder: the same at every start, because Home Assistant keeps where pictures are."""
    file = folder / "ports.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(free_ports(_PORTS)), encoding="utf-8")
    return list(json.loads(file.read_text(encoding="utf-8")))
