"""What entities, actions and keypads show of a partition, and of a master as of all its members together.

A silent alarm shows nowhere: not in the memory, nor by the time an alarm came.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any, Final

from homeassistant.components.alarm_control_panel.const import AlarmControlPanelState

from .alarm_desk import AlarmDesk
from .announcer import Listener
from .engine.alarm.model import Mode, Partition, Zone
from .engine.alarm.problems import Fault, Problem, RefusalReason, Trouble
from .engine.alarm.status import Alarm, PartitionStatus, Phase, Timer
from .hub import Hub
from .identifiers import partition_identifier
from .iso_time import iso
from .picture_view import path_of_alarm
from .views import Kind
from .wire.messages import Transport

BROKERS: Final[Mapping[str, str]] = {Transport.MQTT: "MQTT", Transport.AMQP: "RabbitMQ"}
# So many zones are named in a message or event. A display shows no more, a small board has no room for them, and Home
# Assistant's recorder keeps no event that is large.
MOST_NAMED: Final = 20
ARMED_STATES: Final[Mapping[Mode, AlarmControlPanelState]] = {
    Mode.AWAY: AlarmControlPanelState.ARMED_AWAY,
    Mode.HOME: AlarmControlPanelState.ARMED_HOME,
    Mode.NIGHT: AlarmControlPanelState.ARMED_NIGHT,
    Mode.VACATION: AlarmControlPanelState.ARMED_VACATION,
    Mode.CUSTOM: AlarmControlPanelState.ARMED_CUSTOM_BYPASS,
}
_STATES: Final[Mapping[Phase, AlarmControlPanelState]] = {
    Phase.DISARMED: AlarmControlPanelState.DISARMED,
    Phase.ARMING: AlarmControlPanelState.ARMING,
    Phase.PENDING: AlarmControlPanelState.PENDING,
    Phase.TRIGGERED: AlarmControlPanelState.TRIGGERED,
}


type Named = Mapping[tuple[str, Problem], tuple[Mode, ...]]
"""In which modes which zones have which problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionView:
    """A partition or master as it is shown now. It is never lost: what is wrong with its zones is its trouble."""

    record: Partition
    desk: AlarmDesk
    lost: bool = False

    @property
    def parts(self) -> tuple[Partition, ...]:
        """The partition itself, or the members of a master."""
        known = self.desk.partitions
        return tuple(known[each] for each in self.record.members if each in known) or (self.record,)

    @property
    def statuses(self) -> tuple[PartitionStatus, ...]:
        """How each of the parts stands."""
        return tuple(self.desk.shown(part.partition_id) for part in self.parts)

    @property
    def state(self) -> AlarmControlPanelState:
        """What Home Assistant calls the state it is in."""
        view = self.desk.view(self.record.partition_id)
        if view.phase is Phase.ARMED and view.mode is not None:
            return ARMED_STATES[view.mode]
        return _STATES.get(view.phase, AlarmControlPanelState.DISARMED)

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes in which something is watched that is not always watched; all members of a master have them."""
        found = [self.desk.board.modes(part) for part in self.parts]
        return tuple(mode for mode in Mode if all(mode in modes for modes in found))

    @property
    def delay_end(self) -> float | None:
        """When an exit or entry delay ends, in unix seconds: the first entry delay, the last exit delay."""
        match self.desk.view(self.record.partition_id).phase:
            case Phase.PENDING:
                return min(self._due(Timer.ENTRY), default=None)
            case Phase.ARMING:
                return max(self._due(Timer.EXIT), default=None)
        return None

    @property
    def locked_until(self) -> float | None:
        """Until when no code is taken, in unix seconds."""
        own = self.desk.shown(self.record.partition_id).due(Timer.LOCKOUT)
        return max(chain(self._due(Timer.LOCKOUT), () if own is None else (own,)), default=None)

    @property
    def memory(self) -> tuple[Alarm, ...]:
        """The alarms that were not acknowledged yet, oldest first, without silent ones."""
        alarms = chain.from_iterable(status.memory for status in self.statuses)
        return tuple(sorted((alarm for alarm in alarms if not alarm.silent), key=lambda alarm: alarm.at))

    @property
    def last_alarm(self) -> float | None:
        """When the last of them was raised, in unix seconds."""
        return max((alarm.at for alarm in self.memory), default=None)

    @property
    def bypassed(self) -> tuple[str, ...]:
        """The zones that are left out, by hand or by force arming."""
        return tuple(dict.fromkeys(chain.from_iterable((*each.bypassed, *each.forced) for each in self.statuses)))

    @property
    def siren(self) -> bool:
        """Whether the siren is to sound."""
        return any(status.siren for status in self.statuses)

    @property
    def walk_test(self) -> bool:
        """Whether a walk test is running."""
        return any(status.walk is not None for status in self.statuses)

    @property
    def has_trouble(self) -> bool:
        """Whether a zone suffers from anything."""
        return any(status.troubles for status in self.statuses)

    @property
    def changed(self) -> PartitionStatus:
        """The part that was armed or disarmed last."""
        return max(self.statuses, key=lambda status: status.changed_at or 0.0)

    @property
    def changed_by(self) -> str | None:
        """Who armed or disarmed last; ``None`` where it was nobody, or the alarm itself."""
        actor = self.changed.changed_by
        return None if actor is None else (actor.name or None)

    def _due(self, timer: Timer) -> Iterator[float]:
        return (due for status in self.statuses if (due := status.due(timer)) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneView:
    """A zone of a partition: ``record`` is the partition, which changes with everything that is set up in it."""

    record: Partition
    key: str
    zone: Zone
    desk: AlarmDesk
    lost: bool = False

    @property
    def bypassed(self) -> bool:
        """Whether it is left out."""
        return self.desk.shown(self.record.partition_id).left_out(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Whether it could be armed, in each mode it can be armed in, and which zones are in the way of which modes.

    ``warnings`` are not in the way, but to be known. Sirens are among both, by their keys. ``disarmable``: where
    nobody could disarm it again it is ready in no mode, whatever its zones are.
    """

    modes: Mapping[Mode, bool] = field(default_factory=dict)
    blocking: Named = field(default_factory=dict)
    warnings: Named = field(default_factory=dict)
    disarmable: bool = True

    @property
    def in_every_mode(self) -> bool:
        """Whether it could be armed in whichever mode; where there is none, nothing is ready."""
        return bool(self.modes) and all(self.modes.values())


