"""Plain JSON to frozen dataclasses, driven by their annotations, strictly.

Unknown keys are ignored, missing keys take the field's default, anything of
another type is a ``DecodeError`` that says where. Fields of bytes are never
stored. How to read a type is worked out once and kept.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Final, Self, TypeAliasType, Union, cast, get_args, get_origin, get_type_hints

type Decoder = Callable[[object], object]

_KINDS: Final[Mapping[object, str]] = {
    NoneType: "nothing",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}
_SCALARS: Final = (NoneType, bool, int, float, str)


class DecodeError(ValueError):
    """A JSON value does not fit its type. The value itself is not told: it may be a secret."""

    def __init__(self, problem: str) -> None:
        """Keep what is wrong; where it is wrong is added on the way out."""
        super().__init__(problem)
        self._problem = problem
        self._path: list[str] = []

    @classmethod
    def unexpected(cls, expected: str, found: object) -> Self:
        """Say what was expected and what kind of value was there."""
        return cls(f"expected {expected}, found {_KINDS.get(type(found), 'something else')}")

    def within(self, name: str) -> Self:
        """Say that the value was found inside ``name``; called from the inside out."""
        self._path.insert(0, name)
        return self

    def __str__(self) -> str:
        """Name the path, then what is wrong there."""
        return ": ".join([" > ".join(self._path), self._problem] if self._path else [self._problem])


def decode[T](cls: Callable[..., T], value: object) -> T:
    """Build a ``cls`` from plain JSON. Raises ``DecodeError``."""
    return cast("T", decoder_for(cls)(value))


@cache
def decoder_for(annotation: object) -> Decoder:
    """Return the function that builds what ``annotation`` says from plain JSON.

    Raises ``TypeError`` for an annotation without an unambiguous JSON form: a programming mistake.
    """
    if isinstance(annotation, TypeAliasType):
        return _alias_decoder(annotation)
    if isinstance(annotation, type):
        return _class_decoder(annotation)
    if get_origin(annotation) is Union:
        return _union_decoder(annotation)
    if get_origin(annotation) is tuple:
        return _tuple_decoder(get_args(annotation))
    if is_mapping(annotation):
        key, item = get_args(annotation)
        return _mapping_decoder(decoder_for(key), decoder_for(item))
    raise TypeError(f"{annotation} has no JSON form")


def is_mapping(annotation: object) -> bool:
    """Whether an annotation is a mapping."""
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Mapping)


@cache
def stored_fields(cls: type) -> Mapping[str, object]:
    """Return the annotations of a dataclass's fields that are stored: all but bytes."""
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls) if bytes not in _members(hints[field.name])}


def _members(annotation: object) -> Iterator[object]:
    """Walk the members of a union and of the aliases in it; anything else is its own member."""
    if isinstance(annotation, TypeAliasType):
        yield from _members(annotation.__value__)
    elif get_origin(annotation) is Union:
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _alias_decoder(alias: TypeAliasType) -> Decoder:
    """Look only when there is something to read: what an alias stands for may hold the alias itself."""

    def decode_alias(value: object) -> object:
        return decoder_for(alias.__value__)(value)

    return decode_alias


def _class_decoder(cls: type) -> Decoder:
    if cls in _SCALARS:
        return _scalar_decoder(cls)
    if issubclass(cls, StrEnum):
        return _enum_decoder(cls)
    if is_dataclass(cls):
        return _dataclass_decoder(cls)
    raise TypeError(f"{cls} has no JSON form")


def _scalar_decoder(cls: object) -> Decoder:
    kinds = (float, int) if cls is float else (cls,)

    def decode_scalar(value: object) -> object:
        if type(value) not in kinds:
            raise DecodeError.unexpected(_KINDS[cls], value)
        return float(cast("float", value)) if cls is float else value

    return decode_scalar


def _enum_decoder(cls: type[StrEnum]) -> Decoder:
    members = {member.value: member for member in cls}

    def decode_enum(value: object) -> object:
        if type(value) is not str:
            raise DecodeError.unexpected("text", value)
        if value not in members:
            raise DecodeError(f"expected one of {', '.join(members)}")
        return members[value]

    return decode_enum


def _tuple_decoder(items: tuple[object, ...]) -> Decoder:
    """Read ``tuple[X, ...]`` and tuples of a fixed length from lists."""
    open_ended = items[-1] is Ellipsis
    decoders = tuple(decoder_for(item) for item in items if item is not Ellipsis)

    def decode_tuple(value: object) -> object:
        if type(value) is not list:
            raise DecodeError.unexpected("a list", value)
        if not open_ended and len(value) != len(decoders):
            raise DecodeError(f"expected a list of {len(decoders)}, found one of {len(value)}")
        each = decoders * len(value) if open_ended else decoders
        return tuple(
            _inside(str(index), decoder, item) for index, (decoder, item) in enumerate(zip(each, value, strict=True))
        )

    return decode_tuple


def _mapping_decoder(decode_key: Decoder, decode_item: Decoder) -> Decoder:
    def decode_mapping(value: object) -> object:
        if type(value) is not dict:
            raise DecodeError.unexpected("an object", value)
        return {_inside(key, decode_key, key): _inside(key, decode_item, item) for key, item in value.items()}

    return decode_mapping


def _dataclass_decoder(cls: type) -> Decoder:
    decoders = {name: decoder_for(hint) for name, hint in stored_fields(cls).items()}
    required = {field.name for field in fields(cls) if field.default is MISSING and field.default_factory is MISSING}

    def decode_dataclass(value: object) -> object:
        if type(value) is not dict:
            raise DecodeError.unexpected("an object", value)
        if missing := required.difference(value):
            raise DecodeError(f"{', '.join(sorted(missing))} missing")
        found = decoders.keys() & value.keys()
        return cls(**{name: _inside(name, decoders[name], value[name]) for name in found})

    return decode_dataclass


def _union_decoder(annotation: object) -> Decoder:
    """Choose the member by the kind of JSON value, which must tell them apart."""
    members = tuple(_members(annotation))
    decoders: dict[object, Decoder] = {}
    for member in members:
        if decoders.setdefault(_json_kind(member), decoder_for(member)) is not decoder_for(member):
            raise TypeError(f"the members of {annotation} cannot be told apart in JSON")
    expected = " or ".join(_KINDS[kind] for kind in decoders)
    if float in decoders:
        decoders.setdefault(int, decoders[float])

    def decode_union(value: object) -> object:
        decoder = decoders.get(type(value))
        if decoder is None:
            raise DecodeError.unexpected(expected, value)
        return decoder(value)

    return decode_union


def _json_kind(annotation: object) -> object:
    """Return the type that JSON gives back for what ``annotation`` says."""
    if annotation in _SCALARS:
        return annotation
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return str
    return list if get_origin(annotation) is tuple else dict


def _inside(name: str, decoder: Decoder, value: object) -> object:
    """Decode a part; an error in it gets the part's name."""
    try:
        return decoder(value)
    except DecodeError as error:
        raise error.within(name) from None
