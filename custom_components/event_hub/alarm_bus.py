"""Tells automations what the alarm does: one event on Home Assistant's bus for each thing, with names for people.

Silent alarms, and that somebody was forced to give a code, are told in one place alone: as told outside, by an event
of another name, which no logbook shows and which names no entity. So an automation that calls for help hears of them,
and nothing that lights up or sounds here does by mistake.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from .about import about_nothing, about_partition
from .alarm_desk import AlarmDesk
from .alarm_views import MOST_NAMED, alarm_data, fault_data, name_of_zone
from .engine.alarm.effects import (
    AlarmRaised,
    BypassChanged,
    Cancelled,
    Chimed,
    CodeWrong,
    DuressRaised,
    Effect,
    LeftOpen,
    LockedOut,
    LockoutEnded,
    MemoryChanged,
    Overridden,
    PhaseChanged,
    Refused,
    SwungOut,
    TellOutside,
    TroubleChanged,
    WalkTestChanged,
    WalkTested,
)
from .engine.alarm.model import Actor
from .engine.alarm.problems import ZoneProblem
from .engine.alarm.status import Alarm
from .engine.effects import AlarmSetUp, AlarmTold
from .engine.telling.model import Topic
from .iso_time import iso
from .requester import context_of

EVENT_ALARM: Final = "event_hub_alarm"
# What is for outside alone.
EVENT_OUTSIDE: Final = "event_hub_told_outside"
CONFIGURED: Final = "configured"
_BY: Final = ("by", "by_kind", "asked_by", "path", "user_id")

type _Data = dict[str, Any]
# What an effect tells, from it and the desk, which knows names.
type _Teller = Callable[[AlarmDesk, Any], _Data]


@callback
def async_tell_bus(hass: HomeAssistant, desk: AlarmDesk) -> Callable[[], None]:
    """Begin to tell; returns how to stop."""

    @callback
    def tell(partition_id: str, effect: Effect) -> None:
        data = None if is_hidden(effect) else told_of(desk, AlarmTold(partition_id=partition_id, effect=effect))
        if data is None:
            return
        if _is_for_outside(effect):
            event = EVENT_OUTSIDE
        else:
            event, data = EVENT_ALARM, {**data, **about_partition(hass, partition_id)}
        # In the context of who asked, so that Home Assistant knows as well whose doing it is.
        hass.bus.async_fire(event, data, context=context_of(getattr(effect, "actor", None)))

    @callback
    def tell_set_up(told: AlarmSetUp) -> None:
        about = about_nothing() if told.partition_id is None else about_partition(hass, told.partition_id)
        hass.bus.async_fire(EVENT_ALARM, {**_configured(told), **about}, context=context_of(told.actor))

    stops = (desk.listen_effects(tell), desk.listen_set_up(tell_set_up))

    @callback
    def stop() -> None:
        for each in stops:
            each()

    return stop


def told_of(desk: AlarmDesk, told: AlarmTold | AlarmSetUp) -> dict[str, Any] | None:
    """Return what is told of something that happened to the alarm; ``None`` for what automations do not hear of."""
    if isinstance(told, AlarmSetUp):
        return _configured(told)
    known = _TOLD.get(type(told.effect))
    if known is None:
        return None
    kind, teller = known
    name = name_of_partition(desk, told.partition_id)
    return {"partition": told.partition_id, "name": name, "type": kind, **_cut(teller(desk, told.effect))}


def name_of_partition(desk: AlarmDesk, partition_id: str) -> str:
    """Return what people call a partition; one that was removed by its id."""
    partition = desk.partitions.get(partition_id)
    return partition_id if partition is None else partition.name


def is_hidden(effect: Effect) -> bool:
    """Whether an effect is not told: it would give a silent alarm away, or other events say it already."""
    match effect:
        case AlarmRaised(alarm=alarm):
            return alarm.silent
        case SwungOut(silent=silent) | Cancelled(silent=silent):
            return silent
        case MemoryChanged(memory=memory, actor=actor, silent=silent):
            return silent or actor is None or not all(alarm.silent for alarm in memory)
    return False


def _is_for_outside(effect: Effect) -> bool:
    """Whether nothing here may show that something is told."""
    match effect:
        case DuressRaised():
            return True
        case TellOutside(alarms=alarms):
            return all(alarm.silent for alarm in alarms)
    return False


def by_data(actor: Actor | None) -> _Data:
    """Return who did it: the owner of the code, or who asked; and who asked, over which path, as which user.

    ``None``: a zone, the time, or the alarm itself.
    """
    if actor is None or not actor.name:
        return dict.fromkeys(_BY)
    asker = actor.asker
    asked = (None, None, None) if asker is None else (asker.name, asker.path, asker.user_id)
    return dict(zip(_BY, (actor.name, actor.kind.value, *asked), strict=True))


def _configured(told: AlarmSetUp) -> _Data:
    changes = [{"setting": each.setting, "before": each.before, "after": each.after} for each in told.changes]
    return {
        "partition": told.partition_id,
        "name": told.name,
        "type": CONFIGURED,
        "what": told.what.value,
        "subject": told.subject,
        "changes": changes,
        "more": told.more,
        "at": iso(told.at),
        **by_data(told.actor),
    }


def _cut(data: _Data) -> _Data:
    """Return what is told with the first of each list, and beside it how many there are in all."""
    lists = {name: value for name, value in data.items() if isinstance(value, list)}
    first = {name: value[:MOST_NAMED] for name, value in lists.items()}
    return {**data, **first, **{f"{name}_count": len(value) for name, value in lists.items()}}


def _phase(_: AlarmDesk, it: PhaseChanged) -> _Data:
    mode = None if it.mode is None else it.mode.value
    return {"from": it.before.value, "to": it.after.value, "mode": mode, "at": iso(it.at), **by_data(it.actor)}


def _told_outside(desk: AlarmDesk, it: TellOutside) -> _Data:
    topic = Topic.SILENT if _is_for_outside(it) else Topic.ALARM
    told = {"duress": False, "has_channel": desk.has_channel(topic), "alarms": _alarms(desk, it.alarms)}
    return told | by_data(it.actor)


def _duress(desk: AlarmDesk, it: DuressRaised) -> _Data:
    told = {"duress": True, "has_channel": desk.has_channel(Topic.DURESS), "alarms": _alarms(desk, it.alarms)}
    return told | by_data(it.actor)


def _cancelled(desk: AlarmDesk, it: Cancelled) -> _Data:
    return {"was_told_outside": it.told, "has_channel": desk.has_channel(Topic.CANCELLED), **by_data(it.actor)}


def _alarms(desk: AlarmDesk, alarms: Iterable[Alarm]) -> list[_Data]:
    return [{**alarm_data(desk, alarm), "silent": alarm.silent} for alarm in alarms]


def _bypass(desk: AlarmDesk, it: BypassChanged) -> _Data:
    return {"bypassed": _names(desk, it.bypassed), "forced": _names(desk, it.forced), **by_data(it.actor)}


def _trouble(desk: AlarmDesk, it: TroubleChanged) -> _Data:
    return {"what": [fault_data(desk, each) for each in it.troubles], "watched": _names(desk, it.watched)}


def _walk_test(desk: AlarmDesk, it: WalkTestChanged) -> _Data:
    return {"on": it.on, "walked": _names(desk, it.walked), "missed": _names(desk, it.missed), **by_data(it.actor)}


def _refused(desk: AlarmDesk, it: Refused) -> _Data:
    told = {"action": it.action.value, "reason": it.reason.value}
    return told | {"problems": _problems(desk, it.problems), "more": it.more, **by_data(it.actor)}


def _zone(desk: AlarmDesk, key: str) -> _Data:
    return {"zone": key, "zone_name": name_of_zone(desk, key)}


def _names(desk: AlarmDesk, keys: Iterable[str]) -> list[str]:
    return list(desk.names(keys))


def _problems(desk: AlarmDesk, problems: Iterable[ZoneProblem]) -> list[_Data]:
    return [{**_zone(desk, each.zone), "problem": each.problem.value} for each in problems]


_TOLD: Final[Mapping[type, tuple[str, _Teller]]] = {
    PhaseChanged: ("phase", _phase),
    AlarmRaised: ("alarm", lambda desk, it: alarm_data(desk, it.alarm)),
    TellOutside: ("told_outside", _told_outside),
    DuressRaised: ("told_outside", _duress),
    Cancelled: ("cancelled", _cancelled),
    MemoryChanged: ("acknowledged", lambda _, it: by_data(it.actor)),
    Chimed: ("chime", lambda desk, it: _zone(desk, it.zone)),
    SwungOut: ("swung_out", lambda desk, it: {**_zone(desk, it.zone), "alarms": it.alarms}),
    LeftOpen: ("left_open", lambda desk, it: {"zones": _names(desk, it.zones)}),
    BypassChanged: ("bypass", _bypass),
    TroubleChanged: ("trouble", _trouble),
    WalkTested: ("walked", lambda desk, it: {**_zone(desk, it.zone), "left": it.left}),
    WalkTestChanged: ("walk_test", _walk_test),
    Refused: ("refused", _refused),
    Overridden: ("overridden", lambda desk, it: {"problems": _problems(desk, it.problems), **by_data(it.actor)}),
    CodeWrong: ("wrong_code", lambda _, it: {"left": it.left, **by_data(it.actor)}),
    LockedOut: ("lockout", lambda _, it: {"until": iso(it.until), **by_data(it.actor)}),
    LockoutEnded: ("lockout_ended", lambda _, __: {}),
}
