"""The activity log as text that other programs read."""

from collections.abc import Iterable
import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Final

from .activity_entries import Entry, compact
from .encode import to_json_object

HEADER: Final = ("time", "kind", "reason", "detail", "data")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_text(entries: Iterable[Entry]) -> str:
    """Return entries as CSV with a header; times are ISO 8601 in UTC, ``data`` is JSON."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows(map(_cells, entries))
    return text.getvalue()


def json_text(entries: Iterable[Entry]) -> str:
    """Return entries as a JSON array, one a line."""
    return "[\n" + ",\n".join(compact(to_json_object(entry)) for entry in entries) + "\n]\n"


def _cells(entry: Entry) -> tuple[str, ...]:
    data = entry.data
    cells = (
        datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds"),
        entry.kind,
        str(data.get("reason") or data.get("status") or ""),
        str(data.get("detail") or ""),
        compact(data),
    )
    # A spreadsheet runs a cell that begins like a formula, and devices choose their texts.
    return tuple(f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells)
