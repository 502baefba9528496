"""How the hub's sources and devices are called in Home Assistant: what identifies them, and what people read."""

from typing import Final

from .const import DOMAIN
from .engine.model import BUILT_IN_SOURCE, InputRecord, OutputRecord
from .engine.names import Described, described_name, described_source, device_name, name_of, place_of, source_name
from .entity_ids import object_id_of

__all__ = [
    "Described",
    "described_name",
    "described_source",
    "device_name",
    "name_of",
    "place_of",
    "source_name",
]

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


def object_id(record: object, suffix: str | None, room: int) -> str | None:
    """Return the second half of an entity's id where Home Assistant would say the location twice, else ``None``.

    It composes ids of area, device and entity, and the device's name has its location already. There are ``room``
    characters for it.
    """
    if not isinstance(record, InputRecord | OutputRecord) or record.location is None:
        return None
    name = described_name(record)
    if record.location.casefold() not in name.casefold():
        return None
    return object_id_of(name, suffix, room)
