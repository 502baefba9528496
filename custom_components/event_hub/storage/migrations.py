"""How files of older versions become files of this one: one pure function a step.

A step takes the whole ``data`` of a file and returns it as the next version
has it. To change the shape of a file, append a step and a test with a file of
the version before. A new minor version is one that older programs of the same
major version still understand; anything else is a new major version.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from .encode import Json, JsonObject

type Version = tuple[int, int]
type Step = tuple[Version, Callable[[JsonObject], JsonObject]]
"""The (major, minor) version that a step leads to, and the function that takes it there."""

FIRST_VERSION: Final[Version] = (1, 1)


def move_meter_addresses(data: JsonObject) -> JsonObject:
    """From 1.1 to 1.2: where a board listens for its meter is kept with the meter, of which it may have several.

    Of several it was known only for the last that spoke, and not which that was: their next readings tell. What does
    not look as it should stays as it is, for the reader to report.
    """
    inputs = _table(data.get("inputs"))
    moved: JsonObject = {}
    for source_id, record in _records(data.get("sources")):
        address = _table(record.get("source")).get("address")
        meters = [
            (key, each)
            for key, each in _records(inputs)
            if each.get("source_id") == source_id and each.get("is_meter") is True
        ]
        if isinstance(address, str) and len(meters) == 1:
            ((key, meter),) = meters
            moved[key] = {"meter_address": address, **meter}
    return {**data, "inputs": {**inputs, **moved}} if moved else data


def _table(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _records(table: Json | Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    records = table.items() if isinstance(table, Mapping) else ()
    return ((key, record) for key, record in records if isinstance(record, dict))


REGISTRY_STEPS: Final[tuple[Step, ...]] = (((1, 2), move_meter_addresses),)
STATUS_STEPS: Final[tuple[Step, ...]] = ()


def current_version(steps: tuple[Step, ...]) -> Version:
    """Return the version that this program writes."""
    return steps[-1][0] if steps else FIRST_VERSION


def upgrade(data: JsonObject, version: Version, steps: tuple[Step, ...]) -> JsonObject:
    """Take ``data`` of an older ``version`` to the current one, step by step."""
    for target, step in steps:
        if target > version:
            data = step(data)
    return data
