"""What the activity log tells, the rows that it is kept in, and the text that it is exported as."""

from collections.abc import Mapping
import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from io import StringIO
import json
from typing import Final

from ..engine.effects import CommandProgressed
from ..engine.model import Decision
from ..wire.messages import Scalar
from .encode import JsonObject, clean_text, to_json_object


class Kind(StrEnum):
    """What an entry tells of.

    ``GAP``: so many entries (``count``) were dropped here because they could not be written in time.
    """

    DECISION = "decision"
    COMMAND = "command"
    SOURCE_LOST = "source_lost"
    SOURCE_BACK = "source_back"
    KEY_CONFLICT = "key_conflict"
    CLOCK_PROBLEM = "clock_problem"
    DEVICES_FOUND = "devices_found"
    GAP = "gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Anything that is neither a decision nor a command, at unix seconds ``at``.

    ``keys`` are the devices and ``sources`` the source ids that it is about.
    """

    kind: str
    at: float
    keys: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    data: Mapping[str, Scalar] = field(default_factory=dict)


type Fact = Decision | CommandProgressed | Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log; ``at`` is in unix seconds, ``keys`` and ``sources`` are what it is about.

    ``data`` are the fields of the ``Decision`` or ``CommandProgressed`` that
    it was made of (``decode`` makes them from it again), or what was given with any other kind.
    """

    id: int
    at: float
    kind: str
    keys: tuple[str, ...]
    sources: tuple[str, ...]
    data: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fact as the database takes it. Of rows with the same ``identity`` only the first is kept."""

    identity: str | None
    at: float
    kind: str
    subjects: tuple[str, ...]
    data: str


def device_subject(key: str) -> str:
    """Return how a device is named among the subjects of an entry."""
    return "d:" + clean_text(key)


def source_subject(source_id: str) -> str:
    """Return how a source is named among the subjects of an entry."""
    return "s:" + clean_text(source_id)


def row_of(fact: Fact) -> Row:
    """Make a fact's row. Raises ``TypeError`` for what has no JSON form."""
    match fact:
        case Decision():
            identity = fact.decision_id
            kind: str = Kind.DECISION
            keys = (fact.input_key, *(output.output_key for output in fact.outputs))
        case CommandProgressed():
            identity = f"{fact.command_id} {fact.status}"
            kind = Kind.COMMAND
            keys = (fact.output_key, fact.input_key)
        case Happening():
            identity = None
            kind = fact.kind
            keys = fact.keys
    sources = fact.sources if isinstance(fact, Happening) else ()
    content = fact.data if isinstance(fact, Happening) else fact
    return Row(
        identity=None if identity is None else clean_text(identity),
        at=fact.at,
        kind=clean_text(kind),
        subjects=(
            *dict.fromkeys(map(device_subject, keys)),
            *dict.fromkeys(map(source_subject, sources)),
        ),
        data=compact(to_json_object(content)),
    )


def entry_of(values: tuple[int, float, str, str, str]) -> Entry:
    """Make an entry of what the database returns: id, at, kind, subjects, data."""
    number, at, kind, subjects, data = values
    names: list[str] = json.loads(subjects)
    return Entry(
        id=number,
        at=at,
        kind=kind,
        keys=tuple(name[2:] for name in names if name.startswith("d:")),
        sources=tuple(name[2:] for name in names if name.startswith("s:")),
        data=json.loads(data),
    )


def compact(value: object) -> str:
    """Return plain JSON as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


CSV_HEADER: Final = ("time", "kind", "device", "reason", "detail", "sources", "data")
CSV_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(entries: tuple[Entry, ...]) -> str:
    """Return entries as lines of CSV in the order of ``CSV_HEADER``; times are ISO 8601 in UTC."""
    text = StringIO()
    csv.writer(text).writerows(map(_csv_cells, entries))
    return text.getvalue()


def _csv_cells(entry: Entry) -> tuple[str, ...]:
    data = entry.data
    cells = (
        _iso_time(entry.at),
        entry.kind,
        ", ".join(entry.keys),
        str(data.get("reason") or data.get("status") or ""),
        str(data.get("detail") or ""),
        ", ".join(entry.sources),
        compact(data),
    )
    # A spreadsheet runs a cell that begins like a formula, and devices choose their names.
    return tuple(f"'{cell}" if cell.startswith(CSV_FORMULA) else cell for cell in cells)


def _iso_time(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    except ValueError, OverflowError, OSError:
        return str(at)


def json_items(entries: tuple[Entry, ...]) -> str:
    """Return entries as the inside of a JSON array, one a line."""
    return ",\n".join(compact(to_json_object(entry)) for entry in entries)
