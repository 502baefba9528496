"""Logs: one line a record on standard output, without secrets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
import logging
import re
import sys
import time
from typing import Final, TextIO, override
from urllib.parse import quote

LEVELS: Final = ("debug", "info", "warning", "error")
MASK: Final = "***"
_USERINFO: Final = re.compile(r"(?<=://)[^/\s]+(?=@)")
_PARAMETER: Final = re.compile(r"(?i)\b((?:pwd|passwd|password|token|secret)=)[^&\s\"']+")
# A shorter one would mask half of every line.
_SHORTEST: Final = 3
# Their own complaints of what the links report in one sentence.
_TALKATIVE: Final = ("pika", "paho", "urllib3", "PIL", "oauth2client", "googleapiclient", "botocore", "boto3")


class Secrets:
    """Texts that may stand in no log, and how they are taken out."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Know these secrets; empty ones and those of one or two letters are passed over."""
        self._spellings: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Know one more, as it is and as it stands in a URL."""
        if len(secret) >= _SHORTEST:
            spellings = {*self._spellings, secret, quote(secret), quote(secret, safe=""), repr(secret)[1:-1]}
            # The longest first, or one that holds another would show its rest.
            self._spellings = sorted(spellings, key=len, reverse=True)

    def mask(self, text: str) -> str:
        """Return the text with every secret, and the login of every URL, replaced."""
        for spelling in self._spellings:
            text = text.replace(spelling, MASK)
        return _PARAMETER.sub(rf"\1{MASK}", _USERINFO.sub(MASK, text))


class LineFormatter(logging.Formatter):
    """``<UTC time> <level> <component>: <message>``, exceptions included, always on one line."""

    def __init__(self, secrets: Secrets) -> None:
        """Mask these secrets wherever they turn up."""
        super().__init__()
        self._secrets = secrets

    @override
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        component = record.name.rpartition(".")[2]
        line = self._secrets.mask(f"{moment} {record.levelname} {component}: {text}")
        return line.replace("\r", "\\r").replace("\n", "\\n")


def configure(level: str, secrets: Secrets, stream: TextIO | None = None) -> None:
    """Send every log record to ``stream`` (standard output). Raises ``ValueError`` for a level not in ``LEVELS``."""
    if level not in LEVELS:
        raise ValueError(f"{level!r} is none of {', '.join(LEVELS)}")
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(LineFormatter(secrets))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.CRITICAL)


class Throttle:
    """Lets each complaint through once in ``interval`` seconds."""

    def __init__(self, interval: float = 60.0) -> None:
        """Let the first of every key through."""
        self._interval = interval
        self._last: dict[str, float] = {}

    def due(self, key: str, now: float | None = None) -> bool:
        """Say whether to complain about ``key`` now (monotonic seconds)."""
        now = time.monotonic() if now is None else now
        last = self._last.get(key)
        if last is not None and now - last < self._interval:
            return False
        self._last = {other: when for other, when in self._last.items() if now - when < self._interval}
        self._last[key] = now
        return True
