"""How the inputs of a partition stand: the engine's tables, seen as the alarm's rules see them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, override

from ..wire.messages import MOMENTARY, Transport
from .alarm.model import InputStanding, Partition
from .model import ADOPTED_SOURCE, BUILT_IN_SOURCE, InputRecord, InputStatus, SourceStatus
from .scheduling import off_by_schedule
from .state import Draft, State

_FRESH: Final = InputStatus()


def standings(state: State | Draft, partition: Partition) -> Mapping[str, InputStanding]:
    """Return how the inputs of a partition's zones stand, looked up when asked for; forgotten ones are not in it."""
    return Standings(state, partition.zones)


class Standings(Mapping[str, InputStanding]):
    """How inputs stand, by key. A view: making one costs nothing."""

    __slots__ = ("_keys", "_state")

    def __init__(self, state: State | Draft, keys: Iterable[str]) -> None:
        """Look at ``state``; ``keys`` are those to be listed."""
        self._state = state
        self._keys = keys

    @override
    def __getitem__(self, key: str) -> InputStanding:
        """Return how an input stands."""
        record = self._state.inputs.get(key)
        if record is None:
            raise KeyError(key)
        return _standing(self._state, record)

    @override
    def __iter__(self) -> Iterator[str]:
        """Walk the keys of inputs that are known."""
        return (key for key in self._keys if key in self._state.inputs)

    @override
    def __len__(self) -> int:
        """Count the inputs that are known."""
        return sum(1 for _ in self)


def heard_as(record: InputRecord) -> str:
    """Return under which name it is noted that an input was heard: its source's, but entities speak for themselves."""
    adopted = record.source_id == ADOPTED_SOURCE.source_id
    return f"{record.source_id}\n{record.key}" if adopted else record.source_id


def broker_of(state: State | Draft, key: str) -> Transport | None:
    """Return the broker that an input reports over; ``None`` without one."""
    record = state.inputs.get(key)
    source = None if record is None else state.sources.get(record.source_id)
    if source is None or source.source.transport is Transport.HOME_ASSISTANT:
        return None
    return source.source.transport


def _standing(state: State | Draft, record: InputRecord) -> InputStanding:
    """Say how an input stands. One that is switched off is never open: what it sees counts for nobody."""
    status = state.input_status.get(record.key) or _FRESH
    source = state.source_status.get(record.source_id)
    broker = broker_of(state, record.key)
    return InputStanding(
        open=status.active and record.enabled,
        confirmed=status.confirmed or not _needs_confirmation(state, record),
        tampered=status.tamper,
        lost=status.unreachable or (source is not None and source.lost),
        low_battery=status.low_battery,
        fault=status.fault is not None,
        enabled=record.enabled,
        heard=_speaks_seldom(record, source) or state.heard.get(heard_as(record), False),
        unreachable=broker is not None and not state.transport_up(broker),
        off_schedule=not record.enabled and off_by_schedule(state, record),
    )


def _needs_confirmation(state: State | Draft, record: InputRecord) -> bool:
    return record.rule.confirm_count > 1 or (record.group is not None and record.group in state.groups)


def _speaks_seldom(record: InputRecord, source: SourceStatus | None) -> bool:
    """Whether nothing can be expected of an input while nothing happens: its silence is no sign of trouble."""
    if record.source_id == ADOPTED_SOURCE.source_id:
        return record.entity_id is None or record.entity_id.partition(".")[0] in MOMENTARY
    if record.source_id == BUILT_IN_SOURCE.source_id:
        return True
    return source is not None and source.last_heartbeat is None
