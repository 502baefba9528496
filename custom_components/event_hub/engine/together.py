"""Several events as one step: all of them happen, or none.

That takes a while for thousands, so it may be worked out apart from the engine, on a copy of the state. What comes
of it counts only where nothing that it rests on has changed since.
"""

from collections.abc import Iterable, Mapping
from operator import is_
from typing import Any, Final

from .alarm.model import Partition
from .deadlines import Timer, TimerKey
from .effects import Effect
from .errors import EngineError, GuardedError
from .events import Event
from .model import InputRecord, OutputRecord
from .state import Changes, State, Transition
from .step import step

# What any event may look at, whatever it is about; of all else it looks at what it changes.
_COMMON: Final = (
    *("sources", "inputs", "outputs", "groups", "group_schedules", "source_devices"),
    *("partitions", "code_users", "alarm", "waiting_for", "lockouts"),
)
_OF_EACH: Final = (
    *("source_status", "input_status", "output_status", "group_activations", "commands", "conflicts", "escalations"),
    *("heard", "siren_orders", "code_hashes"),
)


def step_all(state: State, events: Iterable[Event], now: float) -> Transition:
    """Handle the events one after the other at ``now`` (unix seconds), each with what those before it led to.

    ``state`` stays as it is. Raises ``EngineError`` where one is asked in vain; what an alarm relies on is
    named all at once.
    """
    trial, together = state.copy(), _Together()
    guarded: list[GuardedError] = []
    for event in events:
        try:
            transition = step(trial, event, now)
        except GuardedError as error:
            guarded.append(error)
            continue
        except EngineError:
            # After one that is guarded it may only follow from that.
            if not guarded:
                raise
            continue
        trial.apply(transition.changes)
        together.add(transition)
    if guarded:
        raise GuardedError.of(guarded)
    return together.transition()


def rests_on(before: State, transition: Transition, state: State) -> bool:
    """Whether ``state`` is still as ``before`` in everything that a transition from there may rest on."""
    if before.settings is not state.settings or before.transports != state.transports:
        return False
    changes = transition.changes
    for name in ("outputs_suspended", "recent", "digest", "serial"):
        if getattr(changes, name) is not None and getattr(before, name) != getattr(state, name):
            return False
    if not all(_same_table(getattr(before, name), getattr(state, name)) for name in _COMMON):
        return False
    touched = _touched(before, changes)
    for name in _OF_EACH:
        then, is_now = getattr(before, name), getattr(state, name)
        if any(then.get(key) is not is_now.get(key) for key in touched):
            return False
    if any(_life_of(before, source_id) != _life_of(state, source_id) for source_id in _sources(before, changes)):
        return False
    return all(before.deadlines.get(key) == state.deadlines.get(key) for key in _timers(changes, touched))


class _Together:
    """Collects what several steps change and want done; the last write counts."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, object | None]] = {}
        self._rest: dict[str, Any] = {}
        self._deadlines: dict[TimerKey, float | None] = {}
        self._seen: dict[str, float] = {}
        self._transports: dict[Any, bool] = {}
        self._effects: list[Effect] = []

    def add(self, transition: Transition) -> None:
        changes = transition.changes
        for name, writes in changes.tables.items():
            self._tables.setdefault(name, {}).update(writes)
        for name in ("outputs_suspended", "recent", "digest", "serial"):
            if (value := getattr(changes, name)) is not None:
                self._rest[name] = value
        self._deadlines.update(changes.deadlines)
        self._seen.update(changes.seen)
        self._transports.update(changes.transports)
        self._effects += transition.effects

    def transition(self) -> Transition:
        changes = Changes(
            tables=self._tables,
            transports=self._transports,
            deadlines=self._deadlines,
            seen=self._seen,
            **self._rest,
        )
        return Transition(changes=changes, effects=tuple(self._effects))


def _same_table(before: Mapping[str, object], now: Mapping[str, object]) -> bool:
    same = len(before) == len(now) and all(map(is_, before.values(), now.values(), strict=True))
    return same and before.keys() == now.keys()


def _touched(before: State, changes: Changes) -> set[str]:
    """Return the keys of all that is changed, and of what a partition that is changed looks at."""
    touched = {key for writes in changes.tables.values() for key in writes}
    return touched.union(*_watched(before, changes))


def _watched(before: State, changes: Changes) -> Iterable[Iterable[str]]:
    """Yield the zones and the siren outputs of the partitions that a change may concern."""
    written = [each for each in changes.of("partitions").values() if isinstance(each, Partition)]
    concerned = [*before.partitions.values(), *written] if "alarm" in changes.tables or written else []
    for partition in concerned:
        yield partition.zones
        yield partition.siren_outputs


def _sources(before: State, changes: Changes) -> set[str]:
    """Return the sources of those zones and siren outputs, as they were and as they will be."""
    tables = (before.inputs, before.outputs, changes.of("inputs"), changes.of("outputs"))
    records = (table.get(key) for keys in _watched(before, changes) for key in keys for table in tables)
    return {record.source_id for record in records if isinstance(record, InputRecord | OutputRecord)}


def _life_of(state: State, source_id: str) -> tuple[bool, bool] | None:
    """Return what an alarm makes of a source: whether it is lost, and whether it has never shown that it lives."""
    status = state.source_status.get(source_id)
    return None if status is None else (status.lost, status.last_heartbeat is None)


def _timers(changes: Changes, touched: set[str]) -> Iterable[TimerKey]:
    yield from changes.deadlines
    for timer in Timer:
        for key in touched:
            yield timer, key
