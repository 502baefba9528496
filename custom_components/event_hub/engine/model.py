"""What the engine knows: records that people own, and statuses that events change.

Records (sources, inputs, outputs, groups) are configuration: kept for ever,
changed by people and by devices that describe themselves. Statuses are what
happened last: kept across restarts, replaced by every event. All times are
unix seconds, all durations seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ..wire.detection import DetectionStatus
from ..wire.messages import Command, Dialect, Scalar, Source, Transport
from ..wire.records import record
from ..wire.wellbeing import Budget, PartHealth
from .times.schedules import Override, Schedule

# One for all: what is made for every event is kept for a while, and walked by Python's collector.
NO_FACTS: Final[Mapping[str, Scalar]] = MappingProxyType({})
PANIC_KEY = "Panic"
REPORT_KEY = "Report"
BUILT_IN_SOURCE = Source(
    source_id="event_hub",
    dialect=Dialect.HOME_ASSISTANT,
    transport=Transport.HOME_ASSISTANT,
    topic="event_hub",
    name="hub",
)
ADOPTED_SOURCE = Source(
    source_id="home_assistant",
    dialect=Dialect.HOME_ASSISTANT,
    transport=Transport.HOME_ASSISTANT,
    topic="home_assistant",
    name="home_assistant",
)
# Owns the devices that were set up before they reported: the first source that reports one becomes its owner.
EXPECTED_SOURCE = Source(
    source_id="event_hub_expected",
    dialect=Dialect.HOME_ASSISTANT,
    transport=Transport.HOME_ASSISTANT,
    topic="event_hub_expected",
    name="expected",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRule:
    """When an input's activation becomes a trigger, and how its value reads.

    ``low`` and ``high`` bound a meter's value after scaling; outside is active. What an ``informational``
    input tells in quiet hours is told when they end. An input still active ``escalate_after`` seconds
    after its trigger is escalated; with ``None`` never. ``notify``: people are told of its triggers.
    """

    latch: float = 60.0
    confirm_count: int = 1
    confirm_within: float = 60.0
    hold: float = 30.0
    low: float | None = None
    high: float | None = None
    factor: float = 1.0
    precision: int | None = None
    unit: str | None = None
    informational: bool = False
    escalate_after: float | None = None
    notify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """A source as registered. ``silence_limit`` overrides the learned one, ``given_name`` is as an input's.

    ``parts`` are those that an app tells the health of, ``has_budget`` becomes true once it has told
    what it spends, in ``currency``.
    """

    source: Source
    silence_limit: float | None = None
    parts: tuple[str, ...] = ()
    has_budget: bool = False
    currency: str | None = None
    given_name: str | None = None

    @property
    def source_id(self) -> str:
        """The identity that tables are keyed by."""
        return self.source.source_id


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRecord:
    """An input as registered, its rule, and the outputs it is linked to, in order.

    ``entity_id`` is set for an adopted Home Assistant entity. ``is_meter``, ``has_image``, ``has_annotated``,
    ``has_detection`` and ``has_condition`` become true once the device has shown a reading, an image, one with
    what was found drawn into it, what became of looking for things in one, or how it is doing. ``meter_address`` is
    where a meter's board listens for it.
    Where a schedule counts, the input's own or its group's, ``enabled`` is as that has it now, or as somebody
    switched it since: ``override``. ``given_name`` is what people call its device in Home Assistant, if they named it.
    """

    key: str
    source_id: str
    label: str | None = None
    type: str | None = None
    location: str | None = None
    group: str | None = None
    enabled: bool = False
    rule: InputRule = InputRule()
    links: tuple[str, ...] = ()
    entity_id: str | None = None
    has_value: bool = False
    is_meter: bool = False
    meter_address: str | None = None
    has_image: bool = False
    has_annotated: bool = False
    has_detection: bool = False
    has_condition: bool = False
    schedule: Schedule | None = None
    override: Override | None = None
    given_name: str | None = None


type ActionData = Scalar | Mapping[str, ActionData] | tuple[ActionData, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A Home Assistant action used as an output."""

    action: str
    target: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    data: Mapping[str, ActionData] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRecord:
    """An output as registered and how it may be used.

    ``interval`` is the least time between two triggers of it; ``deadline`` how
    long a native device may take to say what became of a command. ``params``
    and ``trigger_topic`` set by people win over those the device advertises.
    ``has_state`` becomes true once the device has said whether it is on. ``schedule``, ``override`` and
    ``given_name`` are as an input's.
    """

    key: str
    source_id: str
    label: str | None = None
    type: str | None = None
    location: str | None = None
    group: str | None = None
    enabled: bool = False
    interval: float = 0.0
    deadline: float = 15.0
    params: str | None = None
    advertised_params: str | None = None
    trigger_topic: str | None = None
    advertised_trigger_topic: str | None = None
    channel: int | None = None
    has_state: bool = False
    action: Action | None = None
    schedule: Schedule | None = None
    override: Override | None = None
    given_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """Cross-zone rule of a group: ``count`` different members must activate within ``within`` seconds."""

    name: str
    count: int
    within: float


