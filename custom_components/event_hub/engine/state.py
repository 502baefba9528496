"""The engine's state, and a draft of it in which one step writes.

``State`` is only read by rules. A step collects what it changes in a ``Draft``
and returns a ``Transition``; the shell stores and applies it. So a step is pure
and costs what it changes, not what there is.
"""

from collections import OrderedDict
from collections.abc import Callable, ItemsView, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from ..wire.messages import Transport
from ..wire.records import record
from .alarm.codes import CodeUser
from .alarm.model import Partition
from .alarm.status import PartitionStatus
from .deadlines import Deadlines, Timer, TimerKey
from .effects import Effect
from .model import (
    GroupRule,
    InputRecord,
    InputStatus,
    OutputRecord,
    OutputStatus,
    PendingCommand,
    RecentTrigger,
    SirenOrder,
    SourceRecord,
    SourceStatus,
)
from .settings import Settings
from .tables import Table
from .times.digest import Digest
from .times.escalation import Escalation
from .times.schedules import Schedule

SEEN_LIMIT = 20_000

type GroupActivations = tuple[tuple[float, str], ...]
type Watchers = Mapping[str, tuple[str, ...]]
"""By input key, the ids of the partitions that have it as a zone."""


@dataclass(slots=True, kw_only=True)
class State:
    """Everything the engine knows. Owned by the shell, which alone calls ``apply``.

    ``alarm`` is where each partition stands; ``code_hashes`` are by user id, and shown nowhere. ``watchers``
    follows from ``partitions``. ``heard`` is what has reported since the start: sources, and adopted inputs.
    ``waiting_for`` is, by partition id, a zone that has yet to report after a restart (``settling.py``).
    ``siren_orders`` are those given in vain, by output key; a restart gives all orders again. ``lockouts`` are
    what is counted of codes given to partitions that were removed. ``transports`` are whether brokers are connected;
    ``None`` while one is tried for the first time.
    """

    settings: Settings = field(default_factory=Settings)
    sources: dict[str, SourceRecord] = field(default_factory=dict)
    inputs: dict[str, InputRecord] = field(default_factory=dict)
    outputs: dict[str, OutputRecord] = field(default_factory=dict)
    groups: dict[str, GroupRule] = field(default_factory=dict)
    source_status: dict[str, SourceStatus] = field(default_factory=dict)
    input_status: dict[str, InputStatus] = field(default_factory=dict)
    output_status: dict[str, OutputStatus] = field(default_factory=dict)
    group_activations: dict[str, GroupActivations] = field(default_factory=dict)
    source_devices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    commands: dict[str, PendingCommand] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)
    group_schedules: dict[str, Schedule] = field(default_factory=dict)
    escalations: dict[str, Escalation] = field(default_factory=dict)
    digest: Digest = field(default_factory=Digest)
    partitions: dict[str, Partition] = field(default_factory=dict)
    code_users: dict[str, CodeUser] = field(default_factory=dict)
    code_hashes: dict[str, str] = field(default_factory=dict, repr=False)
    alarm: dict[str, PartitionStatus] = field(default_factory=dict)
    watchers: Watchers = field(default_factory=dict)
    heard: dict[str, bool] = field(default_factory=dict)
    waiting_for: dict[str, str] = field(default_factory=dict)
    siren_orders: dict[str, SirenOrder] = field(default_factory=dict)
    lockouts: dict[str, PartitionStatus] = field(default_factory=dict)
    transports: dict[Transport, bool | None] = field(default_factory=dict)
    outputs_suspended: bool = False
    recent: tuple[RecentTrigger, ...] = ()
    seen: OrderedDict[str, float] = field(default_factory=OrderedDict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    serial: int = 0

    def next_deadline(self) -> float | None:
        """Return when the next ``Tick`` is wanted, in unix seconds."""
        return self.deadlines.next_due()

    def transport_up(self, transport: Transport) -> bool:
        """Whether a broker is connected; one never heard of counts as up."""
        return bool(self.transports.get(transport, True))

    def copy(self) -> State:
        """Return a state of its own with what is in this one. Costs all there is, so never on the event path."""
        kept: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        kept |= {name: table.copy() for name, table in kept.items() if isinstance(table, dict)}
        twin = State(**kept)
        twin.deadlines = Deadlines()
        twin.deadlines.update(dict(self.deadlines.items()))
        return twin

    def apply(self, changes: Changes) -> None:
        """Take over what a step changed."""
        for name, writes in changes.tables.items():
            table: dict[str, object] = getattr(self, name)
            for key, value in writes.items():
                if value is None:
                    table.pop(key, None)
                else:
                    table[key] = value
        if "partitions" in changes.tables:
            self.watchers = watchers_of(self.partitions)
        self.transports.update(changes.transports)
        if changes.outputs_suspended is not None:
            self.outputs_suspended = changes.outputs_suspended
        if changes.recent is not None:
            self.recent = changes.recent
        if changes.digest is not None:
            self.digest = changes.digest
        if changes.serial is not None:
            self.serial = changes.serial
        self.deadlines.update(changes.deadlines)
        self.seen.update(changes.seen)
        while len(self.seen) > SEEN_LIMIT:
            self.seen.popitem(last=False)


def watchers_of(partitions: Mapping[str, Partition]) -> Watchers:
    """Say for each input which partitions have it as a zone."""
    watchers: dict[str, tuple[str, ...]] = {}
    for partition_id, partition in partitions.items():
        for key in partition.zones:
            watchers[key] = (*watchers.get(key, ()), partition_id)
    return watchers


@record(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one step changes: writes a table (``None`` deletes), deadlines, message ids seen."""

    tables: Mapping[str, Mapping[str, object | None]] = field(default_factory=dict)
    transports: Mapping[Transport, bool] = field(default_factory=dict)
    outputs_suspended: bool | None = None
    recent: tuple[RecentTrigger, ...] | None = None
    digest: Digest | None = None
    serial: int | None = None
    deadlines: Mapping[TimerKey, float | None] = field(default_factory=dict)
    seen: Mapping[str, float] = field(default_factory=dict)

    def of(self, table: str) -> Mapping[str, object | None]:
        """Return the writes to one table."""
        return self.tables.get(table, {})


@record(frozen=True, slots=True, kw_only=True)
class Transition:
    """The outcome of one step: what to store, then what to do."""

    changes: Changes
    effects: tuple[Effect, ...]


class Draft:
    """A step's working copy of the state: reads through, writes aside."""

    def __init__(self, state: State, now: float) -> None:
        """Open a draft of ``state`` at time ``now``."""
        self.now = now
        self.settings = state.settings
        # The hub-wide outputs switch; the last trigger of each recently triggered input, newest first; and how
        # many reports came without an id, since two may come at what the clock takes for the same time.
        self.outputs_suspended = state.outputs_suspended
        self.recent = state.recent
        self.digest = state.digest
        self.serial = state.serial
        self._tables: dict[str, Mapping[str, object | None]] = {}
        self.sources = Table("sources", state.sources, self._tables)
        self.inputs = Table("inputs", state.inputs, self._tables)
        self.outputs = Table("outputs", state.outputs, self._tables)
        self.source_status = Table("source_status", state.source_status, self._tables)
        self.input_status = Table("input_status", state.input_status, self._tables)
        self.output_status = Table("output_status", state.output_status, self._tables)
        self.commands = Table("commands", state.commands, self._tables)
        self.effects: list[Effect] = []
        # Which partitions watch which inputs, as the step began; and the watched inputs that opened in it.
        self.watchers = state.watchers
        self.opened: list[str] = []
        # Whether there is any reason to ask for the schedules of groups, and for escalations.
        self.groups_scheduled = bool(state.group_schedules)
        self.escalating = bool(state.escalations)
        self._state = state
        self._transports: dict[Transport, bool] = {}
        self._deadlines: dict[TimerKey, float | None] = {}
        self._seen: dict[str, float] = {}

    # What most steps do not even look at is laid over when it is.

    @cached_property
    def groups(self) -> Table[GroupRule]:
        """The rules of cross-zone groups."""
        return Table("groups", self._state.groups, self._tables)

    @cached_property
    def group_activations(self) -> Table[GroupActivations]:
        """Which members of a group were active when."""
        return Table("group_activations", self._state.group_activations, self._tables)

    @cached_property
    def source_devices(self) -> Table[tuple[str, ...]]:
        """The keys of each source's devices."""
        return Table("source_devices", self._state.source_devices, self._tables)

    @cached_property
    def conflicts(self) -> Table[str]:
        """The keys that a second source claimed, with their owners."""
        return Table("conflicts", self._state.conflicts, self._tables)

    @cached_property
    def group_schedules(self) -> Table[Schedule]:
        """The groups' schedules."""
        return Table("group_schedules", self._state.group_schedules, self._tables)

    @cached_property
    def escalations(self) -> Table[Escalation]:
        """The escalations that run or were raised, by input."""
        return Table("escalations", self._state.escalations, self._tables)

    @cached_property
    def partitions(self) -> Table[Partition]:
        """The partitions, as people set them up."""
        return Table("partitions", self._state.partitions, self._tables)

    @cached_property
    def code_users(self) -> Table[CodeUser]:
        """The people with codes."""
        return Table("code_users", self._state.code_users, self._tables)

    @cached_property
    def code_hashes(self) -> Table[str]:
        """The hashes of their codes."""
        return Table("code_hashes", self._state.code_hashes, self._tables)

    @cached_property
    def alarm(self) -> Table[PartitionStatus]:
        """Where the partitions stand."""
        return Table("alarm", self._state.alarm, self._tables)

    @cached_property
    def heard(self) -> Table[bool]:
        """What has reported since the start."""
        return Table("heard", self._state.heard, self._tables)

    @cached_property
    def waiting_for(self) -> Table[str]:
        """The zone that each partition waits for after a restart."""
        return Table("waiting_for", self._state.waiting_for, self._tables)

    @cached_property
    def siren_orders(self) -> Table[SirenOrder]:
        """The siren outputs' orders that were given in vain."""
        return Table("siren_orders", self._state.siren_orders, self._tables)

    @cached_property
    def lockouts(self) -> Table[PartitionStatus]:
        """What is counted of codes for partitions that were removed."""
        return Table("lockouts", self._state.lockouts, self._tables)

    def writes(self, table: str) -> Mapping[str, object | None]:
        """Return what this step has written to a table so far; ``None`` deletes."""
        return self._tables.get(table, {})

    def transport_up(self, transport: Transport) -> bool:
        """Whether a broker is connected; one never heard of counts as up."""
        return bool(self._transports.get(transport, self._state.transports.get(transport, True)))

    def transport_away(self, transport: Transport) -> bool:
        """Whether a broker is not connected. One that is tried for the first time is neither up nor away."""
        return self._transports.get(transport, self._state.transports.get(transport)) is False

    def set_transport(self, transport: Transport, *, up: bool) -> None:
        """Note that a broker connection came up or went down."""
        self._transports[transport] = up

    def was_seen(self, message_id: str) -> bool:
        """Whether a message id was handled before."""
        return message_id in self._seen or message_id in self._state.seen

    def mark_seen(self, message_id: str) -> None:
        """Remember a message id as handled."""
        self._seen[message_id] = self.now

    def move_seen(self, move: Callable[[float], float]) -> None:
        """Have message ids handled at the times to which ``move`` takes those at which they were."""
        self._seen.update({message_id: move(at) for message_id, at in self._state.seen.items()})

    def arm(self, timer: Timer, key: str, due: float) -> None:
        """Set a deadline."""
        self._deadlines[timer, key] = due

    def disarm(self, timer: Timer, key: str) -> None:
        """Cancel a deadline, if there is one."""
        self._deadlines[timer, key] = None

    def armed(self, timer: Timer, key: str) -> float | None:
        """Return a deadline."""
        if (timer, key) in self._deadlines:
            return self._deadlines[timer, key]
        return self._state.deadlines.get((timer, key))

    def running(self) -> ItemsView[TimerKey, float]:
        """Return all deadlines, as they stood when the step began."""
        return self._state.deadlines.items()

    def due(self) -> list[TimerKey]:
        """Return the deadlines that have passed, as they stood when the step began."""
        return self._state.deadlines.due(self.now)

    def finish(self) -> Transition:
        """Close the draft: what changed, and what is to be done."""
        state = self._state
        return Transition(
            changes=Changes(
                tables=self._tables,
                transports=self._transports,
                outputs_suspended=None if self.outputs_suspended is state.outputs_suspended else self.outputs_suspended,
                recent=None if self.recent is state.recent else self.recent,
                digest=None if self.digest is state.digest else self.digest,
                serial=None if self.serial == state.serial else self.serial,
                deadlines=self._deadlines,
                seen=self._seen,
            ),
            effects=tuple(self.effects),
        )
