"""A status to plain JSON and back. What cannot be a status is refused: a guessed alarm state is worse than none."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
import math
from types import NoneType
from typing import Any, Final, cast, get_args, get_type_hints

from .status import Deadline, PartitionStatus, Timer

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type _Reader = Callable[[object], object]


class GarbledStatusError(ValueError):
    """What was stored is no status. The text says where and why, never the value."""


def encode(status: PartitionStatus) -> dict[str, Json]:
    """Return a status as a JSON object, without what is as in a fresh one."""
    return cast("dict[str, Json]", _plain(status))


def decode(stored: object) -> PartitionStatus:
    """Read a status back. Raises ``GarbledStatusError``."""
    status = cast("PartitionStatus", _record_reader(PartitionStatus)(stored))
    _check(status)
    return status


def encode_record(record: object) -> Json:
    """Return another of the alarm's dataclasses, such as an effect, as JSON without what is as usual."""
    return _plain(record)


def decode_record[T](kind: type[T], stored: object) -> T:
    """Read a dataclass of that kind back. Raises ``GarbledStatusError``."""
    return cast("T", _record_reader(cast("type", kind))(stored))


def _plain(value: object) -> Json:
    match value:
        case tuple():
            return [_plain(item) for item in value]
        case None | bool() | int() | float() | str():
            return str(value) if isinstance(value, StrEnum) else value
    record: Any = value
    items = {field.name: (getattr(record, field.name), field.default) for field in fields(record)}
    return {name: _plain(item) for name, (item, usual) in items.items() if item != usual}


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
            raise GarbledStatusError("expected a list")
        return tuple(inner(item) for item in value)

    return read


def _word_reader(words: type[StrEnum]) -> _Reader:
    known = {word.value: word for word in words}

    def read(value: object) -> object:
        if not isinstance(value, str) or value not in known:
            raise GarbledStatusError(f"expected one of {', '.join(known)}")
        return known[value]

    return read


@cache
def _record_reader(kind: type) -> _Reader:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    required = {field.name for field in fields(kind) if field.default is MISSING}

    def read(value: object) -> object:
        if not isinstance(value, Mapping):
            raise GarbledStatusError("expected an object")
        if missing := required.difference(value):
            raise GarbledStatusError(f"{', '.join(sorted(missing))} missing")
        if any(name not in readers for name in value):
            raise GarbledStatusError(f"{kind.__name__} has something that nobody knows of")
        return kind(**{name: _part(name, readers[name], item) for name, item in value.items()})

    return read


def _part(name: str, reader: _Reader, value: object) -> object:
    try:
        return reader(value)
    except GarbledStatusError as error:
        raise GarbledStatusError(f"{name}: {error}") from None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise GarbledStatusError("expected a number")
    return float(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise GarbledStatusError("expected a whole number")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise GarbledStatusError("expected true or false")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GarbledStatusError("expected text")
    return value


_SCALARS: Final[Mapping[object, _Reader]] = {float: _number, int: _whole, bool: _yes_or_no, str: _text}


def _check(status: PartitionStatus) -> None:
    """Refuse what no sequence of events leads to."""
    timers = [deadline.timer for deadline in status.deadlines]
    leads_nowhere = {
        "a timer runs twice": len(timers) != len(set(timers)),
        "a delay runs while disarmed": status.mode is None and not {Timer.EXIT, Timer.ENTRY}.isdisjoint(timers),
        "a siren sounds without an alarm": status.siren and Timer.ALARM not in timers,
        "an alarm is of no kind": (Timer.ALARM in timers) != (status.alarm_kind is not None),
        "a walk test has no end": (Timer.WALK_TEST in timers) != (status.walk is not None),
        "an entry delay was started by nothing": (Timer.ENTRY in timers) != bool(status.entry_trips),
        "a timer runs for less than no time": any(_negative(deadline) for deadline in status.deadlines),
    }
    for problem, found in leads_nowhere.items():
        if found:
            raise GarbledStatusError(problem)


def _negative(deadline: Deadline) -> bool:
    return deadline.seconds < 0 or deadline.due < 0
