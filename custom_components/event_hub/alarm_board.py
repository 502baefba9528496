"""What is shown of the alarm, which was stored before, and who looks at it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast

from homeassistant.core import callback

from .alarm_readiness import ReadyBook, Suspects, armable_modes
from .announcer import Announcer, Topic
from .const import LOGGER
from .engine.alarm.effects import Cancelled, DuressRaised, Effect
from .engine.alarm.master import MasterView, view
from .engine.alarm.model import Mode, Partition
from .engine.alarm.status import PartitionStatus
from .engine.effects import AlarmSetUp, AlarmTold
from .engine.state import State, Transition

type Listener = Callable[[], None]
type EffectListener = Callable[[str, Effect], None]
type SetUpListener = Callable[[AlarmSetUp], None]

FRESH: Final = PartitionStatus()
CONFIGURED: Final = frozenset(("partitions", "code_users"))


def discreet(told: AlarmTold) -> AlarmTold:
    """Return an effect that does not tell that its code was for duress, unless that is all it tells."""
    actor = getattr(told.effect, "actor", None)
    if actor is None or not actor.duress or isinstance(told.effect, DuressRaised):
        return told
    effect: Any = told.effect
    if isinstance(effect, Cancelled):
        effect = replace(effect, withheld=False)
    return replace(told, effect=replace(effect, actor=replace(actor, duress=False)))


class AlarmBoard:
    """The statuses as they were announced. All methods belong in the event loop."""

    def __init__(self, state: State, announcer: Announcer) -> None:
        """Show the partitions of ``state``; nothing is known of them before ``begin``."""
        self._state = state
        self._announcer = announcer
        self._shown: dict[str, PartitionStatus] = {}
        self.suspects = Suspects(state)
        self.ready: ReadyBook[Any] = ReadyBook()
        self._modes: dict[str, tuple[Partition, tuple[Mode, ...]]] = {}
        self._listeners: dict[str, list[Listener]] = {}
        self._zone_listeners: dict[tuple[str, str], list[Listener]] = {}
        self._all: list[Listener] = []
        self._effects: list[EffectListener] = []
        self._set_up: list[SetUpListener] = []

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

    def modes(self, partition: Partition) -> tuple[Mode, ...]:
        """Return the modes in which a partition watches something that is not always watched."""
        known = self._modes.get(partition.partition_id)
        if known is None or known[0] is not partition:
            known = self._modes[partition.partition_id] = (partition, armable_modes(partition))
        return known[1]

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
    def listen_zone(self, partition_id: str, key: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` when a zone was left out, or is watched again; returns how to stop."""
        listeners = self._zone_listeners.setdefault((partition_id, key), [])
        listeners.append(listener)
        return partial(listeners.remove, listener)

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
    def listen_set_up(self, listener: SetUpListener) -> Callable[[], None]:
        """Call ``listener`` with every change of how the alarm is set up; returns how to stop."""
        self._set_up.append(listener)
        return partial(self._set_up.remove, listener)

    @callback
    def announce(self, transition: Transition) -> None:
        """Show what a step changed of a partition at once, and whether that is ready a moment later.

        So an alarm is shown, and then told, without a look at all zones.
        """
        changes = transition.changes
        urgent: set[str] = set()
        soon = self.suspects.follow(changes)
        zones: list[tuple[str, str]] = []
        for partition_id, status in changes.of("alarm").items():
            before, after = self.shown(partition_id), cast("PartitionStatus | None", status) or FRESH
            if status is None:
                self._shown.pop(partition_id, None)
            else:
                self._shown[partition_id] = after
            (soon if replace(before, open=after.open) == after else urgent).add(partition_id)
            left_out, is_left_out = {*before.bypassed, *before.forced}, {*after.bypassed, *after.forced}
            zones += ((partition_id, key) for key in left_out ^ is_left_out)
            if left_out != is_left_out or before.troubles != after.troubles:
                soon.add(partition_id)
        if not CONFIGURED.isdisjoint(changes.tables):
            urgent.update(self._state.partitions)
            self.ready.forget()
            self._call(self._all)
        concerned = self._with_masters(soon)
        self.ready.outdate(concerned)
        with self.ready.hurried():
            for partition_id in self._with_masters(urgent):
                self._call(self._listeners.get(partition_id, ()))
            for zone in zones:
                self._call(self._zone_listeners.get(zone, ()))
        for partition_id in concerned:
            self._announcer.alarm(partition_id)

    @callback
    def look_again(self, partition_ids: Iterable[str]) -> None:
        """Have partitions shown again that have something more to show."""
        for partition_id in self._with_masters(partition_ids):
            self._announcer.alarm(partition_id)

    @callback
    def effect(self, told: AlarmTold) -> None:
        """Tell an effect to those who listen."""
        self._call(partial(listener, told.partition_id, told.effect) for listener in tuple(self._effects))

    @callback
    def set_up(self, told: AlarmSetUp) -> None:
        """Tell a change of how the alarm is set up to those who listen."""
        self._call(partial(listener, told) for listener in tuple(self._set_up))

    def _with_masters(self, partition_ids: Iterable[str]) -> list[str]:
        ids = dict.fromkeys(partition_ids)
        if not ids:
            return []
        masters = (one for one in self._state.partitions.values() if not ids.keys().isdisjoint(one.members))
        return [*ids, *(master.partition_id for master in masters if master.partition_id not in ids)]

    @staticmethod
    def _call(listeners: Iterable[Listener]) -> None:
        """Call each; one that fails must not keep the others from hearing of an alarm."""
        for listener in tuple(listeners):
            try:
                listener()
            except Exception:  # noqa: BLE001 - whatever it is that an entity does
                LOGGER.exception("Something that shows the alarm failed")
