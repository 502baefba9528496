"""What is shown of the alarm, which was stored before, and who looks at it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast

from homeassistant.core import callback

from .announcer import Announcer, Topic
from .const import LOGGER
from .engine.alarm.effects import DuressRaised, Effect
from .engine.alarm.master import MasterView, view
from .engine.alarm.model import Partition
from .engine.alarm.status import PartitionStatus
from .engine.effects import AlarmTold
from .engine.state import Changes, State, Transition

type Listener = Callable[[], None]
type EffectListener = Callable[[str, Effect], None]

FRESH: Final = PartitionStatus()
CONFIGURED: Final = frozenset(("partitions", "code_users"))
# What of a zone's input changes whether a partition is ready, beside the partition's own status.
_INPUT_TABLES: Final = ("input_status", "inputs")


def discreet(told: AlarmTold) -> AlarmTold:
    """Return an effect that does not tell that its code was for duress, unless that is all it tells."""
    actor = getattr(told.effect, "actor", None)
    if actor is None or not actor.duress or isinstance(told.effect, DuressRaised):
        return told
    effect: Any = told.effect
    return replace(told, effect=replace(effect, actor=replace(actor, duress=False)))


class AlarmBoard:
    """The statuses as they were announced. All methods belong in the event loop."""

    def __init__(self, state: State, announcer: Announcer) -> None:
        """Show the partitions of ``state``; nothing is known of them before ``begin``."""
        self._state = state
        self._announcer = announcer
        self._shown: dict[str, PartitionStatus] = {}
        self._listeners: dict[str, list[Listener]] = {}
        self._all: list[Listener] = []
        self._effects: list[EffectListener] = []

    def begin(self) -> None:
        """Show what was read back."""
        self._shown = dict(self._state.alarm)

    def shown(self, partition_id: str) -> PartitionStatus:
        """Return a partition's announced status."""
        return self._shown.get(partition_id, FRESH)

    def view(self, partition_id: str) -> MasterView:
        """Return what to show of a partition or a master."""
        partition = self._state.partitions.get(partition_id)
        if partition is not None and partition.members:
            return view([self.shown(member) for member in partition.members])
        status = self.shown(partition_id)
        return MasterView(phase=status.phase, mode=status.mode)

    def concerned(self, partition: Partition) -> list[Partition]:
        """Return a partition and, of a master, its members."""
        members = (self._state.partitions.get(member) for member in partition.members)
        return [partition, *(member for member in members if member is not None)]

    @callback
    def listen(self, partition_id: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` when what is shown of a partition changed; returns how to stop."""
        listeners = self._listeners.setdefault(partition_id, [])
        listeners.append(listener)
        stop = self._announcer.listen(Topic.ALARM, partition_id, listener)

        def leave() -> None:
            listeners.remove(listener)
            stop()

        return leave

    @callback
    def listen_all(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` when partitions or code users came, went or changed; returns how to stop."""
        self._all.append(listener)
        return partial(self._all.remove, listener)

    @callback
    def listen_effects(self, listener: EffectListener) -> Callable[[], None]:
        """Call ``listener`` with every effect of the alarm; returns how to stop."""
        self._effects.append(listener)
        return partial(self._effects.remove, listener)

    @callback
    def announce(self, transition: Transition) -> None:
        """Show what a step changed: at once, or with the states of the inputs where only inputs are concerned."""
        changes = transition.changes
        urgent: dict[str, None] = {}
        soon: dict[str, None] = dict.fromkeys(self._partitions_of_inputs(changes))
        for partition_id, status in changes.of("alarm").items():
            before = self.shown(partition_id)
            after = cast("PartitionStatus | None", status) or FRESH
            if status is None:
                self._shown.pop(partition_id, None)
            else:
                self._shown[partition_id] = after
            (soon if replace(before, open=after.open) == after else urgent)[partition_id] = None
        if not CONFIGURED.isdisjoint(changes.tables):
            urgent.update(dict.fromkeys(self._state.partitions))
            self._call(self._all)
        for partition_id in self._with_masters(urgent):
            self._call(self._listeners.get(partition_id, ()))
        for partition_id in self._with_masters(soon):
            self._announcer.alarm(partition_id)

    @callback
    def effect(self, told: AlarmTold) -> None:
        """Tell an effect to those who listen."""
        self._call(partial(listener, told.partition_id, told.effect) for listener in tuple(self._effects))

    def _partitions_of_inputs(self, changes: Changes) -> Iterable[str]:
        if "heard" in changes.tables:
            # A source has reported for the first time since the start: whose inputs it has is not worth knowing.
            yield from self._state.partitions
        watchers = self._state.watchers
        for table in _INPUT_TABLES:
            for key in changes.of(table):
                yield from watchers.get(key, ())

    def _with_masters(self, partition_ids: Iterable[str]) -> list[str]:
        ids = set(partition_ids)
        if not ids:
            return []
        masters = (one for one in self._state.partitions.values() if not ids.isdisjoint(one.members))
        return [*ids, *(master.partition_id for master in masters if master.partition_id not in ids)]

    @staticmethod
    def _call(listeners: Iterable[Listener]) -> None:
        """Call each; one that fails must not keep the others from hearing of an alarm."""
        for listener in tuple(listeners):
            try:
                listener()
            except Exception:  # noqa: BLE001 - whatever it is that an entity does
                LOGGER.exception("Something that shows the alarm failed")
