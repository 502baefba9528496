"""What each of the alarm's actions does, and what it answers. No answer has a code in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from homeassistant.core import ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import slugify

from .alarm_control_panel import attributes_of
from .alarm_desk import AlarmRefusedError, Requester
from .alarm_settings import Data, changed_partition, changed_user, changed_zone, partition_data, user_data, zone_data
from .alarm_views import PARTITIONS, PartitionView, trouble_data
from .asked import checked
from .const import DOMAIN
from .engine.alarm.check import slow_to_tell
from .engine.alarm.codes import CodeUser
from .engine.alarm.model import Action, Mode, Partition, Zone
from .engine.errors import UnknownKeyError
from .engine.names import fold
from .engine.siren_faults import without_off
from .hub import Hub
from .matching import Named, match

# As the engine takes them at most.
ID_LENGTH: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an action was called with, and by whom."""

    hub: Hub
    data: Data
    by: Requester


async def async_ask(action: Action, asked: Asked) -> ServiceResponse:
    """Ask a partition for something, and tell how it stands then. Raises ``AlarmRefusedError``."""
    data, desk = asked.data, asked.hub.alarm
    partition_id = _partition(asked.hub, data["partition"])
    given: dict[str, Any] = {
        name: data[name]
        for name in ("code", "force", "skip_delay", "bypassed", "on", "silent", "life_safety")
        if name in data
    }
    if "mode" in data:
        given["mode"] = Mode(data["mode"])
    if "zones" in data:
        given["zones"] = _keys(data["zones"], asked.hub.state.inputs)
    await desk.async_ask(partition_id, action, asked.by, **given)
    return _standing(asked.hub, partition_id)


async def async_set_partition(asked: Asked) -> ServiceResponse:
    """Set a partition up under the slug of its name, or change the one of that name; what is not given stays.

    Tells which of its sirens can only be triggered, so that no disarming silences them.
    """
    hub, data = asked.hub, asked.data
    known = {key: each.name for key, each in hub.alarm.partitions.items()}
    partition_id = _wanted(data, "partition", known, "unknown_partition")
    before = hub.alarm.partitions.get(partition_id) or Partition(partition_id=partition_id, name=data["name"])
    await hub.alarm.async_set_partition(changed_partition(before, _by_id(hub, data)), asked.by)
    partition = hub.alarm.partitions[partition_id]
    return {
        "partition": partition_data(partition),
        "sirens_without_off": list(without_off(hub.state, partition)),
        "slow_to_tell": _slow_to_tell(partition),
    }


async def async_remove_partition(asked: Asked) -> ServiceResponse:
    """Remove a partition that is disarmed."""
    partition_id = _partition(asked.hub, asked.data["partition"])
    await asked.hub.alarm.async_remove_partition(partition_id, asked.by)
    return {"partition": partition_id}


async def async_set_zone(asked: Asked) -> ServiceResponse:
    """Watch inputs in a partition, or change how; what is not given stays."""
    hub, data = asked.hub, asked.data
    partition = hub.alarm.partitions[_partition(hub, data["partition"])]
    zones = {
        key: changed_zone(partition.zones.get(key, Zone()), data) for key in _keys(data["inputs"], hub.state.inputs)
    }
    await hub.alarm.async_set_partition(replace(partition, zones={**partition.zones, **zones}), asked.by)
    return {
        "partition": partition.partition_id,
        "zones": {key: zone_data(zone) for key, zone in zones.items()},
        "slow_to_tell": _slow_to_tell(hub.alarm.partitions[partition.partition_id]),
    }


async def async_remove_zone(asked: Asked) -> ServiceResponse:
    """Watch inputs no longer, all of them or none. One that the hub has forgotten is named by its key."""
    hub, data = asked.hub, asked.data
    partition = hub.alarm.partitions[_partition(hub, data["partition"])]
    words = data["inputs"]
    forgotten = tuple(word for word in words if word in partition.zones and word not in hub.state.inputs)
    keys = (*forgotten, *_keys((word for word in words if word not in forgotten), hub.state.inputs))
    for key in keys:
        if key not in partition.zones:
            raise AlarmRefusedError("unknown_zone", name=partition.name, zones=key)
    left = {key: zone for key, zone in partition.zones.items() if key not in keys}
    await hub.alarm.async_set_partition(replace(partition, zones=left), asked.by)
    return {"partition": partition.partition_id, "zones": {key: zone_data(zone) for key, zone in left.items()}}


