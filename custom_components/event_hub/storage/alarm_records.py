"""What the alarm's journal holds: a partition's status under each key, and what is still to be told outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from ..const import LOGGER
from ..engine.alarm.effects import Cancelled, DuressRaised, Effect, TellOutside
from ..engine.alarm.encode import GarbledStatusError, decode, decode_record, encode_record
from ..engine.alarm.status import PartitionStatus
from ..engine.effects import AlarmTold
from .encode import Json

STATUS: Final = "status."
TELL: Final = "tell."
# What comes once, and must reach somebody outside.
ONCE: Final[Mapping[str, type]] = {kind.__name__: kind for kind in (TellOutside, Cancelled, DuressRaised)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the journal held: statuses by partition id, what is still to be told, and ids of what nobody can read.

    ``untold_keys`` are those under which it was to be told, readable or not.
    """

    statuses: Mapping[str, PartitionStatus]
    untold: tuple[AlarmTold, ...]
    untold_keys: tuple[str, ...]
    garbled: tuple[str, ...]


def read(values: Mapping[str, Json]) -> Kept:
    """Read the journal's values; of keys that nobody knows nothing is made."""
    statuses: dict[str, PartitionStatus] = {}
    untold: list[AlarmTold] = []
    garbled: list[str] = []
    for key, value in values.items():
        try:
            if key.startswith(STATUS):
                statuses[key.removeprefix(STATUS)] = decode(value)
            elif key.startswith(TELL):
                untold.append(_told(value))
        except GarbledStatusError as error:
            LOGGER.error("The alarm journal has something unreadable under %s: %s", key, error)
            garbled.append(key.partition(".")[2])
    keys = tuple(key for key in values if key.startswith(TELL))
    return Kept(statuses=statuses, untold=tuple(untold), untold_keys=keys, garbled=tuple(garbled))


def is_once(told: object) -> bool:
    """Whether an effect of the hub is one that comes once, and must reach somebody outside."""
    return isinstance(told, AlarmTold) and type(told.effect).__name__ in ONCE


def stored(told: AlarmTold) -> dict[str, Json]:
    """Return what to keep of an effect until it was told."""
    return {
        "partition_id": told.partition_id,
        "kind": type(told.effect).__name__,
        "effect": encode_record(told.effect),
    }


def _told(value: object) -> AlarmTold:
    match value:
        case {"partition_id": str(partition_id), "kind": str(kind), "effect": effect} if kind in ONCE:
            return AlarmTold(partition_id=partition_id, effect=cast("Effect", decode_record(ONCE[kind], effect)))
    raise GarbledStatusError("expected something to tell")
