"""Values to plain JSON, whatever they are.

Writing needs only the value and does not fail for what it contains: what JSON
or SQLite cannot hold is written as the nearest thing that they can, so that
one odd text from one device never stops a whole file from being saved.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
import math
from types import NoneType
from typing import Final, cast

from .decode import stored_fields

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type JsonObject = dict[str, Json]
type Encoder = Callable[[object], Json]

# What both JSON writers in use and SQLite hold as a whole number.
INTEGER_LIMIT: Final = 2**63


def to_json(value: object) -> Json:
    """Return ``value`` as plain JSON. Raises ``TypeError`` for a type that has no JSON form."""
    return _encoder(type(value))(value)


def to_json_object(value: object) -> JsonObject:
    """Return a dataclass or mapping as a JSON object. Raises ``TypeError`` for anything else."""
    data = to_json(value)
    if not isinstance(data, dict):
        msg = f"{type(value).__qualname__} is no object in JSON"
        raise TypeError(msg)
    return data


def clean_text(text: str) -> str:
    """Return ``text`` with what UTF-8 cannot hold (half a surrogate pair) replaced by ``?``."""
    return text if text.isascii() else text.encode(errors="replace").decode()


@cache
def _encoder(cls: type) -> Encoder:
    """Choose how values of exactly this class are written."""
    if cls in _ENCODERS:
        return _ENCODERS[cls]
    if issubclass(cls, StrEnum):
        return lambda value: cast("StrEnum", value).value
    if is_dataclass(cls):
        return _dataclass_encoder(cls)
    if issubclass(cls, Mapping):
        return _mapping
    msg = f"{cls.__qualname__} has no JSON form"
    raise TypeError(msg)


def _as_is(value: object) -> Json:
    return cast("Json", value)


def _integer(value: object) -> Json:
    number = cast("int", value)
    return number if -INTEGER_LIMIT <= number < INTEGER_LIMIT else hex(number)


def _float(value: object) -> Json:
    number = cast("float", value)
    return number if math.isfinite(number) else None


def _text(value: object) -> Json:
    return clean_text(cast("str", value))


def _sequence(value: object) -> Json:
    return [to_json(item) for item in cast("tuple[object, ...]", value)]


def _mapping(value: object) -> Json:
    items = cast("Mapping[str, object]", value).items()
    return {clean_text(key): to_json(item) for key, item in items}


_ENCODERS: Final[Mapping[type, Encoder]] = {
    NoneType: _as_is,
    bool: _as_is,
    int: _integer,
    float: _float,
    str: _text,
    tuple: _sequence,
    list: _sequence,
    dict: _mapping,
}


def _dataclass_encoder(cls: type) -> Encoder:
    """Write every stored field, except a ``None`` that its default says already."""
    names = tuple(stored_fields(cls))
    silent = {field.name for field in fields(cls) if field.default is None}

    def encode(value: object) -> Json:
        data: JsonObject = {}
        for name in names:
            item = getattr(value, name)
            if item is not None or name not in silent:
                data[name] = to_json(item)
        return data

    return encode
