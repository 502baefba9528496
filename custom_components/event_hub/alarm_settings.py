"""Partitions, zones and code users from what people fill in, and back: what is not given stays as it is.

What may be set is checked by the engine; no code passes here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any, Final

from .engine.alarm.codes import CodeUser, Permission
from .engine.alarm.model import (
    DEFAULT_DELAYS,
    AfterSiren,
    CodeRules,
    CrossZone,
    FaultPolicy,
    Mode,
    Partition,
    Zone,
    ZoneKind,
)

type Data = Mapping[str, Any]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
END_OF_DAY: Final = 1440
_PLAIN: Final = ("name", "siren_limit", "abort_window", "cancel_window", "swinger_limit", "arm_on_close")
_ZONE_PLAIN: Final = ("entry_delay", "exit_delay", "bypassable", "silent", "chimes")
_CODE_RULES: Final = {
    "code_to_arm": "arm",
    "code_to_disarm": "disarm",
    "code_to_change_mode": "change_mode",
    "code_to_bypass": "bypass",
}


def changed_partition(partition: Partition, data: Data) -> Partition:
    """Return the partition with what ``data`` says. Members, outputs and zones are by id or key in it."""
    changes: dict[str, Any] = {name: data[name] for name in _PLAIN if name in data}
    changes |= {name: tuple(data[name]) for name in ("members", "siren_outputs") if name in data}
    if "after_siren" in data:
        changes["after_siren"] = AfterSiren(data["after_siren"])
    if "fault_policy" in data:
        changes["fault_policy"] = FaultPolicy(data["fault_policy"])
    if "cross_zones" in data:
        changes["cross_zones"] = tuple(map(_cross_zone, data["cross_zones"]))
    rules = {rule: data[name] for name, rule in _CODE_RULES.items() if name in data}
    return replace(partition, **changes, codes=replace(partition.codes, **rules), delays=_delays(partition, data))


def changed_zone(zone: Zone, data: Data) -> Zone:
    """Return the zone with what ``data`` says. A delay of ``None`` is the mode's."""
    changes: dict[str, Any] = {name: data[name] for name in _ZONE_PLAIN if name in data}
    if "kind" in data:
        changes["kind"] = ZoneKind(data["kind"])
    if "modes" in data:
        changes["modes"] = _modes(data["modes"])
    return replace(zone, **changes)


def changed_user(user: CodeUser, data: Data) -> CodeUser:
    """Return the code's owner with what ``data`` says, without the code."""
    changes: dict[str, Any] = {name: data[name] for name in ("name", "duress") if name in data}
    if "permissions" in data:
        changes["permissions"] = tuple(each for each in Permission if each in data["permissions"])
    if "partitions" in data:
        changes["partitions"] = tuple(data["partitions"])
    validity: dict[str, Any] = {name: data[name] for name in ("once",) if name in data}
    validity |= {name: _day(data[name]) for name in ("first_day", "last_day") if name in data}
    if "weekdays" in data:
        validity["weekdays"] = tuple(number for number, day in enumerate(WEEKDAYS) if day in data["weekdays"])
    if "from_time" in data:
        validity["from_minute"] = _minute(data["from_time"], 0)
    if "until_time" in data:
        # Until midnight is until the end of the day.
        validity["until_minute"] = _minute(data["until_time"], END_OF_DAY) or END_OF_DAY
    return replace(user, **changes, validity=replace(user.validity, **validity))


def partition_data(partition: Partition) -> dict[str, Any]:
    """Return a partition's settings by the names they are set with."""
    delays = {mode: partition.delays.get(mode, DEFAULT_DELAYS) for mode in Mode}
    return {
        "partition": partition.partition_id,
        **{name: getattr(partition, name) for name in _PLAIN},
        "members": list(partition.members),
        "siren_outputs": list(partition.siren_outputs),
        "delays": {mode.value: {"exit": each.exit, "entry": each.entry} for mode, each in delays.items()},
        "after_siren": partition.after_siren.value,
        "fault_policy": partition.fault_policy.value,
        "cross_zones": [
            {"zones": list(each.zones), "count": each.count, "within": each.within} for each in partition.cross_zones
        ],
        **_rules(partition.codes),
        "zones": {key: zone_data(zone) for key, zone in partition.zones.items()},
    }


def zone_data(zone: Zone) -> dict[str, Any]:
    """Return a zone's settings by the names they are set with."""
    return {
        "kind": zone.kind.value,
        "modes": [mode.value for mode in zone.modes],
        **{name: getattr(zone, name) for name in _ZONE_PLAIN},
    }


def user_data(user: CodeUser) -> dict[str, Any]:
    """Return what a code is good for, by the names it is set with; never the code."""
    valid = user.validity
    return {
        "user": user.user_id,
        "name": user.name,
        "permissions": [each.value for each in user.permissions],
        "partitions": list(user.partitions),
        "duress": user.duress,
        "once": valid.once,
        "used": user.used,
        "first_day": valid.first_day,
        "last_day": valid.last_day,
        "weekdays": [WEEKDAYS[number] for number in valid.weekdays],
        "from_time": _time(valid.from_minute),
        "until_time": _time(valid.until_minute),
    }


def _rules(codes: CodeRules) -> dict[str, bool]:
    return {name: getattr(codes, rule) for name, rule in _CODE_RULES.items()}


def _delays(partition: Partition, data: Data) -> Mapping[Mode, Any]:
    given = {name: data[field] for name, field in (("exit", "exit_delay"), ("entry", "entry_delay")) if field in data}
    if not given:
        return partition.delays
    changed = {
        mode: replace(partition.delays.get(mode, DEFAULT_DELAYS), **given)
        for mode in _modes(data.get("modes", tuple(Mode)))
    }
    return {**partition.delays, **changed}


def _modes(words: Iterable[str]) -> tuple[Mode, ...]:
    return tuple(mode for mode in Mode if mode in words)


def _cross_zone(data: Data) -> CrossZone:
    return CrossZone(zones=tuple(data["zones"]), count=data["count"], within=data["within"])


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _minute(at: time | None, usual: int) -> int:
    return usual if at is None else at.hour * 60 + at.minute


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
