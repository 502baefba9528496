"""Records to plain JSON and back, by their annotations. What does not fit them is refused, and its value not told."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
import math
from types import NoneType
from typing import Any, Final, cast, get_args, get_type_hints

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type _Reader = Callable[[object], object]


class GarbledError(ValueError):
    """What was stored is not what it should be. The text says where and why, never the value."""


def to_plain(record: object) -> dict[str, Json]:
    """Return a record as a JSON object, without what is as by default."""
    return cast("dict[str, Json]", _plain(record))


def from_plain[T](kind: type[T], stored: object) -> T:
    """Read a record back. Raises ``GarbledError``."""
    return cast("T", _record_reader(cast("Callable[..., object]", kind))(stored))


def clean_text(text: str) -> str:
    """Return a text with what UTF-8 cannot hold, half a surrogate pair, replaced by ``?``; a device may send it."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _plain(value: object) -> Json:
    match value:
        case tuple():
            return [_plain(item) for item in value]
        case str():
            return clean_text(str(value))
        case float():
            # What is no number is as good as nothing, and nothing is what JSON has for it.
            return value if math.isfinite(value) else None
        case None | bool() | int():
            return value
    kind: Any = type(value)
    items = ((name, getattr(value, name), usual) for name, usual in _usual(kind))
    return {name: _plain(item) for name, item, usual in items if item is not usual and item != usual}


@cache
def _usual(kind: Any) -> tuple[tuple[str, object], ...]:
    """Return the fields of a record, each with its default."""
    return tuple((field.name, field.default) for field in fields(kind))


@cache
def _reader(hint: object) -> _Reader:
    """Return what reads one field's type: a scalar, word, record, a tuple of one of these, or that or nothing."""
    members = get_args(hint)
    if NoneType in members:
        inner = _reader(next(member for member in members if member is not NoneType))
        return lambda value: None if value is None else inner(value)
    if members:
        return _list_reader(_reader(members[0]))
    if hint in _SCALARS:
        return _SCALARS[hint]
    kind = cast("type", hint)
    return _record_reader(kind) if is_dataclass(kind) else _word_reader(cast("type[StrEnum]", kind))


def _list_reader(inner: _Reader) -> _Reader:
    def read(value: object) -> object:
        if not isinstance(value, list):
            raise GarbledError("expected a list")
        return tuple(inner(item) for item in value)

    return read


def _word_reader(words: type[StrEnum]) -> _Reader:
    known = {word.value: word for word in words}

    def read(value: object) -> object:
        if not isinstance(value, str) or value not in known:
            raise GarbledError(f"expected one of {', '.join(known)}")
        return known[value]

    return read


@cache
def _record_reader(kind: Callable[..., object]) -> _Reader:
    record: Any = kind
    hints = get_type_hints(record)
    readers = {field.name: _reader(hints[field.name]) for field in fields(record)}
    required = {field.name for field in fields(record) if field.default is MISSING}

    def read(value: object) -> object:
        if not isinstance(value, Mapping):
            raise GarbledError("expected an object")
        if missing := required.difference(value):
            raise GarbledError(f"{', '.join(sorted(missing))} missing")
        if any(name not in readers for name in value):
            raise GarbledError("there is something that nobody knows of")
        return kind(**{name: _part(name, readers[name], item) for name, item in value.items()})

    return read


def _part(name: str, reader: _Reader, value: object) -> object:
    try:
        return reader(value)
    except GarbledError as error:
        raise GarbledError(f"{name}: {error}") from None


def _number(value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise GarbledError("expected a number")
    return number


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise GarbledError("expected a whole number")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise GarbledError("expected true or false")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GarbledError("expected text")
    return value


_SCALARS: Final[Mapping[object, _Reader]] = {float: _number, int: _whole, bool: _yes_or_no, str: _text}
