"""How a simulated device reaches its broker, whichever broker that is."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar, Final

CONNECT_TIMEOUT: Final = 60.0

type Handler = Callable[[str, bytes], None]


class Wire(StrEnum):
    """The two brokers a device may speak to."""

    MQTT = "mqtt"
    AMQP = "amqp"


class Link(ABC):
    """One device's connection. The protocol runs in a thread of its own; handlers run in the event loop."""

    wire: ClassVar[Wire]

    def __init__(self) -> None:
        """Begin without subscriptions."""
        self.lost = 0
        self._handlers: dict[str, Handler] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Connect. Raises ``TimeoutError`` when nobody answers for 15 seconds."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._connect)

    async def stop(self) -> None:
        """Send what is under way and disconnect."""
        await asyncio.to_thread(self._disconnect)

    async def unplug(self) -> None:
        """Be gone without a word, as after a power cut."""
        await asyncio.to_thread(self._cut)

    @abstractmethod
    def publish(self, address: str, body: bytes, *, retain: bool = False) -> None:
        """Send one message. Without a connection it is lost, as a board's is, and counted in ``lost``."""

    def subscribe(self, address: str, handler: Handler) -> None:
        """Call ``handler(address, body)`` for every message to ``address``."""
        self._handlers[address] = handler
        self._follow(address)

    @abstractmethod
    def _connect(self) -> None: ...

    @abstractmethod
    def _disconnect(self) -> None: ...

    @abstractmethod
    def _cut(self) -> None: ...

    @abstractmethod
    def _follow(self, address: str) -> None:
        """Ask the broker for messages to an address that is new."""

    def _deliver(self, address: str, body: bytes) -> None:
        """Pass a message on, from the link's thread to the event loop."""
        handler = self._handlers.get(address)
        if handler is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(handler, address, body)
