"""How the hub's sources and devices are called in Home Assistant: what identifies them, and what people read."""

from collections.abc import Mapping
from typing import Final, Protocol

from .const import DOMAIN
from .engine.model import BUILT_IN_SOURCE, EXPECTED_SOURCE, InputRecord, OutputRecord
from .entity_ids import object_id_of

DEVICE_PREFIX: Final = "device:"
PARTITION_PREFIX: Final = "partition:"
HUB_IDENTIFIER: Final = (DOMAIN, BUILT_IN_SOURCE.source_id)


def source_identifier(source_id: str) -> tuple[str, str]:
    """Return the identifier of a source; the built-in source is the hub itself."""
    return (DOMAIN, source_id)


def device_identifier(key: str) -> tuple[str, str]:
    """Return the identifier of an input or output, which are one device where they share a key."""
    return (DOMAIN, f"{DEVICE_PREFIX}{key}")


def partition_identifier(partition_id: str) -> tuple[str, str]:
    """Return the identifier of a partition, or of a master over some."""
    return (DOMAIN, f"{PARTITION_PREFIX}{partition_id}")


class Described(Protocol):
    """The part of an input's or output's record that its name is made of."""

    @property
    def key(self) -> str:
        """Its identity."""

    @property
    def source_id(self) -> str:
        """Who reports it."""

    @property
    def label(self) -> str | None:
        """What it is called."""

    @property
    def location(self) -> str | None:
        """Where it is."""


def device_name(record: Described) -> str:
    """Return what people call a device: its label, with its location where the label does not say it."""
    if record.label is None or _says_where(record):
        return record.key
    return placed(record.label, record.location)


def placed(label: str, location: str | None) -> str:
    """Return a label with its location, where the label does not say it."""
    if location is None or location.casefold() in label.casefold():
        return label
    return f"{location} {label}"


def name_of(key: str, *tables: Mapping[str, Described], otherwise: str | None = None) -> str:
    """Return what people call the device of a key; where no table has it, ``otherwise``, or the key."""
    return next((device_name(table[key]) for table in tables if key in table), otherwise or key)


def _says_where(record: Described) -> bool:
    """Whether a device, which has not reported yet, has its location in its key alone: "Shed Door", labelled "Door"."""
    is_awaited = record.source_id == EXPECTED_SOURCE.source_id and record.location is None
    return is_awaited and record.label is not None and record.key.casefold().endswith(f" {record.label.casefold()}")


def object_id(record: object, suffix: str | None, room: int) -> str | None:
    """Return the second half of an entity's id where Home Assistant would say the location twice, else ``None``.

    It composes ids of area, device and entity, and the device's name has its location already. There are ``room``
    characters for it.
    """
    if not isinstance(record, InputRecord | OutputRecord) or record.location is None:
        return None
    name = device_name(record)
    if record.location.casefold() not in name.casefold():
        return None
    return object_id_of(name, suffix, room)