def ready(view: PartitionView) -> Ready:
    """Say what is in the way of arming."""
    found: Ready = view.desk.board.ready.get(view.record.partition_id, partial(_look_whether_ready, view))
    # Never kept: codes end with a day as well.
    if view.desk.may_be_armed(view.record):
        return found
    return replace(found, modes=dict.fromkeys(found.modes, False), disarmable=False)


def _look_whether_ready(view: PartitionView) -> Ready:
    modes: dict[Mode, bool] = {}
    blocking: dict[tuple[str, Problem], tuple[Mode, ...]] = {}
    warnings: dict[tuple[str, Problem], tuple[Mode, ...]] = {}
    for mode in view.modes:
        found = view.desk.readiness(view.record.partition_id, mode)
        modes[mode] = not found.blocking
        for named, problems in ((blocking, found.blocking), (warnings, found.warnings)):
            for each in dict.fromkeys((each.zone, each.problem) for each in problems):
                named[each] = (*named.get(each, ()), mode)
    return Ready(modes=modes, blocking=blocking, warnings=warnings)


def ready_data(view: PartitionView) -> dict[str, Any]:
    """Return the same as attributes: ``ready`` by mode, ``not_ready`` and ``warnings`` with a name for each zone.

    That nobody could disarm it comes first, without a zone.
    """
    found = ready(view)
    no_code = [] if found.disarmable else [{"zone": None, "zone_name": None, **nobody_disarms(found)}]
    return {
        "ready": {mode.value: able for mode, able in found.modes.items()},
        "not_ready": [*no_code, *_named(view.desk, found.blocking)],
        "warnings": _named(view.desk, found.warnings),
    }


