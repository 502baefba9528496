"""What the actions do that read the activity log, and what they answer."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from homeassistant.core import ServiceResponse
from homeassistant.util import dt as dt_util

from .activity_views import shown
from .engine.names import fold
from .hub import Hub
from .matching import Named, match, source_of
from .requests import find
from .storage.activity_entries import DECISION, ActivityFilter, Entry
from .storage.activity_export import csv_text, json_text

LIST: Final = "list"
EXPORTS: Final[Mapping[str, Callable[[Iterable[Entry]], str]]] = MappingProxyType({"csv": csv_text, "json": json_text})

type Data = Mapping[str, Any]


async def async_why(hub: Hub, data: Data) -> ServiceResponse:
    """Say why an input did, or did not, trigger, with what became of the commands; newest first."""
    inputs = find((data["input"],), hub.state.inputs)
    wanted = ActivityFilter(input_keys=inputs, kinds=(DECISION,), limit=data["limit"])
    entries = await hub.activity.async_query(wanted)
    return {"decisions": [shown(hub, entry) for entry in entries]}


async def async_list_activity(hub: Hub, data: Data) -> ServiceResponse:
    """Return what the activity log holds, newest first: as a list, or as text that other programs read."""
    wanted = ActivityFilter(
        input_keys=_keys_of(data.get("input"), hub.state.inputs),
        output_keys=_keys_of(data.get("output"), hub.state.outputs),
        source_id=None if (source := data.get("source")) is None else source_of(source, hub.state.sources),
        partition_id=_partition_of(hub, data.get("partition")),
        kinds=tuple(data["kinds"]),
        reasons=tuple(data["reasons"]),
        since=_unix(data.get("since")),
        until=_unix(data.get("until")),
        limit=data["limit"],
    )
    entries = await hub.activity.async_query(wanted)
    export = EXPORTS.get(data["format"])
    if export is not None:
        return {"text": await hub.hass.async_add_executor_job(export, entries)}
    return {"activity": [shown(hub, entry) for entry in entries]}


def _keys_of(word: str | None, records: Mapping[str, Named]) -> tuple[str, ...]:
    """Return the keys of the devices of a name; a word that is no name, as the key of one that was forgotten."""
    return () if word is None else match((word,), records).keys or (word,)


def _partition_of(hub: Hub, word: str | None) -> str | None:
    """Return the id of the partition of a name; a word that is no name, as the id of one that was removed."""
    if word is None or word in hub.alarm.partitions:
        return word
    return next((key for key, each in hub.alarm.partitions.items() if fold(each.name) == fold(word)), word)


def _unix(at: datetime | None) -> float | None:
    """Return unix seconds; a time without a zone is meant in Home Assistant's."""
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=dt_util.get_default_time_zone())).timestamp()
