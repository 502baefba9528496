"""What the fleet's device programs take as ``device_params``, checked before one of them dies of it.

Every check raises ``ValueError`` with a sentence for people that does not repeat the value: it may hold a password.
"""

from math import isfinite
from typing import Final

from .messages import Dialect
from .values import TEXT_LIMIT

RELAY_BOARD: Final = "ioboard"
CAMERA_PROGRAM: Final = "snapshot"
LONGEST: Final = 86_400.0

_FLEET: Final = frozenset((Dialect.CURRENT, Dialect.LEGACY))
_HIGHEST_PORT: Final = 65_535
_CAMERA_FORM: Final = "user:password@host:port or user:password@host:port,rtsp_port"


def check_params(dialect: Dialect, topic: str, params: str | None) -> None:
    """Check parameters for an output of a source with this ``topic``. Raises ``ValueError``."""
    if params is not None and len(params) > TEXT_LIMIT:
        raise ValueError(f"The parameters must not be longer than {TEXT_LIMIT} characters")
    if dialect not in _FLEET:
        return
    if topic == RELAY_BOARD:
        relay_seconds(params)
    elif topic == CAMERA_PROGRAM:
        check_camera(params)


def relay_seconds(params: str | None) -> float | None:
    """Return for how long a relay is to stay on, ``None`` for the board's own second. Raises ``ValueError``."""
    if params is None:
        return None
    try:
        seconds = float(params)
    except ValueError:
        raise ValueError("The parameter of a relay must be a number of seconds, or left out") from None
    if not isfinite(seconds) or not 0 <= seconds <= LONGEST:
        raise ValueError(f"A relay can stay on for 0 to {LONGEST:.0f} seconds")
    return int(seconds) if seconds.is_integer() else seconds


def check_camera(params: str | None) -> None:
    """Check a camera's address and login the way the program takes them apart. Raises ``ValueError``."""
    login, at, address = (params or "").partition("@")
    user, login_colon, password = login.partition(":")
    # The program splits and expects exactly two parts: one more of a sign ends it as one less does.
    well_formed = at and login_colon and user and ":" not in password and "@" not in address
    endpoint, comma, rtsp_port = address.partition(",")
    host, _, port = endpoint.partition(":")
    if not well_formed or not host or not _is_port(port) or (comma and not _is_port(rtsp_port)):
        raise ValueError(f"A camera needs {_CAMERA_FORM}, without further @, colons or commas")
    if params is not None and (not params.isprintable() or " " in params):
        raise ValueError("The address and login of a camera must not have blanks or control characters")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST_PORT)) and 0 < int(text) <= _HIGHEST_PORT
