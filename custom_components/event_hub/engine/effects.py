"""What the engine wants done. The shell carries effects out in their order."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..wire.detection import Detection
from ..wire.messages import Command
from ..wire.records import record
from .alarm import effects as alarm_effects
from .alarm.model import Actor
from .model import CommandStatus, Decision
from .times.digest import Bundle


@record(frozen=True, slots=True, kw_only=True)
class SendCommand:
    """Send this command and say what became of it."""

    command: Command
    decision_id: str


@record(frozen=True, slots=True, kw_only=True)
class Decided:
    """One input event was decided: log it and show it."""

    decision: Decision


@record(frozen=True, slots=True, kw_only=True)
class CommandProgressed:
    """A command reached a new status."""

    command_id: str
    decision_id: str
    input_key: str
    output_key: str
    status: CommandStatus
    detail: str | None
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """Something was found in an input's picture, which has the number ``image_id`` in the app that keeps it."""

    input_key: str
    detection: Detection
    image_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLost:
    """A source has been silent for longer than its limit, or its last will came."""

    source_id: str
    last_seen: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBack:
    """A lost source reported again."""

    source_id: str
    silent_for: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyConflict:
    """A second source claims a device key that another source owns; it is refused for that source."""

    device_key: str
    owner_id: str
    source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockProblem:
    """A source's clock is off by more than a minute, or (``solved``) no longer is."""

    source_id: str
    offset: float
    solved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesFound:
    """Devices nobody knew reported for the first time."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamsRefused:
    """Parameters set for an output before its device reported would not be taken by it, and were removed.

    ``problem`` says why, without them.
    """

    output_key: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryFull:
    """More devices or sources reported than the hub keeps; this source's new ones are refused."""

    source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTold:
    """What a partition wants told, once its new status is stored. A siren's commands are effects of their own too."""

    partition_id: str
    effect: alarm_effects.Effect


class SetUp(StrEnum):
    """What of the alarm's set-up was changed. ``SWITCHED``: a zone or siren, on or off in the hub."""

    PARTITION = "partition"
    PARTITION_REMOVED = "partition_removed"
    CODE = "code"
    CODE_REVOKED = "code_revoked"
    SWITCHED = "switched"


type Plain = bool | int | float | str | tuple[Plain, ...] | Mapping[str, Plain] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting that is another now; ``None`` where there was, or is, nothing."""

    setting: str
    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSetUp:
    """How the alarm is set up was changed. ``actor`` is ``None`` where nobody is known to have done it.

    ``subject`` is the key of what was changed: a partition, somebody with a code, or what was switched. ``name`` is
    the partition's, or that of the one with the code. So many as ``more`` changes are not among ``changes``.
    """

    what: SetUp
    partition_id: str | None
    subject: str
    name: str
    changes: tuple[Change, ...]
    at: float
    actor: Actor | None
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRaised:
    """An input is still active, for long after its trigger at ``since``. Told once."""

    input_key: str
    since: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationResolved:
    """An input that was escalated for its trigger at ``since`` is clear, switched off or forgotten."""

    input_key: str
    since: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDue:
    """What was held back in quiet hours is to be told now. Told again until ``DigestDelivered`` says that it was."""

    bundle: Bundle
    at: float


type Effect = (
    SendCommand
    | Decided
    | Detected
    | CommandProgressed
    | SourceLost
    | SourceBack
    | KeyConflict
    | ClockProblem
    | DevicesFound
    | ParamsRefused
    | RegistryFull
    | AlarmTold
    | AlarmSetUp
    | EscalationRaised
    | EscalationResolved
    | DigestDue
)
