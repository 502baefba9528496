"""What can happen to a partition. Who asks has an ``Actor``, which ``codes.authorise`` alone gives to people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .model import Action, Actor, Mode
from .problems import Fault, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """Arm a disarmed partition. ``force`` leaves out what is open; ``skip_delay`` arms without an exit delay.

    Without ``disarmable`` nobody could disarm it again: no valid code has the right, and it needs one.
    """

    mode: Mode
    actor: Actor
    force: bool = False
    skip_delay: bool = False
    disarmable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Disarm:
    """Disarm, and end whatever is running."""

    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMode:
    """Change the mode of a partition that is armed or arming. ``disarmable`` as for ``Arm``."""

    mode: Mode
    actor: Actor
    force: bool = False
    skip_delay: bool = False
    disarmable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypass:
    """Leave zones out until the next disarming, or (``bypassed=False``) watch them again."""

    zones: tuple[str, ...]
    actor: Actor
    bypassed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """The alarm memory was seen and may go."""

    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Stop the siren; the alarm goes on."""

    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Panic:
    """Somebody calls for help with a button or key that is no zone."""

    actor: Actor
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkTest:
    """Begin or end a walk test. Fire and panic zones stay live unless ``life_safety`` tests them too."""

    actor: Actor
    on: bool = True
    life_safety: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneOpened:
    """A zone's input became active, and told a ``detail``. ``image`` refers to a snapshot of it."""

    zone: str
    image: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneClosed:
    """A zone's input is no longer active."""

    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTampered:
    """Somebody meddles with a zone's device."""

    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFaulted:
    """A zone's device is lost, low on battery, or says that it is faulty."""

    zone: str
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRestored:
    """A zone no longer has a fault. One that was lost may have opened or closed meanwhile."""

    zone: str
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePictured:
    """A snapshot of a zone has come."""

    zone: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLost:
    """A broker that zones report over is down: one fault, however many zones they are."""

    broker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerBack:
    """A broker is up again, or no zone reports over it any more."""

    broker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SirensStand:
    """What is wrong with the siren outputs is another: all of it, with the output as ``zone``."""

    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRefused:
    """Somebody gave a code that is nobody's. ``actor`` says over which path."""

    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAccepted:
    """A right code was given for what this partition does not do itself: to a master, which its members obey."""

    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class DuressGiven:
    """A duress code was given for what it may not do: a call for help all the same."""

    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """The status was read back after a restart. The first event after it."""


type Asked = Arm | Disarm | ChangeMode | Bypass | Acknowledge | Silence | Panic | WalkTest
type ZoneEvent = ZoneOpened | ZoneClosed | ZoneTampered | ZoneFaulted | ZoneRestored | ZonePictured
type BrokerEvent = BrokerLost | BrokerBack | SirensStand
type Event = Asked | ZoneEvent | BrokerEvent | CodeRefused | CodeAccepted | DuressGiven | Tick | Restarted


_ACTIONS: Final[Mapping[type, Action]] = {
    Arm: Action.ARM,
    ChangeMode: Action.CHANGE_MODE,
    Disarm: Action.DISARM,
    Bypass: Action.BYPASS,
    Acknowledge: Action.ACKNOWLEDGE,
    Silence: Action.SILENCE,
    WalkTest: Action.WALK_TEST,
    Panic: Action.PANIC,
}


def action_of(event: Asked) -> Action:
    """Return what an event asks for, as codes are required for it."""
    action = _ACTIONS[type(event)]
    forces = isinstance(event, Arm | ChangeMode) and event.force
    if not forces:
        return action
    return Action.FORCE_ARM if action is Action.ARM else Action.FORCE_MODE
