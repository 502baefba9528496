"""What an action is told: copied so that nobody changes it, and only what can be stored and read again."""

from collections.abc import Mapping
from typing import Final

from .errors import InvalidRuleError
from .model import ActionData

DEPTH_LIMIT: Final = 16


def freeze(data: Mapping[object, object]) -> Mapping[str, ActionData]:
    """Return a copy of an action's data. Raises ``InvalidRuleError`` for what could not be kept."""
    return _mapping(data, DEPTH_LIMIT)


def _mapping(data: Mapping[object, object], depth: int) -> dict[str, ActionData]:
    frozen: dict[str, ActionData] = {}
    for name, value in data.items():
        if not isinstance(name, str):
            raise InvalidRuleError("data", f"names are text, and {name!r} is not"[:100])
        frozen[str(name)] = _value(value, depth - 1)
    return frozen


def _value(value: object, depth: int) -> ActionData:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case Mapping() | list() | tuple() if depth <= 0:
            raise InvalidRuleError("data", f"lists and names within each other at most {DEPTH_LIMIT} deep")
        case Mapping():
            return _mapping(value, depth)
        case list() | tuple():
            return tuple(_value(item, depth - 1) for item in value)
    raise InvalidRuleError("data", "text, numbers, yes or no, lists and named values")