async def async_set_code(asked: Asked) -> ServiceResponse:
    """Give somebody a code, or change what it is good for; without a code the present one stays."""
    hub, data = asked.hub, asked.data
    user_id = _wanted(data, "user", {key: each.name for key, each in hub.alarm.users.items()}, "unknown_user")
    before = hub.alarm.users.get(user_id) or CodeUser(user_id=user_id, name=data["name"])
    user = changed_user(before, _by_id(hub, data))
    if data.get("code"):
        # A new code that works once has not worked yet.
        user = replace(user, used=False)
    await hub.alarm.async_set_user(user, data.get("code"), asked.by)
    return {"code": user_data(hub.alarm.users[user.user_id])}


async def async_revoke_code(asked: Asked) -> ServiceResponse:
    """Take somebody's code away."""
    user_id = _user(asked.hub, asked.data["user"])
    await asked.hub.alarm.async_remove_user(user_id, asked.by)
    return {"user": user_id}


async def async_list_alarm(asked: Asked) -> ServiceResponse:
    """Return every partition with its settings and how it stands, and whose codes there are."""
    desk = asked.hub.alarm
    return {
        "partitions": [
            {**partition_data(partition), **_standing(asked.hub, partition_id)}
            for partition_id, partition in desk.partitions.items()
        ],
        "codes": [user_data(user) for user in desk.users.values()],
    }


def _slow_to_tell(partition: Partition) -> dict[str, Any]:
    """Return the modes in which entry delay and abort window together take longer than they should, in seconds."""
    return {mode.value: seconds for mode, seconds in slow_to_tell(partition).items()}


def _standing(hub: Hub, partition_id: str) -> dict[str, Any]:
    view = PARTITIONS.look(hub, partition_id)
    if not isinstance(view, PartitionView):
        return {"partition": partition_id}
    return {
        "partition": partition_id,
        "state": view.state.value,
        "changed_by": view.changed_by,
        "siren": view.siren,
        "trouble": trouble_data(view),
        **attributes_of(view),
    }


def _by_id(hub: Hub, data: Data) -> dict[str, Any]:
    """Return the data with ids and keys in place of names."""
    changed = dict(data)
    for field in ("members", "partitions"):
        if field in data:
            changed[field] = tuple(_partition(hub, word) for word in data[field])
    if "siren_outputs" in data:
        changed["siren_outputs"] = _keys(data["siren_outputs"], hub.state.outputs)
    if "cross_zones" in data:
        changed["cross_zones"] = [
            {**group, "zones": _keys(group["zones"], hub.state.inputs)} for group in data["cross_zones"]
        ]
    return changed


def _partition(hub: Hub, word: str) -> str:
    """Return the id of a partition that is named by id or name. Raises ``AlarmRefusedError``."""
    return _named(word, {key: each.name for key, each in hub.alarm.partitions.items()}, "unknown_partition")


def _user(hub: Hub, word: str) -> str:
    """Return the id of a code's owner who is named by id or name. Raises ``AlarmRefusedError``."""
    return _named(word, {key: each.name for key, each in hub.alarm.users.items()}, "unknown_user")


def _wanted(data: Data, field: str, names: Mapping[str, str], unknown: str) -> str:
    """Return the id of what is to be changed, or a new one for what has a name that nothing else has."""
    if field in data:
        return _named(data[field], names, unknown)
    if "name" not in data:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="alarm_nothing_named")
    found = _ids_of(data["name"], names)
    return found[0] if found else _new_id(data["name"], names, "partition" if field == "partition" else "person")


def _named(word: str, names: Mapping[str, str], unknown: str) -> str:
    if word in names:
        return word
    found = _ids_of(word, names)
    if len(found) != 1:
        raise AlarmRefusedError(unknown, name=word)
    return found[0]


def _ids_of(word: str, names: Mapping[str, str]) -> list[str]:
    return [key for key, name in names.items() if fold(name) == fold(word)]


def _keys(words: Iterable[str], records: Mapping[str, Named]) -> tuple[str, ...]:
    found = match(tuple(words), records)
    with checked():
        if found.unknown:
            raise UnknownKeyError(found.unknown[0])
    return found.keys


def _new_id(name: str, taken: Iterable[str], usual: str) -> str:
    """Return an id of a name: what topics, entities and automations call it by. It stays when the name changes.

    Of a name with nothing in it that could be in an id, such as one of emoji alone, it is ``usual``.
    """
    known = set(taken)
    found = slugify(name)
    # Home Assistant's word for a name without letters; what is called so is another matter.
    is_wordless = not found or (found == "unknown" and name.strip().casefold() != found)
    base = usual if is_wordless else found
    tails = ("", *(f"_{number}" for number in range(2, len(known) + 3)))
    return next(each for tail in tails if (each := base[: ID_LENGTH - len(tail)].rstrip("_") + tail) not in known)
