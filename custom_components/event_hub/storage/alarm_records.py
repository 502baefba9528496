"""What the alarm's journal holds: each partition's status and its alarm memory, and what is still to be told outside.

Of partitions that were removed, it holds what is counted of codes; of calls for help, what is still to be commanded.

The memory may be large and changes seldom, the status is small and changes often: each has a key of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, cast

from ..const import LOGGER
from ..engine.alarm.effects import Cancelled, DuressRaised, Effect, TellOutside
from ..engine.alarm.encode import GarbledStatusError, decode, decode_record, encode, encode_record
from ..engine.alarm.status import Alarm, PartitionStatus, Phase
from ..engine.effects import AlarmTold
from ..engine.model import PendingCommand
from ..engine.state import Changes
from .decode import DecodeError, decode as decode_stored
from .encode import Json, to_json

STATUS: Final = "status."
MEMORY: Final = "memory."
TELL: Final = "tell."
LOCKOUT: Final = "lockout."
COMMAND: Final = "command."
# What comes once, and must reach somebody outside.
ONCE: Final[Mapping[str, type]] = {kind.__name__: kind for kind in (TellOutside, Cancelled, DuressRaised)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the journal held: statuses by partition id, what is still to be told, and ids of what nobody can read.

    ``memories`` are those that have a key of their own; earlier versions kept them in the statuses.
    ``untold_keys`` are those under which it was to be told, readable or not. ``lockouts`` are what is counted of codes,
    by the ids of partitions that were removed. ``commands`` were perhaps not sent; their keys are ``command_keys``.
    """

    statuses: Mapping[str, PartitionStatus]
    memories: Mapping[str, tuple[Alarm, ...]]
    untold: tuple[AlarmTold, ...]
    untold_keys: tuple[str, ...]
    garbled: tuple[str, ...]
    lockouts: Mapping[str, PartitionStatus]
    commands: tuple[PendingCommand, ...]
    command_keys: tuple[str, ...]


def read(values: Mapping[str, Json]) -> Kept:
    """Read the journal's values; of keys that nobody knows nothing is made."""
    statuses: dict[str, PartitionStatus] = {}
    memories: dict[str, tuple[Alarm, ...]] = {}
    lockouts: dict[str, PartitionStatus] = {}
    untold: list[AlarmTold] = []
    commands: list[PendingCommand] = []
    garbled: list[str] = []
    for key, value in values.items():
        try:
            if key.startswith(STATUS):
                statuses[key.removeprefix(STATUS)] = decode(value)
            elif key.startswith(MEMORY):
                memories[key.removeprefix(MEMORY)] = _memory(value)
            elif key.startswith(LOCKOUT):
                lockouts[key.removeprefix(LOCKOUT)] = decode(value)
            elif key.startswith(TELL):
                untold.append(_told(value))
            elif key.startswith(COMMAND):
                commands.append(decode_stored(PendingCommand, value))
        except (GarbledStatusError, DecodeError) as error:
            LOGGER.error("The alarm journal has something unreadable under %s: %s", key, error)
            if not key.startswith((MEMORY, LOCKOUT, COMMAND)):
                garbled.append(key.partition(".")[2])
    statuses |= {key: replace(status, memory=memories[key]) for key, status in statuses.items() if key in memories}
    return Kept(
        statuses=statuses,
        memories=memories,
        untold=tuple(untold),
        untold_keys=tuple(key for key in values if key.startswith(TELL)),
        garbled=tuple(garbled),
        lockouts=lockouts,
        commands=tuple(commands),
        command_keys=tuple(key for key in values if key.startswith(COMMAND)),
    )


class Given:
    """The statuses as they were given to the journal, to write of the next ones only what is new."""

    def __init__(self, kept: Kept | None = None) -> None:
        """Begin with what the journal held."""
        self._statuses: dict[str, PartitionStatus] = {}
        if kept is not None:
            for key, status in kept.statuses.items():
                self._statuses[key] = replace(status, memory=kept.memories.get(key, ()))

    def changes(self, changes: Changes) -> tuple[dict[str, Json], bool]:
        """Return what to write of a step's changes, and whether all of that may wait."""
        written: dict[str, Json] = {}
        all_may_wait = True
        for partition_id, status in changes.of("alarm").items():
            before, after = self._statuses.get(partition_id, PartitionStatus()), cast("PartitionStatus | None", status)
            if after is None:
                written |= self.forget((partition_id,))
            else:
                written |= _written(partition_id, before, after)
                self._statuses[partition_id] = after
            all_may_wait = all_may_wait and may_wait(before, after)
        return written | _counted(cast("Mapping[str, PartitionStatus | None]", changes.of("lockouts"))), all_may_wait

    def forget(
        self, partition_ids: Iterable[str], lockouts: Mapping[str, PartitionStatus | None] = MappingProxyType({})
    ) -> dict[str, Json]:
        """Return what to write of partitions that are not set up; ``lockouts`` are to be kept, or (``None``) to go."""
        written = _counted(lockouts)
        for partition_id in partition_ids:
            self._statuses.pop(partition_id, None)
            written |= {STATUS + partition_id: None, MEMORY + partition_id: None}
        return written


def may_wait(before: PartitionStatus, after: PartitionStatus | None) -> bool:
    """Whether a crash may forget a change: zones that open and close while nothing is armed.

    After a restart inputs say themselves how they stand. But a call for help would be no news from a button that
    was, as far as is known, never let go: when such a zone ``moved`` may not wait.
    """
    return after is not None and after.phase is Phase.DISARMED and after == replace(before, open=after.open)


def is_once(told: object) -> bool:
    """Whether an effect of the hub is one that comes once, and must reach somebody outside."""
    return isinstance(told, AlarmTold) and type(told.effect).__name__ in ONCE


def stored(told: AlarmTold) -> dict[str, Json]:
    """Return what to keep of an effect until it was told."""
    return {
        "partition_id": told.partition_id,
        "kind": type(told.effect).__name__,
        "effect": encode_record(told.effect),
    }


def to_send(commands: Iterable[PendingCommand]) -> dict[str, Json]:
    """Return what to keep of commands until they were sent."""
    return {COMMAND + each.command.command_id: to_json(each) for each in commands}


def _told(value: object) -> AlarmTold:
    match value:
        case {"partition_id": str(partition_id), "kind": str(kind), "effect": effect} if kind in ONCE:
            return AlarmTold(partition_id=partition_id, effect=cast("Effect", decode_record(ONCE[kind], effect)))
    raise GarbledStatusError("expected something to tell")


def _written(partition_id: str, before: PartitionStatus, after: PartitionStatus) -> dict[str, Json]:
    written: dict[str, Json] = {STATUS + partition_id: cast("Json", encode(replace(after, memory=())))}
    if after.memory != before.memory:
        written[MEMORY + partition_id] = [encode_record(alarm) for alarm in after.memory] or None
    return written


def _counted(lockouts: Mapping[str, PartitionStatus | None]) -> dict[str, Json]:
    return {
        LOCKOUT + partition_id: None if status is None else cast("Json", encode(status))
        for partition_id, status in lockouts.items()
    }


def _memory(value: object) -> tuple[Alarm, ...]:
    if not isinstance(value, list):
        raise GarbledStatusError("expected a list")
    return tuple(decode_record(Alarm, each) for each in value)
