"""What people call devices and sources: on the screen, in messages, in chats and in refusals the same."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from .model import ADOPTED_SOURCE, EXPECTED_SOURCE

# These are none that has an id which people know.
_SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {ADOPTED_SOURCE.source_id: "Home Assistant", EXPECTED_SOURCE.source_id: "Not reported yet"}
)


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


def source_name(source_id: str) -> str:
    """Return what people call a source, such as a board: its id, in which its topic is."""
    return _SOURCES.get(source_id, source_id)


def _says_where(record: Described) -> bool:
    """Whether a device, which has not reported yet, has its location in its key alone: "Shed Door", labelled "Door"."""
    is_awaited = record.source_id == EXPECTED_SOURCE.source_id and record.location is None
    return is_awaited and record.label is not None and record.key.casefold().endswith(f" {record.label.casefold()}")
