"""What a partition wants done, after its new status is stored. The shell carries effects out in their order."""

from dataclasses import dataclass

from .codes import Denial
from .model import Action, Actor, Mode
from .problems import PassReason, RefusalReason, Trouble, ZoneProblem
from .status import Alarm, AlarmKind, PartitionStatus, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChanged:
    """The phase, or the mode in it, is another. ``actor`` is ``None`` when a zone or the time did it."""

    before: Phase
    after: Phase
    mode: Mode | None
    at: float
    actor: Actor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SirenOn:
    """Sound these outputs until then at the latest. Told again after a restart."""

    until: float
    outputs: tuple[str, ...]
    kind: AlarmKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SirenOff:
    """Silence these outputs. Told at a restart too: the last time, it may not have got through.

    ``actor`` is ``None`` when the time did it.
    """

    outputs: tuple[str, ...]
    actor: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised:
    """An alarm is raised here; outside is told later."""

    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOutside:
    """Nobody disarmed within the abort window, or it does not apply: tell these alarms.

    Either all of them are silent or none is. ``actor`` called for help by hand; ``None``: a zone did.
    """

    alarms: tuple[Alarm, ...]
    actor: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The alarm was disarmed in time. With ``told``, outside knew of it, and must hear that, too.

    ``silent``: the alarm showed nowhere, nor may this. ``withheld``: it was done under duress, which shows like any
    other, but outside must not hear that all is well. Whoever shows it must not show that.
    """

    told: bool
    actor: Actor
    silent: bool = False
    withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DuressRaised:
    """Somebody was forced to give a code. To be told outside at once, and to be seen nowhere here.

    ``alarms`` are those that were called off with it before outside was told of them: to be told as well.
    """

    actor: Actor
    at: float
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOpen:
    """These zones stood open when the exit delay ended."""

    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chimed:
    """A zone opened while disarmed or in a walk test: sound the chime."""

    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """An event was passed over, and why: the answer to "why did this not alarm?"."""

    reason: PassReason
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A request is not carried out; ``problems`` name the zones that are in the way.

    A ``Denial`` is told where it happens, at the door; ``more`` like it were not told just before.
    """

    action: Action
    reason: RefusalReason | Denial
    problems: tuple[ZoneProblem, ...]
    actor: Actor
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """Armed in spite of these problems."""

    problems: tuple[ZoneProblem, ...]
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassChanged:
    """Zones are left out by hand or by force arming, or are no longer."""

    bypassed: tuple[str, ...]
    forced: tuple[str, ...]
    actor: Actor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwungOut:
    """A zone caused as many alarms as one may in an armed period, and is silenced for the rest of it.

    ``tamper``: only its tamper signal is. ``silent``: its alarms show nowhere, nor may this.
    """

    zone: str
    alarms: int
    tamper: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkTested:
    """A zone was seen in a walk test; ``left`` are still to be seen."""

    zone: str
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkTestChanged:
    """A walk test began or ended; ``missed`` zones were not seen in it. ``actor``: ``None`` where the time ended it."""

    on: bool
    walked: tuple[str, ...]
    missed: tuple[str, ...]
    actor: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleChanged:
    """What the zones suffer from; ``watched`` are those of them that are being watched."""

    troubles: tuple[Trouble, ...]
    watched: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryChanged:
    """The alarm memory has other entries or pictures, or was acknowledged; ``silent``: in nothing that shows."""

    memory: tuple[Alarm, ...]
    actor: Actor | None
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWrong:
    """A wrong code was given; after ``left`` more, code entry is locked."""

    left: int
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedOut:
    """Too many wrong codes: none is taken until then."""

    until: float
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class LockoutEnded:
    """Codes are taken again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUsedUp:
    """A code that works once has worked."""

    user_id: str


type Effect = (
    PhaseChanged
    | SirenOn
    | SirenOff
    | AlarmRaised
    | TellOutside
    | Cancelled
    | DuressRaised
    | LeftOpen
    | Chimed
    | Passed
    | Refused
    | Overridden
    | BypassChanged
    | SwungOut
    | WalkTested
    | WalkTestChanged
    | TroubleChanged
    | MemoryChanged
    | CodeWrong
    | LockedOut
    | LockoutEnded
    | CodeUsedUp
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an event led to: the status to store first, then what to do."""

    status: PartitionStatus
    effects: tuple[Effect, ...]

    @property
    def refusal(self) -> Refused | None:
        """Why the request was refused, if it was."""
        return next((effect for effect in self.effects if isinstance(effect, Refused)), None)
