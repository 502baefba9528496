"""How a simulated device reaches its broker, whichever broker that is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

type Handler = Callable[[str, bytes], None]


class Wire(StrEnum):
    """The two brokers a device may speak to."""

    MQTT = "mqtt"
    AMQP = "amqp"


class LinkTimeoutError(TimeoutError):
    """The broker could not be reached in time."""


@dataclass(frozen=True, slots=True)
class Address:
    """A broker's host and port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, default_port: int) -> Address:
        """Read ``host``, ``host:port`` or ``:port``. Raises ``ValueError`` for a port that is none."""
        host, _, port = text.rpartition(":") if ":" in text else (text, "", "")
        return cls(host or "127.0.0.1", int(port or default_port))


class Link(ABC):
    """Publishes and subscribes for one device or several. Every method may be called from any thread."""

    wire: Wire

    def __init__(self) -> None:
        """Begin without subscriptions."""
        self.lost = 0
        self._handlers: dict[str, list[Handler]] = {}

    @abstractmethod
    def start(self, timeout: float = 15.0) -> None:
        """Connect, and wait up to ``timeout`` seconds for it. Raises ``LinkTimeoutError``."""

    @abstractmethod
    def stop(self) -> None:
        """Send what is under way and disconnect."""

    @abstractmethod
    def publish(self, address: str, body: bytes, *, retain: bool = False) -> None:
        """Send one message. Without a connection it is lost, as a board's is, and counted in ``lost``."""

    @abstractmethod
    def _follow(self, address: str) -> None:
        """Ask the broker for messages of an address that is new."""

    def subscribe(self, address: str, handler: Handler) -> None:
        """Call ``handler(address, body)`` in the link's own thread for every message to ``address``."""
        handlers = self._handlers.setdefault(address, [])
        handlers.append(handler)
        if len(handlers) == 1:
            self._follow(address)

    def _deliver(self, address: str, body: bytes) -> None:
        for handler in tuple(self._handlers.get(address, ())):
            handler(address, body)
