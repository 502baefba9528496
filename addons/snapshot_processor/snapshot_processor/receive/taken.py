"""The last files of an account that were taken in, so that its camera can ask for them, rename and delete them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
import stat
from typing import Final

_MOST: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file that was acknowledged. It may have been accepted since.

    ``name`` is where it was put, ``at`` when it came (Unix seconds), ``size`` in bytes.
    """

    name: str
    ticket: str
    size: int
    at: float

    @property
    def path(self) -> Path:
        """Where it was put."""
        return Path(self.name)


class TakenFiles:
    """By the paths that the client knows them by; the oldest are forgotten."""

    def __init__(self) -> None:
        """Know none."""
        self._files: OrderedDict[str, Taken] = OrderedDict()

    def add(self, virtual: str, taken: Taken) -> None:
        """Remember it under this path."""
        self._files[virtual] = taken
        self._files.move_to_end(virtual)
        if len(self._files) > _MOST:
            self._files.popitem(last=False)

    def get(self, virtual: str) -> Taken | None:
        """Return the file of this path."""
        return self._files.get(virtual)

    def pop(self, virtual: str) -> Taken | None:
        """Return the file of this path and forget it."""
        return self._files.pop(virtual, None)


def status_of(taken: Taken | None) -> tuple[int, ...]:
    """Return what ``os.stat_result`` is made of, for a file, or for a folder where there is none."""
    mode, size, at = (stat.S_IFDIR | 0o755, 0, 0.0) if taken is None else (stat.S_IFREG | 0o644, taken.size, taken.at)
    return (mode, 0, 0, 1, 0, 0, size, int(at), int(at), int(at))
