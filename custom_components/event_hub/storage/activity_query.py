"""The statements that read the activity log.

Only fixed words are put together to statements; what was asked for is bound.
"""

from collections.abc import Sequence
from typing import Final

from .activity_entries import ActivityFilter, compact

MOST_ENTRIES: Final = 1_000

type Statement = tuple[str, Sequence[object]]
"""A statement and the values of its marks."""

# Only commands have a decision; this takes the ids of decisions as a JSON list.
SELECT_COMMANDS: Final = """
    SELECT decision_id, data FROM entry
    WHERE decision_id IN (SELECT value FROM json_each(?)) ORDER BY at, id
"""


def select_entries(wanted: ActivityFilter) -> Statement:
    """Read id, time, kind and data of the entries wanted, at most ``MOST_ENTRIES``, newest first."""
    conditions: list[str] = []
    values: list[object] = []

    def add(condition: str, *given: object) -> None:
        conditions.append(condition)
        values.extend(given)

    tables, at, number = "entry e", "e.at", "e.id"
    for index, (subject, *others) in enumerate(sorted(wanted.subjects, key=len)):
        if others:
            # The sign keeps SQLite from sorting all of these instead of walking to the last that is wanted.
            those = "SELECT entry FROM mention WHERE subject IN (SELECT value FROM json_each(?))"
            add(f"+{number} IN ({those})", compact([subject, *others]))
        elif index == 0:
            # CROSS JOIN keeps SQLite from turning the walk around.
            tables, at, number = "mention w CROSS JOIN entry e ON e.id = w.entry", "w.at", "w.entry"
            add("w.subject = ?", subject)
        else:
            add("EXISTS (SELECT 1 FROM mention WHERE (subject, at, entry) = (?, w.at, w.entry))", subject)
    if wanted.kinds:
        add(f"e.kind IN ({_marks(wanted.kinds)})", *wanted.kinds)
    if wanted.reasons:
        add(f"e.reason IN ({_marks(wanted.reasons)})", *wanted.reasons)
    if wanted.since is not None:
        add(f"{at} >= ?", wanted.since)
    if wanted.until is not None:
        add(f"{at} < ?", wanted.until)
    if wanted.before is not None:
        add(f"({at}, {number}) < (?, ?)", *wanted.before)
    values.append(max(0, min(wanted.limit, MOST_ENTRIES)))
    where = " AND ".join(conditions) or "TRUE"
    walk = f"FROM {tables} WHERE {where} ORDER BY {at} DESC, {number} DESC LIMIT ?"
    return f"SELECT e.id, e.at, e.kind, e.data {walk}", values


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
