"""Tells automations what the alarm does: one event on Home Assistant's bus for each thing, with names for people.

Silent alarms, and that somebody was forced to give a code, are told in one place alone: as told outside. So an
automation that calls for help hears of them, and nothing that lights up or sounds here does by mistake.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from .alarm_desk import AlarmDesk
from .alarm_views import alarm_data, iso, name_of_zone
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
from .engine.alarm.model import Actor, Partition
from .engine.alarm.problems import ZoneProblem

EVENT_ALARM: Final = "event_hub_alarm"

type _Data = dict[str, Any]
# What an effect tells, from it and the desk, which knows names.
type _Teller = Callable[[AlarmDesk, Any], _Data]


@callback
def async_tell_bus(hass: HomeAssistant, desk: AlarmDesk) -> Callable[[], None]:
    """Begin to tell; returns how to stop."""

    @callback
    def tell(partition_id: str, effect: Effect) -> None:
        partition = desk.partitions.get(partition_id)
        told = _TOLD.get(type(effect))
        if told is None or _is_hidden(partition, effect):
            return
        kind, teller = told
        name = partition_id if partition is None else partition.name
        hass.bus.async_fire(
            EVENT_ALARM, {"partition": partition_id, "name": name, "type": kind, **teller(desk, effect)}
        )

    return desk.listen_effects(tell)


def _is_hidden(partition: Partition | None, effect: Effect) -> bool:
    """Whether an effect is not told: it would give a silent alarm away, or other events say it already."""
    match effect:
        case AlarmRaised(alarm=alarm):
            return alarm.silent
        case SwungOut(zone=key):
            zone = None if partition is None else partition.zones.get(key)
            return zone is not None and zone.silent
        case MemoryChanged(memory=memory, actor=actor):
            return bool(memory) or actor is None
    return False


def _by(actor: Actor | None) -> _Data:
    """Return who did it. ``None``: a zone, the time, or the alarm itself."""
    if actor is None or not actor.name:
        return {"by": None, "by_kind": None}
    return {"by": actor.name, "by_kind": actor.kind.value}


def _phase(_: AlarmDesk, it: PhaseChanged) -> _Data:
    mode = None if it.mode is None else it.mode.value
    return {"from": it.before.value, "to": it.after.value, "mode": mode, "at": iso(it.at), **_by(it.actor)}


def _told_outside(desk: AlarmDesk, it: TellOutside) -> _Data:
    alarms = [{**alarm_data(desk, alarm), "silent": alarm.silent} for alarm in it.alarms]
    return {"duress": False, "alarms": alarms, **_by(None)}


def _bypass(desk: AlarmDesk, it: BypassChanged) -> _Data:
    return {"bypassed": _names(desk, it.bypassed), "forced": _names(desk, it.forced), **_by(it.actor)}


def _trouble(desk: AlarmDesk, it: TroubleChanged) -> _Data:
    what = [{**_zone(desk, each.zone), "fault": each.fault.value} for each in it.troubles]
    return {"what": what, "watched": _names(desk, it.watched)}


def _walk_test(desk: AlarmDesk, it: WalkTestChanged) -> _Data:
    return {"on": it.on, "walked": _names(desk, it.walked), "missed": _names(desk, it.missed)}


def _refused(desk: AlarmDesk, it: Refused) -> _Data:
    told = {"action": it.action.value, "reason": it.reason.value}
    return told | {"problems": _problems(desk, it.problems), **_by(it.actor)}


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
    DuressRaised: ("told_outside", lambda _, it: {"duress": True, "alarms": [], **_by(it.actor)}),
    Cancelled: ("cancelled", lambda _, it: {"was_told_outside": it.told, **_by(it.actor)}),
    MemoryChanged: ("acknowledged", lambda _, it: _by(it.actor)),
    Chimed: ("chime", lambda desk, it: _zone(desk, it.zone)),
    SwungOut: ("swung_out", lambda desk, it: {**_zone(desk, it.zone), "alarms": it.alarms}),
    LeftOpen: ("left_open", lambda desk, it: {"zones": _names(desk, it.zones)}),
    BypassChanged: ("bypass", _bypass),
    TroubleChanged: ("trouble", _trouble),
    WalkTested: ("walked", lambda desk, it: {**_zone(desk, it.zone), "left": it.left}),
    WalkTestChanged: ("walk_test", _walk_test),
    Refused: ("refused", _refused),
    Overridden: ("overridden", lambda desk, it: {"problems": _problems(desk, it.problems), **_by(it.actor)}),
    CodeWrong: ("wrong_code", lambda _, it: {"left": it.left, **_by(it.actor)}),
    LockedOut: ("lockout", lambda _, it: {"until": iso(it.until), **_by(it.actor)}),
    LockoutEnded: ("lockout_ended", lambda _, __: {}),
}
TYPES: Final = frozenset(kind for kind, _ in _TOLD.values())
