"""What every simulated device has: a link, a clock, a memory of its commands, and a death."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import RLock
import time
from typing import ClassVar

from .links import Link
from .timers import Timer, Timers


class Happening(StrEnum):
    """What a device tells its onlookers."""

    REPORTED = "reported"
    COMMANDED = "commanded"
    REFUSED = "refused"
    DIED = "died"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing a device did, in words. ``body`` is the command as it came, where there was one."""

    at: float
    device: str
    happening: Happening
    text: str
    address: str | None = None
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCommand:
    """A command as it came over the wire. ``at`` is in unix seconds."""

    at: float
    address: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a device is placed in. ``clock`` gives unix seconds and may be wrong on purpose."""

    link: Link
    timers: Timers
    clock: Callable[[], float] = time.time
    on_notice: Callable[[Notice], None] = field(default=lambda _: None)


class Device(ABC):
    """A device program: reports on its own, obeys commands, and may die of a bad one.

    A dead device says and obeys nothing until ``revive``, as a program that
    ended until somebody starts it again.
    """

    survives_bad_commands: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        surroundings: Surroundings,
        *,
        heartbeat_interval: float,
        control_address: str | None = None,
        input_keys: tuple[str, ...] = (),
    ) -> None:
        """Place the device; it is silent until ``start``.

        ``input_keys`` are its inputs as the hub will name them, ``control_address``
        where it listens, ``heartbeat_interval`` the seconds between two signs of life.
        """
        self.name = name
        self.heartbeat_interval = heartbeat_interval
        self.control_address = control_address
        self.input_keys = input_keys
        self.commands: list[ReceivedCommand] = []
        self.death: str | None = None
        self.lock = RLock()
        self.link = surroundings.link
        self.timers = surroundings.timers
        self.clock = surroundings.clock
        self._on_notice = surroundings.on_notice
        self._repeating: list[Timer] = []
        self._booted_at = self.timers.now

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self.death is None

    @property
    def uptime(self) -> float:
        """Seconds since the device was placed."""
        return round(self.timers.now - self._booted_at, 2)

    @abstractmethod
    def _tick(self) -> None:
        """Report life; called by the device's own heartbeat."""

    def _obey(self, body: bytes) -> None:  # noqa: B027 - a device without outputs obeys nothing
        """Carry out a command; what it raises is what the device makes of a bad one."""

    def activate(self, key: str) -> None:
        """Let an input happen: a door opens, somebody moves. Raises ``KeyError`` for an unknown key."""
        raise KeyError(key)

    def clear(self, key: str) -> None:
        """Let an input return to normal. Raises ``KeyError`` for an unknown key."""
        raise KeyError(key)

    def start(self) -> None:
        """Listen for commands, report at once and then regularly. The link is started before."""
        if self.control_address is not None:
            self.link.subscribe(self.control_address, self._receive)
        self._repeat(self.heartbeat_interval, self._tick)
        self.heartbeat()

    def stop(self) -> None:
        """Stop reporting. The link is stopped after."""
        for timer in self._repeating:
            timer.cancel()

    def heartbeat(self) -> None:
        """Report life now."""
        with self.lock:
            if self.alive:
                self._tick()

    def revive(self) -> None:
        """Start the program again after it died, and report."""
        self.death = None
        self.heartbeat()

    def tell(self, happening: Happening, text: str, command: ReceivedCommand | None = None) -> None:
        """Let onlookers know."""
        self._on_notice(
            Notice(
                at=time.time(),
                device=self.name,
                happening=happening,
                text=text,
                address=command.address if command else None,
                body=command.body if command else None,
            )
        )

    def _repeat(self, interval: float, action: Callable[[], None]) -> None:
        def act() -> None:
            with self.lock:
                if self.alive:
                    action()

        self._repeating.append(self.timers.call_every(interval, act))

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        def act() -> None:
            with self.lock:
                action()

        self.timers.call_later(delay, act)

    def _publish(self, address: str, body: bytes, *, retain: bool = False) -> None:
        if self.alive:
            self.link.publish(address, body, retain=retain)

    def _receive(self, address: str, body: bytes) -> None:
        with self.lock:
            if not self.alive:
                return
            command = ReceivedCommand(at=time.time(), address=address, body=body)
            self.commands.append(command)
            try:
                self._obey(body)
            except Exception as err:  # noqa: BLE001 - whatever ends the program is what a test wants to see
                self._suffer(command, f"{type(err).__name__}: {err}")

    def _suffer(self, command: ReceivedCommand, reason: str) -> None:
        if self.survives_bad_commands:
            self.tell(Happening.REFUSED, f"refuses a command ({reason})", command)
            return
        self.death = reason
        self.tell(Happening.DIED, f"dies of a command ({reason})", command)