def nobody_disarms(found: Ready) -> dict[str, Any]:
    """Return that nobody could disarm it as what is in the way of every mode: by the word it is then refused with."""
    return {"problem": RefusalReason.NO_CODE.value, "modes": [mode.value for mode in found.modes]}


def _named(desk: AlarmDesk, problems: Named) -> list[dict[str, Any]]:
    return [
        {"zone": key, "zone_name": name_of_zone(desk, key), "problem": problem.value, "modes": list(modes)}
        for (key, problem), modes in problems.items()
    ]


def alarm_data(desk: AlarmDesk, alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as automations and people read it. Without a zone, it was a panic button.

    ``images`` are paths within Home Assistant, to those who are logged in.
    """
    return {
        "at": iso(alarm.at),
        "kind": alarm.kind.value,
        "zone": alarm.zone,
        "zone_name": None if alarm.zone is None else name_of_zone(desk, alarm.zone),
        "images": [path_of_alarm(name) for name in desk.pictures.names(alarm.images)],
        "outside": alarm.outside.value,
    }


def trouble_data(view: PartitionView) -> list[dict[str, Any]]:
    """Return what the zones suffer from."""
    troubles = dict.fromkeys(chain.from_iterable(status.troubles for status in view.statuses))
    return [fault_data(view.desk, each) for each in troubles]


def fault_data(desk: AlarmDesk, trouble: Trouble) -> dict[str, Any]:
    """Return what is wrong with which zone, siren or broker, by names for people."""
    if trouble.fault is Fault.BROKER:
        broker = BROKERS.get(trouble.zone, trouble.zone)
        return {"zone": None, "zone_name": None, "broker": broker, "fault": trouble.fault.value}
    return {"zone": trouble.zone, "zone_name": name_of_zone(desk, trouble.zone), "fault": trouble.fault.value}


def name_of_zone(desk: AlarmDesk, key: str) -> str:
    """Return what people call a zone."""
    return next(iter(desk.names((key,))), key)


def _look(hub: Hub, partition_id: str) -> PartitionView | None:
    record = hub.alarm.partitions.get(partition_id)
    return None if record is None else PartitionView(record=record, desk=hub.alarm)


def _look_at_zone(hub: Hub, name: str) -> ZoneView | None:
    partition_id, _, key = name.partition(":")
    record = hub.alarm.partitions.get(partition_id)
    zone = None if record is None else record.zones.get(key)
    return None if record is None or zone is None else ZoneView(record=record, key=key, zone=zone, desk=hub.alarm)


def _zones(hub: Hub) -> dict[str, Partition]:
    """Return the partition of each zone, by a name that no other zone has: partition ids have no colon."""
    return {
        f"{partition.partition_id}:{key}": partition
        for partition in hub.alarm.partitions.values()
        for key in partition.zones
    }


def _listen(hub: Hub, partition_id: str, listener: Listener) -> Callable[[], None]:
    """Listen to a partition. Codes and members matter, too, and change seldom."""
    return _together((hub.alarm.listen(partition_id, listener), hub.alarm.listen_all(listener)))


def _listen_zone(hub: Hub, name: str, listener: Listener) -> Callable[[], None]:
    """Listen to whether a zone is left out, and to how the partitions are set up."""
    partition_id, _, key = name.partition(":")
    return _together((hub.alarm.listen_zone(partition_id, key, listener), hub.alarm.listen_all(listener)))


def _together(stops: Iterable[Callable[[], None]]) -> Callable[[], None]:
    every = tuple(stops)

    def stop() -> None:
        for each in every:
            each()

    return stop


PARTITIONS: Final = Kind[PartitionView](
    listen=_listen,
    listen_all=lambda hub, listener: hub.alarm.listen_all(listener),
    prefix="partition:",
    identifier=partition_identifier,
    records=lambda hub: hub.alarm.partitions,
    look=_look,
)
ZONES: Final = Kind[ZoneView](
    listen=_listen_zone,
    listen_all=lambda hub, listener: hub.alarm.listen_all(listener),
    prefix="zone:",
    identifier=lambda name: partition_identifier(name.partition(":")[0]),
    records=_zones,
    look=_look_at_zone,
)
