"""The alarm's one door: what the rest of the integration sees of the partitions, and how it asks them for something.

What is shown here was stored before (``alarm_keeper.py``). Whoever asks goes through ``async_ask``,
which finds out whose a code is and lets ``engine.alarm.codes`` say who may (``alarm_door.py``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from homeassistant.core import callback

from .alarm_board import FRESH, AlarmBoard, EffectListener, Listener, SetUpListener
from .alarm_door import AlarmDoor, AlarmRefusedError, Requester, Wish
from .alarm_keeper import AlarmKeeper, Sending
from .alarm_pictures import AlarmPictures
from .alarm_users import AlarmUsers
from .asked import checked
from .channels import has_channel
from .engine import calling, lockouts
from .engine.alarm.codes import CodeUser, Path
from .engine.alarm.master import MasterView
from .engine.alarm.model import Action, Actor, Mode, Partition, Zone
from .engine.alarm.problems import ZoneProblem
from .engine.alarm.ready import Readiness, readiness
from .engine.alarm.status import PartitionStatus
from .engine.disarming import can_be_disarmed, may_be_armed
from .engine.events import PartitionRemoved, PartitionSet
from .engine.siren_faults import without_off
from .engine.standing import standings
from .engine.state import Transition
from .engine.telling.model import Topic
from .storage.alarm_records import Kept
from .storage.code_check import CodeCheck

if TYPE_CHECKING:
    from .hub import Hub

__all__ = ["AlarmDesk", "AlarmRefusedError", "Requester"]


class AlarmDesk:
    """``hub.alarm``. All methods belong in the event loop."""

    def __init__(self, hub: Hub, folder: FilePath, carry_out: Callable[[Transition], Sending]) -> None:
        """Serve the partitions of a hub, whose state is loaded; the journal is in ``folder``."""
        check = CodeCheck(hub.hass)
        self._hub = hub
        self._door = AlarmDoor(hub, check)
        self._users = AlarmUsers(hub, check)
        self.board = AlarmBoard(hub.state, hub.announcer)
        self.pictures = AlarmPictures(hub.hass, folder, hub.images, self.board.look_again)
        self.keeper = AlarmKeeper(hub.hass, folder, hub.notices, carry_out)

    async def async_load(self, *, registry_is_whole: bool) -> Kept:
        """Read back where the partitions stand. Raises ``JournalError`` while the disk does not give it out.

        While the registry is not whole, what is kept of partitions that are not in it stays: they may come back.
        """
        partitions = self._hub.state.partitions
        kept = await self.keeper.async_open()
        known = {key: status for key, status in kept.statuses.items() if key in partitions}
        gone = {key: status for key, status in kept.statuses.items() if key not in partitions}
        self._hub.state.alarm.update(known)
        counts = lockouts.newest(kept.lockouts, gone)
        self._hub.state.lockouts.update(counts)
        calling.take_up(self._hub.state, kept.commands)
        if registry_is_whole and (gone or counts != kept.lockouts):
            self.keeper.forget(gone, {**dict.fromkeys(kept.lockouts), **counts})
        await self.pictures.async_load(known)
        self.board.begin()
        return kept

    @property
    def partitions(self) -> Mapping[str, Partition]:
        """The partitions that are set up, masters too, by id."""
        return self._hub.state.partitions

    @property
    def users(self) -> Mapping[str, CodeUser]:
        """Everybody who has a code, by id."""
        return self._hub.state.code_users

    def standing(self, partition_id: str) -> PartitionStatus:
        """Return the status that counts, stored and announced or not: to decide by, never to show."""
        return self._hub.state.alarm.get(partition_id, FRESH)

    def shown(self, partition_id: str) -> PartitionStatus:
        """Return the status that is stored and announced; a fresh one for a partition nothing is known of."""
        return self.board.shown(partition_id)

    def view(self, partition_id: str) -> MasterView:
        """Return what to show of a partition or a master: phase, mode, partial. A removed one is disarmed."""
        return self.board.view(partition_id)

    def readiness(self, partition_id: str, mode: Mode, *, skip_delay: bool = False) -> Readiness:
        """Say whether a partition could be armed, and what is in the way; for a master, of all members together.

        Raises ``AlarmRefusedError`` for one that is not set up.
        """
        partition = self._door.partition(partition_id)
        if not partition.members:
            found = self._readiness(partition, mode, skip_delay=skip_delay)
            return replace(found, disarmable=self.may_be_armed(partition))
        concerned = self.board.concerned(partition)[1:]
        of_members = [(each.partition_id, self._readiness(each, mode, skip_delay=skip_delay)) for each in concerned]
        return Readiness(
            blocking=_named((key, each.blocking) for key, each in of_members),
            warnings=_named((key, each.warnings) for key, each in of_members),
            forced=tuple(zone for _, each in of_members for zone in each.forced),
            unforceable=_named((key, each.unforceable) for key, each in of_members),
            disarmable=self.may_be_armed(partition),
        )

    def can_be_disarmed(self, partition: Partition) -> bool:
        """Say whether somebody has a code that is good for it, now or later, or none is needed. Not for masters."""
        return can_be_disarmed(self._hub.state, partition, self._hub.now())

    def may_be_armed(self, partition: Partition) -> bool:
        """Say whether somebody could disarm it again: what nobody can end is not armed."""
        return may_be_armed(self._hub.state, partition, self._hub.now())

    def has_channel(self, topic: Topic) -> bool:
        """Say whether anybody outside can be told of a topic."""
        return has_channel(self._hub.telling.channels, topic)

    def names(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return the labels of inputs, for people, in the order of the keys, each once."""
        return tuple(self._door.names(keys))

    @callback
    def listen(self, partition_id: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` when what is shown of a partition changed, of a master when of any member.

        A moment later also when its readiness may have changed. Returns how to stop.
        """
        return self.board.listen(partition_id, listener)

    @callback
    def listen_zone(self, partition_id: str, key: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` when a zone was left out, or is watched again; returns how to stop."""
        return self.board.listen_zone(partition_id, key, listener)

    @callback
    def listen_all(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` when partitions or code users came, went or changed; returns how to stop."""
        return self.board.listen_all(listener)

    @callback
    def listen_effects(self, listener: EffectListener) -> Callable[[], None]:
        """Call ``listener`` with partition id and effect, stored, in order; returns how to stop.

        ``TellOutside``, ``Cancelled`` and ``DuressRaised`` may come again after a restart that cut their telling off.
        """
        return self.board.listen_effects(listener)

    @callback
    def listen_set_up(self, listener: SetUpListener) -> Callable[[], None]:
        """Call ``listener`` with every change of how the alarm is set up; returns how to stop."""
        return self.board.listen_set_up(listener)

    async def async_ask(  # noqa: PLR0913 - the one door for everything that can be asked
        self,
        partition_id: str,
        action: Action,
        by: Requester,
        *,
        code: str | None = None,
        mode: Mode | None = None,
        force: bool = False,
        skip_delay: bool = False,
        zones: Sequence[str] = (),
        bypassed: bool = True,
        on: bool = True,
        silent: bool = False,
        life_safety: bool = False,
    ) -> None:
        """Ask a partition or a master for something; returns once that is stored and announced.

        ARM and CHANGE_MODE are the same here: which it is, and so what it takes, follows from what the partition is.
        ``force`` makes FORCE_ARM and FORCE_MODE of them. ``mode`` is for these; ``zones`` and ``bypassed`` are for
        BYPASS, ``on`` and ``life_safety`` for WALK_TEST, ``silent`` for PANIC. An empty code is none.
        Raises ``AlarmRefusedError``.
        """
        wish = Wish(
            action=action,
            code=code,
            mode=mode,
            force=force,
            skip_delay=skip_delay,
            zones=zones,
            bypassed=bypassed,
            on=on,
            silent=silent,
            life_safety=life_safety,
        )
        await self._door.async_ask(partition_id, by, wish)

    async def async_told(self) -> None:
        """Wait until everything that happened before is stored and announced."""
        await self.keeper.async_told()

    def code_needed(self, partition_id: str, action: Action, path: Path) -> bool:
        """Say whether the action takes a code on this path as the partition is now.

        Arming an armed one changes its mode. Raises ``AlarmRefusedError`` for a partition that is not set up.
        """
        return self._door.code_needed(self._door.partition(partition_id), action, path)

    @property
    def codes_are_digits(self) -> bool:
        """Whether all codes are digits, so that a keypad without letters will do. True while there is none."""
        return all(user.digits for user in self._hub.state.code_users.values())

    async def async_set_partition(self, partition: Partition, by: Requester | None = None) -> None:
        """Set a partition up, or change it; returns once that is on disk, if the disk takes it.

        Raises ``ServiceValidationError``. Rights are for the caller to check, here and below. ``by`` is told of as who
        did it.
        """
        with checked():
            self._hub.post(PartitionSet(partition=partition, actor=_actor(by)))
        await self._hub.async_save()

    async def async_remove_partition(self, partition_id: str, by: Requester | None = None) -> None:
        """Remove a partition that is disarmed. Returns and raises as ``async_set_partition``."""
        self._door.partition(partition_id)
        with checked():
            self._hub.post(PartitionRemoved(partition_id=partition_id, actor=_actor(by)))
        await self._hub.async_save()

    async def async_set_zone(self, partition_id: str, key: str, zone: Zone) -> None:
        """Watch an input in a partition, or change how. Returns and raises as ``async_set_partition``."""
        partition = self._door.partition(partition_id)
        await self.async_set_partition(replace(partition, zones={**partition.zones, key: zone}))

    async def async_remove_zone(self, partition_id: str, key: str) -> None:
        """Watch an input no longer. As ``async_set_partition``; ``AlarmRefusedError`` for what is no zone."""
        partition = self._door.partition(partition_id)
        if key not in partition.zones:
            raise AlarmRefusedError("unknown_zone", name=partition.name, zones=key)
        zones = {each: zone for each, zone in partition.zones.items() if each != key}
        await self.async_set_partition(replace(partition, zones=zones))

    async def async_set_user(self, user: CodeUser, code: str | None, by: Requester | None = None) -> None:
        """Give somebody a code, or change what it is good for (``code=None`` keeps it); returns once it is on disk.

        Raises ``AlarmRefusedError`` (``code_invalid``, ``code_in_use``, ``code_needed`` for somebody new,
        ``codes_busy``) and ``ServiceValidationError`` for settings that cannot be.
        """
        await self._users.async_set(user, code, _actor(by))

    async def async_remove_user(self, user_id: str, by: Requester | None = None) -> None:
        """Take somebody's code away; returns once it is off the disk, too. Raises ``AlarmRefusedError``."""
        await self._users.async_remove(user_id, _actor(by))

    def _readiness(self, partition: Partition, mode: Mode, *, skip_delay: bool) -> Readiness:
        status = self.shown(partition.partition_id)
        partition = self.board.suspects.narrowed(partition)
        zones = standings(self._hub.state, partition)
        one_way = without_off(self._hub.state, partition)
        return readiness(partition, status, mode, zones, skip_delay=skip_delay, one_way=one_way)


def _actor(by: Requester | None) -> Actor | None:
    return None if by is None else by.actor


def _named(problems: Iterable[tuple[str, tuple[ZoneProblem, ...]]]) -> tuple[ZoneProblem, ...]:
    return tuple(replace(problem, partition_id=key) for key, each in problems for problem in each)
