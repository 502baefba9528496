"""What the actions do that read the activity log, and what they answer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import product
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from homeassistant.core import ServiceResponse
from homeassistant.util import dt as dt_util

from .activity_views import shown
from .engine.names import fold
from .hub import Hub
from .identifiers import source_name
from .matching import Named, match
from .requests import find
from .storage.activity_entries import DECISION, ActivityFilter, Entry
from .storage.activity_export import csv_text, json_text

LIST: Final = "list"
EXPORTS: Final[Mapping[str, Callable[[Iterable[Entry]], str]]] = MappingProxyType({"csv": csv_text, "json": json_text})

type Data = Mapping[str, Any]


async def async_why(hub: Hub, data: Data) -> ServiceResponse:
    """Say why an input did, or did not, trigger, with what became of the commands; newest first."""
    inputs = find((data["input"],), hub.state.inputs)
    entries = await _async_query(hub, ActivityFilter(kinds=(DECISION,), limit=data["limit"]), inputs, (None,))
    return {"decisions": [shown(hub, entry) for entry in entries]}


async def async_list_activity(hub: Hub, data: Data) -> ServiceResponse:
    """Return what the activity log holds, newest first: as a list, or as text that other programs read."""
    wanted = ActivityFilter(
        source_id=_source_of(hub, data.get("source")),
        partition_id=_partition_of(hub, data.get("partition")),
        kinds=tuple(data["kinds"]),
        reasons=tuple(data["reasons"]),
        since=_unix(data.get("since")),
        until=_unix(data.get("until")),
        limit=data["limit"],
    )
    inputs, outputs = _keys_of(data.get("input"), hub.state.inputs), _keys_of(data.get("output"), hub.state.outputs)
    entries = await _async_query(hub, wanted, inputs, outputs)
    export = EXPORTS.get(data["format"])
    if export is not None:
        return {"text": export(entries)}
    return {"activity": [shown(hub, entry) for entry in entries]}


async def _async_query(
    hub: Hub, wanted: ActivityFilter, inputs: Iterable[str | None], outputs: Iterable[str | None]
) -> list[Entry]:
    """Return the newest entries about any of the inputs, and any of the outputs; ``None`` is whichever."""
    found: dict[int, Entry] = {}
    for input_key, output_key in product(inputs, outputs):
        about = replace(wanted, input_key=input_key, output_key=output_key)
        found |= {entry.id: entry for entry in await hub.activity.async_query(about)}
    return sorted(found.values(), key=attrgetter("position"), reverse=True)[: wanted.limit]


def _keys_of(word: str | None, records: Mapping[str, Named]) -> tuple[str | None, ...]:
    """Return the keys of the devices of a name; a word that is no name, as the key of one that was forgotten."""
    return (word,) if word is None else match((word,), records).keys or (word,)


def _source_of(hub: Hub, word: str | None) -> str | None:
    """Return the id of the source of a name; a word that is no name, as the id of one that was forgotten."""
    sources = hub.state.sources
    if word is None or word in sources:
        return word
    return next((each for each in sources if fold(source_name(each, sources)) == fold(word)), word)


def _partition_of(hub: Hub, word: str | None) -> str | None:
    """Return the id of the partition of a name; a word that is no name, as the id of one that was removed."""
    if word is None:
        return None
    return next((key for key, each in hub.alarm.partitions.items() if fold(each.name) == fold(word)), word)


def _unix(at: datetime | None) -> float | None:
    """Return unix seconds; a time without a zone is meant in Home Assistant's."""
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=dt_util.get_default_time_zone())).timestamp()