@record(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """When a source was heard and how its clock and rhythm behave.

    ``offsets`` are recent (arrival - sent) seconds; the clock offset is their
    smallest. ``interval`` is the learned time between heartbeats, ``heartbeat_sent_at`` when
    the newest of them was sent by the corrected clock. ``way_seen`` is when it was heard
    over the broker that its commands go to. ``cost_since`` is when the month's cost fell last: began anew.
    ``channels`` are as a switch board said last, also those that are no outputs here. ``clock_doubt`` is by how much
    the hub's clock was set since: whether the source's went along is not known until a heartbeat shows it.
    """

    last_seen: float
    last_heartbeat: float | None = None
    interval: float | None = None
    heartbeat_sent_at: float | None = None
    online: bool = True
    lost: bool = False
    offsets: tuple[float, ...] = ()
    uptime: float | None = None
    way_seen: float | None = None
    health: tuple[PartHealth, ...] = ()
    budget: Budget | None = None
    cost_since: float | None = None
    channels: tuple[bool, ...] = ()
    clock_doubt: float = 0.0

    @property
    def clock_offset(self) -> float:
        """Seconds to add to what the source's clock says."""
        return min(self.offsets, default=0.0)


@record(frozen=True, slots=True, kw_only=True)
class InputStatus:
    """What an input did last.

    ``activated_at`` is the last activation that counted: the rising edge, or a
    repeat of a level after the latch. ``activations`` are the times that count
    for confirmation; where that is needed, ``confirmed`` says whether it was had since
    the input is active. ``reports_clear`` is learned: such an input needs no hold
    to become clear. ``value`` and ``meter_register`` are scaled by the rule.
    ``fault`` says in words what is wrong with the input itself. ``healed_at`` is when a heartbeat
    was sent that told what a lost event had not. ``detection`` is what became of looking for things in the
    last picture; ``people`` were in the last that a detector answered for and are gone with the input's
    activity, ``detected_at`` is when something was found last.
    """

    active: bool = False
    active_since: float | None = None
    last_active: float | None = None
    activated_at: float | None = None
    reports_clear: bool = False
    activations: tuple[float, ...] = ()
    confirmed: bool = False
    triggered_at: float | None = None
    triggered_detail: str | None = None
    detail: str | None = None
    value: float | None = None
    meter_register: float | None = None
    image_at: float | None = None
    changed_at: float | None = None
    tamper: bool = False
    fault: str | None = None
    low_battery: bool = False
    unreachable: bool = False
    healed_at: float | None = None
    detection: DetectionStatus | None = None
    detection_reason: str | None = None
    people: int = 0
    detected_at: float | None = None


class CommandStatus(StrEnum):
    """How far a command came. The last five are final."""

    SENT = "sent"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"
    UNANSWERED = "unanswered"
    UNDELIVERED = "undelivered"

    @property
    def final(self) -> bool:
        """Whether nothing more is expected."""
        return self not in (CommandStatus.SENT, CommandStatus.ACCEPTED)


@record(frozen=True, slots=True, kw_only=True)
class OutputStatus:
    """What an output was last told and what became of it.

    ``wanted`` is what a switch channel was told to be at ``triggered_at``;
    ``is_on`` is what its board said last.
    """

    triggered_at: float | None = None
    is_on: bool | None = None
    wanted: bool | None = None
    command_id: str | None = None
    command_status: CommandStatus | None = None
    command_detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SirenOrder:
    """What a siren output was told in vain, since when (unix seconds), and how often it was told again."""

    on: bool
    since: float
    tries: int = 0


@record(frozen=True, slots=True, kw_only=True)
class PendingCommand:
    """A command without its final status, and the decision it belongs to.

    ``input_key`` is empty when a person or automation asked for it.
    """

    command: Command
    decision_id: str
    input_key: str
    deadline: float
    status: CommandStatus = CommandStatus.SENT


class Reason(StrEnum):
    """Why one input event ended where it did, in the order in which they are checked.

    ``REQUESTED`` is a command that a person or automation asked for directly, ``ALARM`` one that a partition's
    alarm gives its siren.
    """

    STALE = "stale"
    DUPLICATE = "duplicate"
    CLEARED = "cleared"
    DISABLED = "disabled"
    OFF_SCHEDULE = "off_schedule"
    NOT_ARMED = "not_armed"
    UNCONFIRMED = "unconfirmed"
    LATCHED = "latched"
    DEFERRED = "deferred"
    TRIGGERED = "triggered"
    REQUESTED = "requested"
    ALARM = "alarm"


class OutputReason(StrEnum):
    """Why a trigger did or did not reach one linked output."""

    OUTPUT_DISABLED = "output_disabled"
    OFF_SCHEDULE = "off_schedule"
    OUTPUTS_SUSPENDED = "outputs_suspended"
    INTERVAL = "interval"
    UNKNOWN_OUTPUT = "unknown_output"
    SENT = "sent"


@record(frozen=True, slots=True, kw_only=True)
class OutputDecision:
    """What a trigger meant for one linked output."""

    output_key: str
    reason: OutputReason
    command_id: str | None = None
    facts: Mapping[str, Scalar] = NO_FACTS


@record(frozen=True, slots=True, kw_only=True)
class RecentTrigger:
    """Another input's trigger shortly before this one."""

    key: str
    label: str | None
    detail: str | None
    at: float


@record(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the engine made of one input event, why, and what it did about it.

    ``facts`` are the numbers behind the reason (how long latched, how many of
    how many activations), named so that a sentence can be made of them.
    """

    decision_id: str
    at: float
    input_key: str
    reason: Reason
    active: bool
    detail: str | None = None
    value: float | None = None
    has_image: bool = False
    facts: Mapping[str, Scalar] = NO_FACTS
    outputs: tuple[OutputDecision, ...] = ()
    recent: tuple[RecentTrigger, ...] = ()
