"""Single values of a message: text, numbers, times. Each reader raises ``ParseError`` or gives a clean value."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
import re
from typing import Any, Final

import msgpack

from .messages import ParseError, Scalar
from .reasons import Refused

TEXT_LIMIT: Final = 255
URL_LIMIT: Final = 2048
EXTRA_LIMIT: Final = 32

# A board without a clock counts from its start: what lies before 2020 is no time of day.
_FIRST_TIME: Final = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
# A clock may be wrong by hours or years and is then corrected; one that is wrong by more tells nothing.
_MOST_AHEAD: Final = 10 * 366 * 86400.0
_TIME_TEXT_LIMIT: Final = 64
_INT_LIMIT: Final = 2**63
_EXACT: Final = 2**53

_BREAKS: Final = re.compile(r"[\t-\r\x85\u2028\u2029]+")
_UNWANTED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

type Refuse = Callable[[ParseError], None]


def is_key(value: object) -> bool:
    """Whether a value may be an identity: text of 1 to 255 characters, no control characters, not only blanks."""
    return (
        type(value) is str
        and 0 < len(value) <= TEXT_LIMIT
        and not value.isspace()
        and (value.isprintable() or _UNWANTED.search(value) is None)
    )


def key(name: str, value: object) -> str:
    """Return an identity unchanged, because it is what commands are addressed with."""
    if type(value) is str and is_key(value):
        return value
    problem = f"{value[:40]!r} is no {name}" if type(value) is str else f"a {name} that is no text"
    raise ParseError(Refused.BAD_KEY, problem)


def text(name: str, value: object) -> str | None:
    """Return text for people: at most 255 characters, without control characters; ``None`` when nothing is left."""
    if type(value) is not str:
        value = _number_text(name, value)
    value = value[:TEXT_LIMIT]
    if not value.isprintable():
        value = _UNWANTED.sub("", _BREAKS.sub(" ", value))
    return value.strip() or None


def exact_text(name: str, value: object) -> str | None:
    """Return text that means something to a device and so must not be cut or cleaned, only refused."""
    if type(value) is not str:
        value = _number_text(name, value)
    if len(value) > TEXT_LIMIT:
        raise ParseError(Refused.TOO_LARGE, f"{name} is longer than {TEXT_LIMIT} characters")
    if not value.isprintable() and _UNWANTED.search(value):
        raise ParseError(Refused.WRONG_TYPE, f"{name} has control characters")
    return value.strip() or None


def number(name: str, value: object) -> float | None:
    """Return a finite number; ``None`` for one that is not, because it measures nothing."""
    if type(value) is not int and type(value) is not float:
        raise wrong_type(name, value)
    if type(value) is int and -_EXACT < value < _EXACT:
        return value
    try:
        measured = float(value)
    except OverflowError:
        return None
    return measured if isfinite(measured) else None


def unix_time(value: Any, received_at: float) -> float | None:
    """Return unix seconds from any spelling the fleet has; ``None`` where the device has no clock.

    Raises ``ParseError`` for what is no time, or lies more than ten years after ``received_at``.
    """
    if value is None:
        return None
    kind = type(value)
    seconds: float
    if kind is str:
        seconds = _time_of_text(value)
    elif kind is int or kind is float:
        seconds = value
    elif kind is msgpack.Timestamp:
        seconds = value.to_unix()
    else:
        raise wrong_type("timestamp", value, Refused.BAD_TIME)
    # The comparison is also what stops NaN, infinity and integers that no float holds.
    if not -_INT_LIMIT < seconds <= received_at + _MOST_AHEAD:
        raise ParseError(Refused.BAD_TIME, "a timestamp that is no time of day")
    return float(seconds) if seconds >= _FIRST_TIME else None


def _time_of_text(value: str) -> float:
    if len(value) > _TIME_TEXT_LIMIT:
        raise ParseError(Refused.BAD_TIME, "a timestamp that is no time of day")
    try:
        if "-" not in value[1:]:
            return float(value)
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise ParseError(Refused.BAD_TIME, f"{value[:TEXT_LIMIT]!r} is no time") from error


def optional[T](name: str, value: object, read: Callable[[str, object], T], refuse: Refuse) -> T | None:
    """Read what a message may do without; what is wrong with it is refused and then not said."""
    if value is None:
        return None
    try:
        return read(name, value)
    except ParseError as error:
        refuse(error)
        return None


def is_link(value: object) -> bool:
    """Whether a value is an address that a person may be offered to open."""
    return (
        type(value) is str
        and value.startswith(("https://", "http://"))
        and len(value) <= URL_LIMIT
        and value.isprintable()
    )


def keep_extra(extra: dict[str, Scalar], name: str, value: Any) -> None:
    """Keep an unknown value for diagnostics, as long as it is small, plain and not one too many."""
    if len(extra) >= EXTRA_LIMIT:
        return
    name = text("key", name) or ""
    if not name:
        return
    kind = type(value)
    if kind is str:
        extra[name] = text(name, value) or ""
    elif kind is bool or (kind is int and -_INT_LIMIT <= value < _INT_LIMIT) or (kind is float and isfinite(value)):
        extra[name] = value


def capitalised(*words: str) -> str:
    """Join texts, each word capitalised: the way keys are derived."""
    return " ".join(word.capitalize() for part in words for word in part.split())


def wrong_type(name: str, value: object, reason: Refused = Refused.WRONG_TYPE) -> ParseError:
    """Say that a value is of a type it cannot be; the value itself may be a secret and is not told."""
    return ParseError(reason, f"{name} is a {type(value).__name__}")


def _number_text(name: str, value: object) -> str:
    if (type(value) is int and -_INT_LIMIT <= value < _INT_LIMIT) or type(value) is float:
        return str(value)
    raise wrong_type(name, value)
