"""Bytes to plain maps, with every limit that keeps a hostile body from costing more than it is worth."""

import json
from typing import Any, Final, NoReturn

import msgpack

from .messages import ParseError
from .reasons import Refused

AMQP_LIMIT: Final = 8 * 1024 * 1024
JSON_LIMIT: Final = 1024 * 1024
IMAGE_LIMIT: Final = AMQP_LIMIT
DEPTH_LIMIT: Final = 16

# MessagePack reserves memory for as many items as a header claims, before it sees one of them.
_MAX_ITEMS: Final = 4096
_MAX_MAP: Final = 1024
_MAX_TEXT: Final = 1024 * 1024
_MAX_EXT: Final = 64
# What is large in an honest message is its image. Eight megabytes of empty maps would be half a gigabyte of objects.
_MAX_VALUES: Final = 65_536

type Body = dict[str, Any]


def unpack_msgpack(body: bytes) -> Body:
    """Return the one map in a MessagePack body. Raises ``ParseError``."""
    check_size(body, AMQP_LIMIT)
    # Every value takes a byte at least, so only a longer body can have too many.
    counter = _Counter() if len(body) > _MAX_VALUES else None
    try:
        decoded = msgpack.unpackb(
            body,
            object_pairs_hook=counter.pairs if counter else _unique,
            list_hook=counter.items if counter else None,
            max_array_len=_MAX_ITEMS,
            max_map_len=_MAX_MAP,
            max_str_len=_MAX_TEXT,
            max_ext_len=_MAX_EXT,
            # A map with a key that is no text is refused where it is read: its device alone, or the whole message.
            strict_map_key=False,
        )
    except ParseError:
        raise
    except (msgpack.StackError, RecursionError) as error:
        raise _too_deep() from error
    except (ValueError, TypeError, OverflowError) as error:
        raise ParseError(Refused.NOT_MSGPACK, f"no MessagePack: {error}"[:255]) from error
    return _checked(decoded)


def load_json(body: bytes) -> Body:
    """Return the one map in a JSON body. Raises ``ParseError``."""
    # Boards report every second: on the event path even a function that finds nothing wrong counts.
    if len(body) > JSON_LIMIT:
        check_size(body, JSON_LIMIT)
    try:
        text = body.decode().strip(_BLANKS)
        decoded, end = _DECODER.raw_decode(text)
    except ParseError:
        raise
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise ParseError(Refused.NOT_JSON, f"no JSON: {error}"[:255]) from error
    if end != len(text):
        raise ParseError(Refused.NOT_JSON, f"no JSON: more than one value, at character {end}")
    if type(decoded) is dict and body.count(b"{") + body.count(b"[") <= DEPTH_LIMIT:
        # So few brackets nest no deeper, and JSON's keys are text.
        return decoded
    return _checked(decoded)


def check_size(body: bytes, limit: int) -> None:
    """Raise ``ParseError`` for a body of more than ``limit`` bytes."""
    if len(body) > limit:
        raise ParseError(Refused.TOO_LARGE, f"{len(body)} bytes, more than {limit}")


def _checked(decoded: object) -> Body:
    if type(decoded) is not dict:
        raise ParseError(Refused.NOT_A_MAP, f"a {type(decoded).__name__} where a map should be")
    for key in decoded:
        if type(key) is not str:
            raise ParseError(Refused.WRONG_TYPE, "a key that is no text")
    if _deeper_than(decoded, DEPTH_LIMIT):
        raise _too_deep()
    return decoded


def _deeper_than(container: dict[str, object] | list[object], limit: int) -> bool:
    """Whether containers nest deeper than ``limit``, the outermost being the first."""
    if limit == 0:
        return True
    for item in container.values() if type(container) is dict else container:
        if (type(item) is dict or type(item) is list) and _deeper_than(item, limit - 1):
            return True
    return False


def _too_deep() -> ParseError:
    return ParseError(Refused.TOO_DEEP, f"nested deeper than {DEPTH_LIMIT}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build a map; one that says the same thing twice does not say which is meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError(Refused.DUPLICATE_KEY, "a map with the same key twice")
    return found


class _Counter:
    """Counts the values of one large message, and stops its decoding when they become too many."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        """Start with all that is allowed."""
        self._left = _MAX_VALUES

    def pairs(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        """Count and build a map."""
        self._count(len(pairs))
        return _unique(pairs)

    def items(self, items: list[object]) -> list[object]:
        """Count a list."""
        self._count(len(items))
        return items

    def _count(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise ParseError(Refused.TOO_LARGE, f"more than {_MAX_VALUES} values")


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number in JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)
_BLANKS: Final = " \t\n\r"
