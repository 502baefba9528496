"""What people call devices and sources: on the screen, in messages, in chats and in refusals the same."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol
from unicodedata import normalize

from .model import ADOPTED_SOURCE, EXPECTED_SOURCE, SourceRecord

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

    @property
    def given_name(self) -> str | None:
        """What people call it, if they named it."""


def fold(text: str) -> str:
    """Return a text so that letter case, spaces, and how letters are encoded make no difference."""
    return " ".join(normalize("NFC", normalize("NFD", text).casefold()).split())


def device_name(record: Described) -> str:
    """Return what people call a device: as they named it, else as it describes itself."""
    return record.given_name or described_name(record)


def described_name(record: Described) -> str:
    """Return what a device calls itself: its label, with its location where the label does not say it."""
    if record.label is None or _says_where(record):
        return record.key
    return placed(record.label, record.location)


def place_of(record: Described) -> str | None:
    """Return where a device is, to be said with its name; a name that people gave says all."""
    return None if record.given_name else record.location


def placed(label: str, location: str | None) -> str:
    """Return a label with its location, where the label does not say it."""
    if location is None or location.casefold() in label.casefold():
        return label
    return f"{location} {label}"


def name_of(key: str, *tables: Mapping[str, Described], otherwise: str | None = None) -> str:
    """Return what people call the device of a key; where no table has it, ``otherwise``, or the key."""
    return next((device_name(table[key]) for table in tables if key in table), otherwise or key)


def source_name(source_id: str, sources: Mapping[str, SourceRecord]) -> str:
    """Return what people call a source, such as a board: as they named it, else its id, in which its topic is."""
    record = sources.get(source_id)
    given = None if record is None else record.given_name
    return given or described_source(source_id)


def described_source(source_id: str) -> str:
    """Return what a source is called that nobody named."""
    return _SOURCES.get(source_id, source_id)


def _says_where(record: Described) -> bool:
    """Whether a device, which has not reported yet, has its location in its key alone: "Shed Door", labelled "Door"."""
    is_awaited = record.source_id == EXPECTED_SOURCE.source_id and record.location is None
    return is_awaited and record.label is not None and record.key.casefold().endswith(f" {record.label.casefold()}")
