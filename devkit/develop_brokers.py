"""The brokers of ``scripts/develop``: those on the machine, else what apt brings, else one written in Python."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
import logging
from pathlib import Path
import shutil
from typing import Any, Final

from amqtt.broker import Broker as PythonBroker
from amqtt.errors import ProtocolHandlerError

from .bootstrap.programs import PROGRAMS, ensure_programs
from .bootstrap.shell import SetupError, say
from .brokers import LOOPBACK, Broker, Mosquitto, RabbitMQ

_INSTALLABLE: Final = {program.package: program for program in PROGRAMS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which brokers there will be. The one written in Python speaks MQTT 3.1.1, Mosquitto also 5."""

    mosquitto: bool
    rabbitmq: bool

    @property
    def name(self) -> str:
        """A folder name: what was set up with some brokers is of no use with others."""
        return ("mosquitto" if self.mosquitto else "embedded") + ("-rabbitmq" if self.rabbitmq else "")

    @property
    def mqtt_protocol(self) -> str:
        """The version of MQTT for Home Assistant to speak."""
        return "5" if self.mosquitto else "3.1.1"


def choose_brokers(*, mqtt_only: bool, embedded: bool) -> Choice:
    """Install what is missing, where that is possible, and say what there will be."""
    if embedded:
        return Choice(mosquitto=False, rabbitmq=False)
    wanted: list[type[Broker]] = [Mosquitto] if mqtt_only else [Mosquitto, RabbitMQ]
    missing = [_INSTALLABLE[broker.program] for broker in wanted if not broker.installed()]
    try:
        ensure_programs(missing)
    except SetupError as error:
        say(str(error))
    choice = Choice(mosquitto=Mosquitto.installed(), rabbitmq=not mqtt_only and RabbitMQ.installed())
    if not choice.mosquitto:
        say("Going on with an MQTT broker written in Python, as there is no Mosquitto.")
    if not (choice.rabbitmq or mqtt_only):
        say("Going on without RabbitMQ, and so without the devices that speak to it.")
    return choice


class PrivateBrokers:
    """The chosen brokers, with their data in a folder of their own."""

    def __init__(self, choice: Choice, folder: Path, *, mqtt_port: int, rabbitmq_port: int) -> None:
        """Prepare them; ``start`` runs them."""
        self._folder = folder
        self._brokers: list[Broker] = []
        if choice.mosquitto:
            self._brokers.append(Mosquitto(folder / "mosquitto", port=mqtt_port))
        if choice.rabbitmq:
            self._brokers.append(RabbitMQ(folder / "rabbitmq", port=rabbitmq_port))
        self._python_port = None if choice.mosquitto else mqtt_port
        self._python_broker: PythonBroker | None = None

    @property
    def processes(self) -> Mapping[str, Broker]:
        """Those that are processes of their own, by their names."""
        return {type(broker).__name__: broker for broker in self._brokers}

    async def start(self) -> None:
        """Run them, and return once clients can connect. Raises ``BrokerError``."""
        # Nothing in RabbitMQ outlives a start: each gives its node another name.
        await asyncio.to_thread(shutil.rmtree, self._folder / "rabbitmq", ignore_errors=True)
        if self._python_port is not None:
            broker = _python_broker(self._python_port)
            asyncio.get_running_loop().set_exception_handler(_handle)
            await broker.start()
            self._python_broker = broker
        await asyncio.gather(*(asyncio.to_thread(broker.start) for broker in self._brokers))

    async def stop(self) -> None:
        """Stop those that run, in order."""
        await asyncio.gather(*(asyncio.to_thread(broker.stop) for broker in self._brokers))
        if self._python_broker is not None:
            # It leaves tasks behind that fail with nobody to hear of it.
            asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
            await self._python_broker.shutdown()
            self._python_broker = None


def _handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of clients that leave while a message is on its way to them."""
    if not isinstance(context.get("exception"), ProtocolHandlerError):
        loop.default_exception_handler(context)


def _python_broker(port: int) -> PythonBroker:
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return PythonBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
