"""Plain data to values of our types, strictly, with every problem told by its path.

What a type has no name for is a problem, what is missing takes its default.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
import math
from types import NoneType, UnionType
from typing import Any, Final, TypeAliasType, Union, get_args, get_origin, get_type_hints

from ..engine.action_data import freeze
from ..engine.errors import InvalidRuleError
from ..engine.model import ActionData
from ..engine.times.schedule_data import read_schedule, schedule_data
from ..engine.times.schedules import Schedule
from ..wire.values import TEXT_LIMIT, text
from .yaml_text import Plain

_KINDS: Final[Mapping[object, str]] = {
    bool: "yes or no (true, false)",
    int: "a whole number",
    float: "a number",
    str: f"text of 1 to {TEXT_LIMIT} characters, without control characters",
    NoneType: "nothing (null)",
}


class Misfit(Exception):  # noqa: N818 - not an error of ours but a problem of what is read, collected and told
    """A value does not fit; its problems are in the reading."""


class Reading:
    """Reads values and collects what is wrong with them: ``problems`` are sentences that begin with the path."""

    def __init__(self) -> None:
        """Begin without problems."""
        self.problems: list[str] = []

    def problem(self, path: tuple[str, ...], what: str) -> Misfit:
        """Note a problem; returns what to raise."""
        self.problems.append(f"{' > '.join(path)}: {what}" if path else what)
        return Misfit()

    def value(self, kind: Any, data: object, path: tuple[str, ...]) -> Any:
        """Return ``data`` as a value of a type. Raises ``Misfit``, the problem noted."""
        return self._reader(kind)(kind, data, path)

    def _reader(self, kind: Any) -> Callable[[Any, object, tuple[str, ...]], Any]:
        """Return what reads values of a type."""
        origin = get_origin(kind)
        is_class = isinstance(kind, type)
        readers = {
            self._action_data: isinstance(kind, TypeAliasType),
            self._one_of: origin in (Union, UnionType),
            self._list: origin is tuple,
            self._mapping: isinstance(origin, type) and issubclass(origin, Mapping),
            self._schedule: kind is Schedule,
            self._choice: is_class and issubclass(kind, StrEnum),
            self._record: is_class and is_dataclass(kind),
        }
        return next((reader for reader, fits in readers.items() if fits), self._scalar)

    def names(self, data: object, known: Mapping[str, object], path: tuple[str, ...]) -> dict[str, object]:
        """Return the named values that are known by name; others are noted. Raises ``Misfit`` if these are none."""
        if not isinstance(data, dict):
            raise self.problem(path, f"expected {', '.join(known)}")
        for name in data:
            if name not in known:
                self.problem((*path, _shown(name)), f"no such setting; there are {', '.join(known)}")
        return {name: data[name] for name in known if name in data}

    def fields(self, known: Mapping[str, object], data: object, path: tuple[str, ...]) -> dict[str, Any]:
        """Return the settings that are there, read as their types; what does not fit is noted and left out."""
        found: dict[str, Any] = {}
        try:
            given = self.names(data, known, path)
        except Misfit:
            return found
        for name, value in given.items():
            try:
                found[name] = self.value(known[name], value, (*path, name))
            except Misfit:
                continue
        return found

    def _choice(self, kind: type[StrEnum], data: object, path: tuple[str, ...]) -> StrEnum:
        if not isinstance(data, str) or data not in tuple(kind):
            raise self.problem(path, f"expected one of {', '.join(kind)}")
        return kind(data)

    def _scalar(self, kind: Any, data: object, path: tuple[str, ...]) -> object:
        number = kind is float and _is_number(data)
        if not number and (type(data) is not kind or kind is float):
            raise self.problem(path, f"expected {_KINDS[kind]}")
        if isinstance(data, str) and (len(data) > TEXT_LIMIT or text("", data) != data):
            raise self.problem(path, f"expected {_KINDS[str]}")
        return float(str(data)) if number else data

    def _one_of(self, union: Any, data: object, path: tuple[str, ...]) -> object:
        """Read what may be missing (``X | None``), or text or a list of it (an action's target)."""
        kinds = get_args(union)
        if data is None and NoneType in kinds:
            return None
        others = [kind for kind in kinds if kind is not NoneType]
        lists = [kind for kind in others if get_origin(kind) is tuple]
        return self.value(lists[0] if lists and isinstance(data, list) else others[0], data, path)

    def _list(self, kind: Any, data: object, path: tuple[str, ...]) -> tuple[object, ...]:
        if not isinstance(data, list):
            raise self.problem(path, "expected a list")
        item_kind = get_args(kind)[0]
        return tuple(self._all({str(number): (item_kind, item) for number, item in enumerate(data, 1)}, path).values())

    def _mapping(self, kind: Any, data: object, path: tuple[str, ...]) -> dict[Any, object]:
        if not isinstance(data, dict):
            raise self.problem(path, "expected names with values")
        key_kind, value_kind = get_args(kind)
        keys = {name: self.value(key_kind, name, (*path, _shown(name))) for name in data}
        values = self._all({name: (value_kind, item) for name, item in data.items()}, path)
        return {keys[name]: value for name, value in values.items()}

    def _record(self, kind: type, data: object, path: tuple[str, ...]) -> object:
        hints = hints_of(kind)
        required = {
            field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING
        }
        given = self.names(data, hints, path)
        if missing := sorted(required - given.keys()):
            raise self.problem(path, f"{', '.join(missing)} missing")
        return kind(**self._all({name: (hints[name], value) for name, value in given.items()}, path))

    def _all(self, items: Mapping[str, tuple[Any, object]], path: tuple[str, ...]) -> dict[str, object]:
        """Read every item, so that all problems are told and not only the first. Raises ``Misfit``."""
        found: dict[str, object] = {}
        for name, (kind, item) in items.items():
            try:
                found[name] = self.value(kind, item, (*path, _shown(name)))
            except Misfit:
                continue
        if len(found) < len(items):
            raise Misfit
        return found

    def _schedule(self, _: Any, data: object, path: tuple[str, ...]) -> Schedule:
        return self._checked(read_schedule, data, path)

    def _action_data(self, _: Any, data: object, path: tuple[str, ...]) -> ActionData:
        frozen = self._checked(lambda value: freeze({"": value}), data, path)
        return frozen[""]

    def _checked[T](self, read: Callable[[object], T], data: object, path: tuple[str, ...]) -> T:
        try:
            return read(data)
        except InvalidRuleError as error:
            raise self.problem((*path, error.setting), error.allowed) from error


@cache
def hints_of(kind: type) -> Mapping[str, Any]:
    """Return the types of a record's fields by name."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def plain(value: object) -> Plain:
    """Return a value as plain data, in full. Raises ``TypeError`` for a type that has no such form."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case tuple() | list():
            return [plain(item) for item in value]
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case Schedule():
            return plain(schedule_data(value))
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no plain form")


def _is_number(data: object) -> bool:
    """Whether a float holds it."""
    if isinstance(data, bool) or not isinstance(data, int | float):
        return False
    try:
        return math.isfinite(data)
    except OverflowError:
        return False


def _shown(name: object) -> str:
    return str(name)[:TEXT_LIMIT]
