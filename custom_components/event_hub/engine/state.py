"""The engine's state, and a draft of it in which one step writes.

``State`` is only read by rules. A step collects what it changes in a ``Draft``
and returns a ``Transition``; the shell stores and applies it. So a step is pure
and costs what it changes, not what there is.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import overload, override

from ..wire.messages import Transport
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
    Settings,
    SourceRecord,
    SourceStatus,
)

SEEN_LIMIT = 20_000

type GroupActivations = tuple[tuple[float, str], ...]


class Table[V](Mapping[str, V]):
    """A read-through view of one table with this step's writes on top."""

    __slots__ = ("_name", "_written", "base", "writes")

    def __init__(self, name: str, base: Mapping[str, V], written: dict[str, Mapping[str, object | None]]) -> None:
        """Lay an empty layer over ``base``, which enters ``written`` under its name with the first write."""
        self.base = base
        # Most tables are only read in a step.
        self.writes: dict[str, V | None] | None = None
        self._name = name
        self._written = written

    def __getitem__(self, key: str) -> V:
        """Return the newest value of ``key``."""
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    @overload
    def get(self, key: str, /) -> V | None: ...
    @overload
    def get[D](self, key: str, /, default: V | D) -> V | D: ...

    @override
    def get[D](self, key: str, /, default: D | None = None) -> V | D | None:
        """Return the newest value of ``key``, or ``default``. On the event path, so no exception is made of a miss."""
        writes = self.writes
        value = writes[key] if writes and key in writes else self.base.get(key)
        return default if value is None else value

    @override
    def __contains__(self, key: object) -> bool:
        """Say whether there is a value."""
        return self.writes[key] is not None if self.writes and key in self.writes else key in self.base

    def __setitem__(self, key: str, value: V | None) -> None:
        """Write ``key`` in this step; ``None`` deletes it."""
        if self.writes is None:
            self.writes = {}
            self._written[self._name] = self.writes
        self.writes[key] = value

    def remove(self, key: str) -> None:
        """Delete ``key`` in this step."""
        self[key] = None

    def __iter__(self) -> Iterator[str]:
        """Walk every key: costs the whole table, so never on the event path."""
        writes = self.writes or {}
        for key in self.base:
            if key not in writes or writes[key] is not None:
                yield key
        for key, value in writes.items():
            if value is not None and key not in self.base:
                yield key

    def __len__(self) -> int:
        """Count the keys: costs the whole table."""
        return sum(1 for _ in self)


@dataclass(slots=True, kw_only=True)
class State:
    """Everything the engine knows. Owned by the shell, which alone calls ``apply``."""

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
    transports: dict[Transport, bool] = field(default_factory=dict)
    outputs_suspended: bool = False
    recent: tuple[RecentTrigger, ...] = ()
    seen: OrderedDict[str, float] = field(default_factory=OrderedDict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    serial: int = 0

    def next_deadline(self) -> float | None:
        """Return when the next ``Tick`` is wanted, in unix seconds."""
        return self.deadlines.next_due()

    def apply(self, changes: Changes) -> None:
        """Take over what a step changed."""
        for name, writes in changes.tables.items():
            table: dict[str, object] = getattr(self, name)
            for key, value in writes.items():
                if value is None:
                    table.pop(key, None)
                else:
                    table[key] = value
        self.transports.update(changes.transports)
        if changes.outputs_suspended is not None:
            self.outputs_suspended = changes.outputs_suspended
        if changes.recent is not None:
            self.recent = changes.recent
        if changes.serial is not None:
            self.serial = changes.serial
        self.deadlines.update(changes.deadlines)
        self.seen.update(changes.seen)
        while len(self.seen) > SEEN_LIMIT:
            self.seen.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one step changes: writes a table (``None`` deletes), deadlines, message ids seen."""

    tables: Mapping[str, Mapping[str, object | None]] = field(default_factory=dict)
    transports: Mapping[Transport, bool] = field(default_factory=dict)
    outputs_suspended: bool | None = None
    recent: tuple[RecentTrigger, ...] | None = None
    serial: int | None = None
    deadlines: Mapping[TimerKey, float | None] = field(default_factory=dict)
    seen: Mapping[str, float] = field(default_factory=dict)

    def of(self, table: str) -> Mapping[str, object | None]:
        """Return the writes to one table."""
        return self.tables.get(table, {})


@dataclass(frozen=True, slots=True, kw_only=True)
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
        self.serial = state.serial
        self._tables: dict[str, Mapping[str, object | None]] = {}
        self.sources = Table("sources", state.sources, self._tables)
        self.inputs = Table("inputs", state.inputs, self._tables)
        self.outputs = Table("outputs", state.outputs, self._tables)
        self.groups = Table("groups", state.groups, self._tables)
        self.source_status = Table("source_status", state.source_status, self._tables)
        self.input_status = Table("input_status", state.input_status, self._tables)
        self.output_status = Table("output_status", state.output_status, self._tables)
        self.group_activations = Table("group_activations", state.group_activations, self._tables)
        self.source_devices = Table("source_devices", state.source_devices, self._tables)
        self.commands = Table("commands", state.commands, self._tables)
        self.conflicts = Table("conflicts", state.conflicts, self._tables)
        self.effects: list[Effect] = []
        self._state = state
        self._transports: dict[Transport, bool] = {}
        self._deadlines: dict[TimerKey, float | None] = {}
        self._seen: dict[str, float] = {}

    def transport_up(self, transport: Transport) -> bool:
        """Whether a broker is connected; one never heard of counts as up."""
        return self._transports.get(transport, self._state.transports.get(transport, True))

    def set_transport(self, transport: Transport, *, up: bool) -> None:
        """Note that a broker connection came up or went down."""
        self._transports[transport] = up

    def was_seen(self, message_id: str) -> bool:
        """Whether a message id was handled before."""
        return message_id in self._seen or message_id in self._state.seen

    def mark_seen(self, message_id: str) -> None:
        """Remember a message id as handled."""
        self._seen[message_id] = self.now

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
                serial=None if self.serial == state.serial else self.serial,
                deadlines=self._deadlines,
                seen=self._seen,
            ),
            effects=tuple(self.effects),
        )
