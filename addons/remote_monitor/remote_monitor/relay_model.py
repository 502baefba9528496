"""The words of the relays: how each behaves, what may happen, and what follows.

Times are seconds on one clock that never jumps. A relay is *away* while it is not in its safe
state; how long it may be is a deadline, so no relay ever waits for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import math
from typing import Final

SHORTEST: Final = 0.05


class Retrigger(StrEnum):
    """What a second pulse does to one that still runs."""

    EXTEND = "extend"
    RESTART = "restart"
    IGNORE = "ignore"


class Action(StrEnum):
    """What a command asks of a relay."""

    PULSE = "pulse"
    ON = "on"
    OFF = "off"
    TOGGLE = "toggle"
    PATTERN = "pattern"


class Status(StrEnum):
    """How far a command came."""

    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """How one relay behaves.

    ``seconds`` is its pulse, ``longest`` how long it may be away at all, ``pattern`` seconds away and
    back in turn. Relays with the same ``interlock`` are never on together.
    """

    key: str
    seconds: float = 1.0
    safe_on: bool = False
    retrigger: Retrigger = Retrigger.EXTEND
    interlock: str | None = None
    pattern: tuple[float, ...] = ()
    longest: float | None = None

    def __post_init__(self) -> None:
        """Check what can be wrong. Raises ``ValueError`` that names it."""
        if not (math.isfinite(self.seconds) and self.seconds >= SHORTEST):
            raise ValueError(f"seconds must be {SHORTEST:g} or more, is {self.seconds:g}")
        if self.longest is not None and not self.longest >= SHORTEST:
            raise ValueError(f"longest must be {SHORTEST:g} s or more, is {self.longest:g}")
        if len(self.pattern) % 2 or not all(part >= SHORTEST for part in self.pattern):
            raise ValueError(f"pattern must be pairs of seconds, each {SHORTEST:g} or more: on, off, on, off")
        if self.interlock is not None and self.safe_on:
            raise ValueError("interlock: a relay that is on in its safe state cannot be in an interlock")

    @property
    def usual(self) -> Action:
        """What a command without an action means."""
        return Action.PATTERN if self.pattern else Action.PULSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All relays by their key, and after how many seconds without a broker they go to their safe state."""

    relays: Mapping[str, Relay]
    brokers_lost_after: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Operation begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Operation ends; no command is taken from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokersLost:
    """There has been no broker for ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """Somebody wants something of a relay. ``None`` for action or seconds means the relay's own."""

    command_id: str
    key: str
    action: Action | None = None
    seconds: float | None = None
    expires_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinFailed:
    """A pin could not be set, for ``command_id`` or for the command that runs."""

    key: str
    reason: str
    command_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinsWell:
    """Every pin is as it should be."""


type Event = Start | Stop | Tick | BrokersLost | Commanded | PinFailed | PinsWell


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPin:
    """Switch a relay."""

    key: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Say how a command went."""

    command_id: str
    key: str
    status: Status
    detail: str | None = None


type Effect = SetPin | Result


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayState:
    """What one relay does. Times are ``None`` when there is no such time.

    ``command_id`` still waits for its end, ``away_since`` is when the safe state was left, ``until`` when it is
    taken again, ``flip_at`` when a pattern switches next, to its part ``phase``. While ``doubtful`` its pin could
    not be set, and may be as it was before.
    """

    on: bool
    doubtful: bool = False
    command_id: str | None = None
    away_since: float | None = None
    until: float | None = None
    flip_at: float | None = None
    phase: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What all relays do, and the last result of each of the latest commands, oldest first."""

    relays: Mapping[str, RelayState]
    results: Mapping[str, Result] = field(default_factory=dict)
    ready: bool = False
