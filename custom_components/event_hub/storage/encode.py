"""Values to plain JSON, whatever they contain.

What JSON or UTF-8 cannot hold is written as the nearest thing that they can,
so that one odd text from one device never keeps a whole file from being saved.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
import math
import time
from typing import Any, Final

from ..engine.plain import clean_text
from .decode import stored_fields

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type JsonObject = dict[str, Json]

# What both JSON writers in use hold as a whole number.
INTEGERS: Final = range(-(2**63), 2**63)
# After so many records other threads get the interpreter: after some tenths of a millisecond.
TURN: Final = 10


def to_json(value: object) -> Json:
    """Return ``value`` as plain JSON. Raises ``TypeError`` for a type that has no JSON form."""
    match value:
        case None | bool():
            return value
        case str():
            return clean_text(str(value))
        case int() | float():
            return _number(value)
        case tuple() | list():
            return [to_json(item) for item in value]
        case Mapping():
            return {clean_text(str(key)): to_json(item) for key, item in value.items()}
    return to_json_object(value)


def to_json_object(value: object) -> JsonObject:
    """Return a dataclass as a JSON object, without the ``None`` values that are defaults and without bytes."""
    cls: Any = type(value)
    items = ((name, getattr(value, name), optional) for name, optional in _optional_fields(cls))
    return {name: to_json(item) for name, item, optional in items if not (optional and item is None)}


def content_of(snapshot: object) -> JsonObject:
    """Return a snapshot's tables as JSON objects. Not for the event loop, which gets its turn in between."""
    cls: Any = type(snapshot)
    # What was just upgraded is written as it is.
    tables = (
        snapshot if isinstance(snapshot, Mapping) else {name: getattr(snapshot, name) for name in stored_fields(cls)}
    )
    return {name: _content_of_table(table) for name, table in tables.items()}


def in_turns[T](items: Iterable[T]) -> Iterator[T]:
    """Yield the items and let the event loop go on in between; for other threads.

    Python lets a thread that computes keep the interpreter for five milliseconds, which the event
    loop would wait for at every system call.
    """
    for number, item in enumerate(items, 1):
        yield item
        if not number % TURN:
            time.sleep(0)


def _content_of_table(table: object) -> Json:
    if not isinstance(table, Mapping):
        return to_json(table)
    return {clean_text(key): to_json(record) for key, record in in_turns(table.items())}


def _number(value: float) -> Json:
    if isinstance(value, int):
        return value if value in INTEGERS else str(value)
    return value if math.isfinite(value) else None


@cache
def _optional_fields(cls: Any) -> tuple[tuple[str, bool], ...]:
    """Return each stored field, and whether its default is ``None``. Raises ``TypeError`` for no dataclass."""
    optional = {field.name for field in fields(cls) if field.default is None}
    return tuple((name, name in optional) for name in stored_fields(cls))
