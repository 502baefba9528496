"""What can happen to the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..wire.messages import CommandResult, Report, Transport
from ..wire.records import record
from .alarm import events as alarm_events
from .alarm.codes import CodeUser
from .alarm.model import Actor, Partition
from .deadlines import TimerKey
from .model import GroupRule, InputRecord, InputRule, OutputRecord
from .times.schedules import Schedule


@record(frozen=True, slots=True, kw_only=True)
class Reported:
    """A source reported: heartbeat or event."""

    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAvailability:
    """A source's last will or status said whether it is online. ``retained``: its broker kept that from before."""

    source_id: str
    online: bool
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultReceived:
    """A native device said what became of a command."""

    result: CommandResult


@record(frozen=True, slots=True, kw_only=True)
class CommandPublished:
    """The broker confirmed a command, or Home Assistant ran the action."""

    command_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed:
    """A command could not be handed over: unroutable, broker away past its expiry, action error."""

    command_id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportChanged:
    """A broker connection came up or went down."""

    transport: Transport
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed; handle every deadline up to now, or of them ``only`` these."""

    only: tuple[TimerKey, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A person pressed a built-in input (panic, report) or triggers an input by hand."""

    input_key: str
    press_id: str
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRequested:
    """A person or automation commands one output directly.

    Links and intervals do not apply; the hub-wide suspension and the output's own switch do.
    """

    output_key: str
    request_id: str
    turn_on: bool | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnabledSet:
    """Inputs and outputs are switched on or off in the hub. ``actor`` is who did it, where that is known."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    enabled: bool = True
    actor: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputsSuspended:
    """The hub-wide outputs switch."""

    suspended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Links from inputs to outputs are made or removed."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    linked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """An input's rule is replaced."""

    input_key: str
    rule: InputRule


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptionsSet:
    """Some of an output's options change: interval, deadline, params, trigger_topic."""

    output_key: str
    options: Mapping[str, float | str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRuleSet:
    """A cross-zone rule is set, or removed with ``rule=None``."""

    name: str
    rule: GroupRule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSet:
    """Inputs, outputs and groups get a schedule, or lose theirs with ``schedule=None``."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    schedule: Schedule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesChanged:
    """The time zone or the quiet hours in the settings are another: what goes by them is looked at anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSet:
    """The clock was set ``by`` so many seconds, ahead or (negative) back, and shows the time of this step since.

    Of a machine that slept it looks as if the clock had been set ahead.
    """

    by: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDelivered:
    """The digest of this number is in the hands of what delivers it, and is not told again."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceLimitSet:
    """A source's silence limit is set by a person, or given back to learning with ``None``."""

    source_id: str
    limit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputAdopted:
    """A Home Assistant entity becomes an input."""

    record: InputRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputAdopted:
    """A Home Assistant action becomes an output."""

    record: OutputRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class InputExpected:
    """An input is there before it has reported. Of a known one, only what it does not say of itself is filled in.

    Of ``record`` its key and description count; everything else is set by events of its own.
    """

    record: InputRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputExpected:
    """The same for an output."""

    record: OutputRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesGiven:
    """People named devices, by key, and sources in Home Assistant, or took names back, which is ``None``."""

    devices: Mapping[str, str | None] = field(default_factory=dict)
    sources: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Sources or devices are forgotten; they come back when they report again."""

    sources: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmAsked:
    """Something happens to a partition or, by way of a master, to its members: a request, or what became of a code.

    Requests come from ``alarm.codes.authorise``, which alone gives people their ``Actor``.
    """

    partition_id: str
    request: alarm_events.Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRestarted:
    """The partitions' statuses were read back. Once after a start, before anything else comes in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionSet:
    """A partition is set up, or replaced by one with the same id. ``actor`` is who did it, where that is known."""

    partition: Partition
    actor: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionRemoved:
    """A partition is removed. Where an alarm sounds, it ends."""

    partition_id: str
    actor: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUserSet:
    """Somebody gets a code, or is replaced by one with the same id. Without ``code_hash`` the code stays as it is.

    ``rehashed``: it is the same code, hashed anew.
    """

    user: CodeUser
    code_hash: str | None = field(default=None, repr=False)
    actor: Actor | None = None
    rehashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUserRemoved:
    """Somebody's code works no more."""

    user_id: str
    actor: Actor | None = None


type AlarmConfigured = PartitionSet | PartitionRemoved | CodeUserSet | CodeUserRemoved
type Configured = (
    EnabledSet
    | Linked
    | RuleSet
    | OutputOptionsSet
    | GroupRuleSet
    | ScheduleSet
    | SilenceLimitSet
    | InputAdopted
    | OutputAdopted
    | InputExpected
    | OutputExpected
)
type Asked = Pressed | OutputRequested | OutputsSuspended | Forgotten | Configured | AlarmAsked | AlarmConfigured
type Event = (
    Reported
    | SourceAvailability
    | ResultReceived
    | CommandPublished
    | CommandFailed
    | TransportChanged
    | Tick
    | AlarmRestarted
    | TimesChanged
    | ClockSet
    | DigestDelivered
    | NamesGiven
    | Asked
)
