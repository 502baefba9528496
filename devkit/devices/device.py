"""What every simulated device has: a link, a clock, a memory of its commands, and a death."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
import time
from typing import ClassVar

from .links import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCommand:
    """A command as it came over the wire. ``at`` is in unix seconds."""

    at: float
    address: str
    body: bytes


class Device(ABC):
    """A device program: reports on its own, obeys commands, and may die of a bad one.

    A dead device says and obeys nothing until ``revive``, as a program that
    ended until somebody starts it again. ``clock`` gives its unix seconds and
    may be replaced by a wrong one; ``on_happening(name, text)`` hears in words what it does.
    """

    survives_bad_commands: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        link: Link,
        *,
        heartbeat_interval: float,
        control_address: str | None = None,
        input_keys: tuple[str, ...] = (),
    ) -> None:
        """Prepare the device; it is silent until ``start``.

        ``input_keys`` are its inputs as the hub will name them, ``control_address``
        where it listens, ``heartbeat_interval`` the seconds between two signs of life.
        """
        self.name = name
        self.link = link
        self.heartbeat_interval = heartbeat_interval
        self.control_address = control_address
        self.input_keys = input_keys
        self.commands: list[ReceivedCommand] = []
        self.death: str | None = None
        self.clock: Callable[[], float] = time.time
        self.on_happening: Callable[[str, str], None] = lambda _name, _text: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._started_at = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self.death is None

    @property
    def uptime(self) -> float:
        """Seconds since the device was started."""
        return round(time.monotonic() - self._started_at, 2)

    @abstractmethod
    def heartbeat(self) -> None:
        """Report life now."""

    def _obey(self, body: bytes) -> None:
        """Carry out a command; what it raises is what the device makes of a bad one."""
        self._tell(f"ignores a command of {len(body)} bytes")

    def activate(self, key: str) -> None:
        """Let an input happen: a door opens, somebody moves. Raises ``KeyError`` for an unknown key."""
        raise KeyError(key)

    def clear(self, key: str) -> None:
        """Let an input return to normal. Raises ``KeyError`` for an unknown key."""
        raise KeyError(key)

    async def start(self) -> None:
        """Connect, listen for commands, report at once and then regularly. Raises ``TimeoutError``."""
        await self.link.start()
        self._started_at = time.monotonic()
        if self.control_address is not None:
            self.link.subscribe(self.control_address, self._receive)
        self._repeat(self.heartbeat_interval, self.heartbeat)
        self.heartbeat()

    async def stop(self) -> None:
        """Stop reporting and disconnect."""
        self._cancel()
        await self.link.stop()

    async def unplug(self) -> None:
        """Be gone without a word, as after a power cut; ``start`` brings it back."""
        self._cancel()
        await self.link.unplug()

    def revive(self) -> None:
        """Start the program again after it died, and report."""
        self.death = None
        self.heartbeat()

    def _tell(self, text: str) -> None:
        self.on_happening(self.name, text)

    def _repeat(self, interval: float, action: Callable[[], None]) -> None:
        async def act() -> None:
            while True:
                await asyncio.sleep(interval)
                action()

        self._spawn(act())

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        async def act() -> None:
            await asyncio.sleep(delay)
            action()

        self._spawn(act())

    def _publish(self, address: str, body: bytes, *, retain: bool = False) -> None:
        if self.alive:
            self.link.publish(address, body, retain=retain)

    def _receive(self, address: str, body: bytes) -> None:
        if not self.alive:
            return
        self.commands.append(ReceivedCommand(at=time.time(), address=address, body=body))
        try:
            self._obey(body)
        except Exception as error:  # noqa: BLE001 - whatever ends the program is what a test wants to see
            reason = f"{type(error).__name__}: {error}"
            if self.survives_bad_commands:
                self._tell(f"refuses a command ({reason})")
            else:
                self.death = reason
                self._tell(f"dies of a command ({reason})")

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _cancel(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()


def iso_time(moment: float) -> str:
    """The fleet's usual spelling of unix seconds."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f%z")
