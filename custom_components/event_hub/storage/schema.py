"""What the two files hold, and how they and the engine's state become each other.

A snapshot takes copies of the state's tables, whose records never change, so
it costs little and can be written in another thread while the engine goes on.
Reading is lenient a record at a time: one that does not fit is left out and
reported, the others stay.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Self, get_args, get_origin

from ..engine.deadlines import Deadlines, Timer
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
from ..engine.state import GroupActivations, State
from .decode import DecodeError, Decoder, decoder_for, is_mapping, stored_fields

SEEN_STORED: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What people own and devices say about themselves: ``.storage/event_hub``."""

    sources: Mapping[str, SourceRecord] = field(default_factory=dict)
    inputs: Mapping[str, InputRecord] = field(default_factory=dict)
    outputs: Mapping[str, OutputRecord] = field(default_factory=dict)
    groups: Mapping[str, GroupRule] = field(default_factory=dict)
    conflicts: Mapping[str, str] = field(default_factory=dict)
    outputs_suspended: bool = False

    @classmethod
    def of(cls, state: State) -> Self:
        """Take a snapshot; in the event loop, because the tables must agree."""
        return cls(
            sources=state.sources.copy(),
            inputs=state.inputs.copy(),
            outputs=state.outputs.copy(),
            groups=state.groups.copy(),
            conflicts=state.conflicts.copy(),
            outputs_suspended=state.outputs_suspended,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What happened last: ``.storage/event_hub.status``. ``seen`` holds the newest message ids, oldest first."""

    source_status: Mapping[str, SourceStatus] = field(default_factory=dict)
    input_status: Mapping[str, InputStatus] = field(default_factory=dict)
    output_status: Mapping[str, OutputStatus] = field(default_factory=dict)
    group_activations: Mapping[str, GroupActivations] = field(default_factory=dict)
    source_devices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commands: Mapping[str, PendingCommand] = field(default_factory=dict)
    deadlines: tuple[tuple[Timer, str, float], ...] = ()
    recent: tuple[RecentTrigger, ...] = ()
    seen: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State) -> Self:
        """Take a snapshot; in the event loop, because the tables must agree."""
        newest = tuple(islice(reversed(state.seen.items()), SEEN_STORED))
        return cls(
            source_status=state.source_status.copy(),
            input_status=state.input_status.copy(),
            output_status=state.output_status.copy(),
            group_activations=state.group_activations.copy(),
            source_devices=state.source_devices.copy(),
            commands=state.commands.copy(),
            deadlines=tuple((timer, key, due) for (timer, key), due in state.deadlines.items()),
            recent=state.recent,
            seen=dict(reversed(newest)),
        )


def state_of(registry: Registry, status: Status) -> State:
    """Join both files into a state. A status without its record would be an orphan and is left out."""
    commands = {
        key: pending
        for key, pending in status.commands.items()
        if pending.command.output.device_key in registry.outputs
    }
    state = State(
        sources=dict(registry.sources),
        inputs=dict(registry.inputs),
        outputs=dict(registry.outputs),
        groups=dict(registry.groups),
        conflicts=dict(registry.conflicts),
        outputs_suspended=registry.outputs_suspended,
        source_status=_known(status.source_status, registry.sources),
        input_status=_known(status.input_status, registry.inputs),
        output_status=_known(status.output_status, registry.outputs),
        group_activations=_known(status.group_activations, registry.groups),
        source_devices=_known(status.source_devices, registry.sources),
        commands=commands,
        recent=status.recent,
        seen=OrderedDict(status.seen),
    )
    state.deadlines = _deadlines(status, state)
    return state


def _known[V](table: Mapping[str, V], records: Mapping[str, object]) -> dict[str, V]:
    return {key: value for key, value in table.items() if key in records}


def _deadlines(status: Status, state: State) -> Deadlines:
    owners: Mapping[Timer, Mapping[str, object]] = {
        Timer.HOLD: state.inputs,
        Timer.SILENCE: state.sources,
        Timer.COMMAND: state.commands,
    }
    deadlines = Deadlines()
    deadlines.update(
        {(timer, key): due for timer, key, due in status.deadlines if key in owners.get(timer, {key})}
    )
    return deadlines


def read[T: (Registry, Status)](cls: type[T], data: object) -> tuple[T, tuple[str, ...]]:
    """Build a ``cls`` from a file's data; also say which parts had to be left out, and why.

    Raises ``DecodeError`` when the data is no object at all.
    """
    if type(data) is not dict:
        raise DecodeError.unexpected("an object", data)
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
    """Read one table, list or value of a file, as much of it as fits."""
    if is_mapping(annotation):
        if type(data) is not dict:
            raise DecodeError.unexpected("an object", data)
        return _fitting(name, decoder_for(get_args(annotation)[1]), data, faults)
    if get_origin(annotation) is tuple:
        if type(data) is not list:
            raise DecodeError.unexpected("a list", data)
        numbered = {str(index): item for index, item in enumerate(data)}
        return tuple(_fitting(name, decoder_for(get_args(annotation)[0]), numbered, faults).values())
    return decoder_for(annotation)(data)


IDENTITIES: Final = {"sources": "source_id", "inputs": "key", "outputs": "key", "groups": "name"}


def _fitting(
    name: str, decoder: Decoder, items: Mapping[str, object], faults: list[str]
) -> dict[str, object]:
    """Return the items that fit, and tell the faults of the others."""
    fitting: dict[str, object] = {}
    identity = IDENTITIES.get(name)
    for key, item in items.items():
        try:
            value = decoder(item)
            if identity is not None and getattr(value, identity) != key:
                raise DecodeError(f"its {identity} differs from the name that it is stored under")
        except DecodeError as error:
            faults.append(str(error.within(key).within(name)))
        else:
            fitting[key] = value
    return fitting
