"""What the two files hold, and how they and the engine's state become each other.

A snapshot takes copies of the state's tables, whose records never change, so
it costs little and can be written in another thread while the engine goes on.
Reading is lenient a record at a time: one that does not fit is left out and
reported, the others stay.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import time
from typing import Final, Self, get_args, get_origin

from ..engine.alarm.codes import CodeUser
from ..engine.alarm.model import Partition
from ..engine.model import (
    GroupRule,
    InputRecord,
    InputStatus,
    OutputRecord,
    OutputStatus,
    PendingCommand,
    RecentTrigger,
    SourceRecord,
    SourceStatus,
)
from ..engine.state import GroupActivations, State, watchers_of
from ..engine.times.digest import Digest
from ..engine.times.escalation import Escalation
from ..engine.times.schedules import Schedule
from .decode import DecodeError, Decoder, decoder_for, is_mapping, stored_fields

# What a record calls the name that its table lists it under.
IDENTITIES: Final = {
    "sources": "source_id",
    "inputs": "key",
    "outputs": "key",
    "groups": "name",
    "partitions": "partition_id",
    "code_users": "user_id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What people own and devices say about themselves: the file ``event_hub.registry``.

    ``code_hashes`` are by user id; slow hashes, and still shown nowhere else.
    """

    sources: Mapping[str, SourceRecord] = field(default_factory=dict)
    inputs: Mapping[str, InputRecord] = field(default_factory=dict)
    outputs: Mapping[str, OutputRecord] = field(default_factory=dict)
    groups: Mapping[str, GroupRule] = field(default_factory=dict)
    group_schedules: Mapping[str, Schedule] = field(default_factory=dict)
    partitions: Mapping[str, Partition] = field(default_factory=dict)
    code_users: Mapping[str, CodeUser] = field(default_factory=dict)
    code_hashes: Mapping[str, str] = field(default_factory=dict, repr=False)
    outputs_suspended: bool = False

    @classmethod
    def of(cls, state: State) -> Self:
        """Take a snapshot; in the event loop, because the tables must agree."""
        return cls(
            sources=state.sources.copy(),
            inputs=state.inputs.copy(),
            outputs=state.outputs.copy(),
            groups=state.groups.copy(),
            group_schedules=state.group_schedules.copy(),
            partitions=state.partitions.copy(),
            code_users=state.code_users.copy(),
            code_hashes=state.code_hashes.copy(),
            outputs_suspended=state.outputs_suspended,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What happened last: the file ``event_hub.status``.

    ``seen`` holds, oldest first, the message ids whose repeats would not be refused as stale anyway.
    """

    source_status: Mapping[str, SourceStatus] = field(default_factory=dict)
    input_status: Mapping[str, InputStatus] = field(default_factory=dict)
    output_status: Mapping[str, OutputStatus] = field(default_factory=dict)
    group_activations: Mapping[str, GroupActivations] = field(default_factory=dict)
    commands: Mapping[str, PendingCommand] = field(default_factory=dict)
    conflicts: Mapping[str, str] = field(default_factory=dict)
    escalations: Mapping[str, Escalation] = field(default_factory=dict)
    digest: Digest = field(default_factory=Digest)
    recent: tuple[RecentTrigger, ...] = ()
    seen: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State) -> Self:
        """Take a snapshot; in the event loop, because the tables must agree."""
        oldest = time.time() - state.settings.max_validity - state.settings.max_ahead
        return cls(
            source_status=state.source_status.copy(),
            input_status=state.input_status.copy(),
            output_status=state.output_status.copy(),
            group_activations=state.group_activations.copy(),
            commands=state.commands.copy(),
            conflicts=state.conflicts.copy(),
            escalations=state.escalations.copy(),
            digest=state.digest,
            recent=state.recent,
            seen={message_id: at for message_id, at in state.seen.items() if at >= oldest},
        )


def state_of(registry: Registry, status: Status) -> State:
    """Join both files into a state. A status whose record is gone is left out."""
    state = State(
        sources=dict(registry.sources),
        inputs=dict(registry.inputs),
        outputs=dict(registry.outputs),
        groups=dict(registry.groups),
        group_schedules=dict(registry.group_schedules),
        partitions=dict(registry.partitions),
        code_users=dict(registry.code_users),
        code_hashes=_known(registry.code_hashes, registry.code_users),
        watchers=watchers_of(registry.partitions),
        outputs_suspended=registry.outputs_suspended,
        source_status=_known(status.source_status, registry.sources),
        input_status=_known(status.input_status, registry.inputs),
        output_status=_known(status.output_status, registry.outputs),
        group_activations=_known(status.group_activations, registry.groups),
        conflicts=dict(status.conflicts),
        escalations=_known(status.escalations, registry.inputs),
        digest=status.digest,
        recent=status.recent,
        seen=OrderedDict(status.seen),
    )
    for command_id, pending in status.commands.items():
        if pending.command.output.device_key in registry.outputs:
            state.commands[command_id] = pending
    state.source_devices = _source_devices(registry)
    return state


def _known[V](table: Mapping[str, V], records: Mapping[str, object]) -> dict[str, V]:
    return {key: value for key, value in table.items() if key in records}


def _source_devices(registry: Registry) -> dict[str, tuple[str, ...]]:
    """Say for each source which devices it owns; one that is input and output at once counts once."""
    devices: defaultdict[str, dict[str, None]] = defaultdict(dict)
    records: tuple[InputRecord | OutputRecord, ...] = (*registry.inputs.values(), *registry.outputs.values())
    for record in records:
        devices[record.source_id][record.key] = None
    return {source_id: tuple(keys) for source_id, keys in devices.items()}


def read[T](cls: Callable[..., T], data: Mapping[str, object]) -> tuple[T, tuple[str, ...]]:
    """Build a ``cls`` from a file's data; also say which parts had to be left out, and why."""
    faults: list[str] = []
    parts: dict[str, object] = {}
    for name, annotation in stored_fields(cls).items():
        if name in data:
            try:
                parts[name] = _read_part(name, annotation, data[name], faults)
            except DecodeError as error:
                faults.append(str(error.within(name)))
    return cls(**parts), tuple(faults)


def _read_part(name: str, annotation: object, data: object, faults: list[str]) -> object:
    """Read one table, list or value of a file, as much of it as fits. Raises ``DecodeError``."""
    if is_mapping(annotation):
        if not isinstance(data, dict):
            raise DecodeError.unexpected("an object", data)
        return _fitting(name, decoder_for(get_args(annotation)[1]), data, faults)
    if get_origin(annotation) is tuple:
        if not isinstance(data, list):
            raise DecodeError.unexpected("a list", data)
        numbered = {str(index): item for index, item in enumerate(data)}
        return tuple(_fitting(name, decoder_for(get_args(annotation)[0]), numbered, faults).values())
    return decoder_for(annotation)(data)


def _fitting(name: str, decoder: Decoder, items: Mapping[str, object], faults: list[str]) -> dict[str, object]:
    """Return the items that fit, and tell the faults of the others."""
    fitting: dict[str, object] = {}
    identity = IDENTITIES.get(name)
    for key, item in items.items():
        try:
            value = decoder(item)
        except DecodeError as error:
            faults.append(str(error.within(key).within(name)))
            continue
        if identity is None or getattr(value, identity) == key:
            fitting[key] = value
        else:
            faults.append(f"{name} > {key}: its {identity} differs from the name that it is listed under")
    return fitting
