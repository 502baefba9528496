"""What the server's process tells the app: lines of JSON, each with everything, so that any of them may be lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
import json
import os
import time
from typing import Any, Final, Self

# A pipe takes up to 4096 bytes at once or not at all.
_MOST_NAMES: Final = 10
_LONGEST_NAMES: Final = 1500
# Between two lines when files come in without a break, in seconds.
_EVERY: Final = 0.02

type _Later = Callable[[float, Callable[[], None]], object]


@dataclass(slots=True, kw_only=True)
class FtpCounts:
    """What has happened.

    Files taken in and their bytes, files that broke off (``half``), files and connections that were refused, wrong
    logins, how often an address was locked out, connections.
    """

    files: int = 0
    bytes: int = 0
    half: int = 0
    refused: int = 0
    wrong_logins: int = 0
    banned: int = 0
    connections: int = 0

    def __add__(self, other: FtpCounts) -> FtpCounts:
        """Return both together."""
        return FtpCounts(**{item.name: getattr(self, item.name) + getattr(other, item.name) for item in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How the server is: its port, what has happened since its start, who is locked out now, and where room lacks.

    Or only the ``problem`` for which it cannot start, in a sentence for people.
    """

    port: int = 0
    counts: FtpCounts = field(default_factory=FtpCounts)
    banned: tuple[str, ...] = ()
    low: bool = False
    full: tuple[str, ...] = ()
    problem: str | None = None

    def to_line(self) -> bytes:
        """Return it as a line; of long lists only the last names."""
        said = asdict(self) | {"banned": _last(self.banned), "full": _last(self.full)}
        return json.dumps(said).encode() + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> Self:
        """Read what ``to_line`` wrote. Raises ``ValueError``, ``TypeError`` or ``KeyError`` for anything else."""
        said: dict[str, Any] = json.loads(line)
        said["counts"] = FtpCounts(**said["counts"])
        return cls(**(said | {"banned": tuple(said["banned"]), "full": tuple(said["full"])}))


class Teller:
    """Writes lines without ever waiting: the first of many at once, then one for all that came since."""

    def __init__(self, descriptor: int, say: Callable[[], Said], later: _Later) -> None:
        """Write what ``say`` returns; ``later`` calls a function after some seconds."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._say = say
        self._later = later
        self._last = float("-inf")
        self._waits = False

    def nudge(self) -> None:
        """Tell soon that there is news."""
        if self._waits:
            return
        if time.monotonic() - self._last >= _EVERY:
            self.tell()
        else:
            self._waits = True
            self._later(_EVERY, self._tell_late)

    def tell(self) -> None:
        """Tell now. What a full pipe does not take is in the next line."""
        self._last = time.monotonic()
        try:
            os.write(self._descriptor, self._say().to_line())
        except OSError:
            # Full, or closed: then this process ends anyway.
            return

    def _tell_late(self) -> None:
        self._waits = False
        self.tell()


def _last(names: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for name in reversed(names[-_MOST_NAMES:]):
        if len(json.dumps([*found, name])) > _LONGEST_NAMES:
            break
        found.insert(0, name)
    return found
