"""Whether partitions are ready, followed event by event: to look costs what is wrong, not how many zones there are.

What was found is kept until something of it changed, and shared by all who show it. While an alarm is being told,
nobody waits for a new look: what was known is shown, and looked at again a moment later.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, cast

from .engine.alarm.model import ROUND_THE_CLOCK, UNKNOWN_INPUT, Mode, Partition, ZoneKind
from .engine.alarm.ready import has_problem
from .engine.model import SourceStatus
from .engine.standing import Standings
from .engine.state import Changes, State

# Who changes one of these changes something else with it, and seldom: everything is looked at anew.
_SELDOM: Final = frozenset(("partitions", "sources", "outputs", "groups", "group_schedules"))


class Suspects:
    """The zones with which something is wrong, by partition."""

    def __init__(self, state: State) -> None:
        """Follow ``state``, about which nothing is known yet."""
        self._state = state
        self._by_partition: dict[str, set[str]] = {}
        self._narrowed: dict[str, Partition] = {}
        self._sources: dict[str, tuple[bool, bool]] = {}

    def narrowed(self, partition: Partition) -> Partition:
        """Return a partition without the zones that are all right: it is as ready as the whole.

        The ways out stay: the time to leave is theirs.
        """
        partition_id = partition.partition_id
        if partition_id not in self._narrowed:
            suspects = self._of(partition)
            zones = {
                key: zone
                for key, zone in partition.zones.items()
                if key in suspects or zone.kind is ZoneKind.ENTRY_EXIT
            }
            self._narrowed[partition_id] = replace(partition, zones=zones)
        return self._narrowed[partition_id]

    def follow(self, changes: Changes) -> set[str]:
        """Take over what a step changed; returns the partitions that may be ready now, or not any more."""
        if changes.transports or not _SELDOM.isdisjoint(changes.tables):
            self._by_partition.clear()
            self._narrowed.clear()
            return set(self._state.partitions)
        changed: set[str] = set()
        standing, watchers = Standings(self._state, ()), self._state.watchers
        for key in self._touched(changes):
            if key not in watchers:
                continue
            wrong = has_problem(standing.get(key, UNKNOWN_INPUT))
            for partition_id in watchers[key]:
                if self._note(partition_id, key, wrong=wrong):
                    changed.add(partition_id)
        for partition_id in changed:
            self._narrowed.pop(partition_id, None)
        return changed

    def _of(self, partition: Partition) -> set[str]:
        partition_id = partition.partition_id
        if partition_id not in self._by_partition:
            standing = Standings(self._state, ())
            self._sources = {key: _as_it_counts(status) for key, status in self._state.source_status.items()}
            self._by_partition[partition_id] = {
                key for key in partition.zones if has_problem(standing.get(key, UNKNOWN_INPUT))
            }
        return self._by_partition[partition_id]

    def _note(self, partition_id: str, key: str, *, wrong: bool) -> bool:
        """Note how a zone stands; says whether that may be news: what is wrong may be another thing than before."""
        suspects = self._by_partition.get(partition_id)
        if suspects is None:
            return True
        was_wrong = key in suspects
        if wrong:
            suspects.add(key)
        else:
            suspects.discard(key)
        return wrong or was_wrong

    def _touched(self, changes: Changes) -> Iterator[str]:
        """Yield the inputs of which a step may have changed how they stand; those that no partition has among them."""
        yield from changes.of("inputs")
        yield from changes.of("input_status")
        devices = self._state.source_devices
        for source_id, status in changes.of("source_status").items():
            found = _as_it_counts(cast("SourceStatus | None", status))
            if self._sources.get(source_id) != found:
                self._sources[source_id] = found
                yield from devices.get(source_id, ())
        for name in changes.of("heard"):
            # A source, or an entity, which speaks for itself.
            source_id, _, key = name.partition("\n")
            yield from (key,) if key else devices.get(source_id, ())


def _as_it_counts(status: SourceStatus | None) -> tuple[bool, bool]:
    """Return what of a source's status says how its inputs stand; the rest changes with every message."""
    return (True, True) if status is None else (status.lost, status.last_heartbeat is None)


def armable_modes(partition: Partition) -> tuple[Mode, ...]:
    """Return the modes in which a partition watches something that is not always watched."""
    kinds = [zone for zone in partition.zones.values() if zone.kind not in ROUND_THE_CLOCK]
    watched = {mode for zone in kinds if zone.kind is not ZoneKind.CHIME for mode in zone.modes}
    return tuple(mode for mode in Mode if mode in watched)


class ReadyBook[T]:
    """What was found of each partition, and what of it is out of date."""

    def __init__(self) -> None:
        """Know nothing."""
        self._known: dict[str, T] = {}
        self._outdated: set[str] = set()
        self._hurried = False

    def get(self, partition_id: str, look: Callable[[], T]) -> T:
        """Return what is known of a partition, or what ``look`` finds."""
        known: Mapping[str, T] = self._known
        if partition_id in known and (self._hurried or partition_id not in self._outdated):
            return known[partition_id]
        self._outdated.discard(partition_id)
        self._known[partition_id] = found = look()
        return found

    def outdate(self, partition_ids: Iterable[str]) -> None:
        """Have partitions, and masters over any of them, looked at again when somebody asks."""
        self._outdated.update(partition_ids)

    def forget(self) -> None:
        """Know nothing any more: other partitions are set up."""
        self._known.clear()
        self._outdated.clear()

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Let what is out of date do for as long as this lasts."""
        before, self._hurried = self._hurried, True
        try:
            yield
        finally:
            self._hurried = before
