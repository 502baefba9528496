"""An app, the real one, as a process of its own, as in its container."""

from abc import abstractmethod
import asyncio
from dataclasses import dataclass
import json
import os
from pathlib import Path
import sys
from typing import Any, Final, override

from ..bootstrap.shell import ROOT
from .device import Device
from .links import Link

_STOP_TIMEOUT: Final = 10.0
_ADDONS: Final = ROOT / "addons"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppBrokers:
    """Where an app finds its brokers, as its options name them; RabbitMQ may be missing."""

    mqtt_host: str
    mqtt_port: int
    rabbitmq: str | None = None

    def options(self) -> dict[str, Any]:
        """Return the options that name them."""
        options: dict[str, Any] = {"mqtt_host": self.mqtt_host, "mqtt_port": self.mqtt_port}
        return options | ({"rabbitmq_hosts": self.rabbitmq} if self.rabbitmq else {})


def app_environment(package: str) -> dict[str, str]:
    """Return the environment in which an app's packages are found."""
    places = (_ADDONS / "common", _ADDONS / package)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))}


class AppDevice(Device):
    """A device that is an app's process. Options, state and log are kept in ``folder``."""

    survives_bad_commands = True

    def __init__(self, package: str, link: Link, folder: Path, *, input_keys: tuple[str, ...]) -> None:
        """Prepare; the link is for what the simulation does beside the app."""
        super().__init__(package.replace("_", " "), link, heartbeat_interval=5.0, input_keys=input_keys)
        self.folder = folder
        self.log = folder / "console.log"
        self._package = package
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process, once it was started."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """What it ended with, negative for a signal; ``None`` while it runs."""
        return self._process.returncode if self._process else None

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """Return the app's options."""

    @override
    async def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        options = self.folder / "options.json"
        options.write_text(json.dumps(self.options()), encoding="utf-8")
        await super().start()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", self._package, "--options", str(options), "--health-port", "0"),
                env=app_environment(self._package),
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
