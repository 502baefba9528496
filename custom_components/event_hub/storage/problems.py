"""What can go wrong with a file, for the hub to tell people, and how a broken file is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path


class ProblemKind(StrEnum):
    """What happened to a file.

    ``BROKEN``: it is not what it should be; moved aside, started empty.
    ``NEWER``: a newer version of the integration wrote it; moved aside, started empty.
    ``PARTLY_BROKEN``: some of its records were left out; a copy of the whole is kept.
    ``CANNOT_SAVE``: the disk does not take it; kept in memory and tried again.
    ``ENTRIES_LOST``: more happened than could be written in time; ``detail`` counts what is lost.
    """

    BROKEN = "broken"
    NEWER = "newer"
    PARTLY_BROKEN = "partly_broken"
    CANNOT_SAVE = "cannot_save"
    ENTRIES_LOST = "entries_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageProblem:
    """Something about ``file`` that a person should know, or (``solved``) no longer needs to.

    ``kept_as`` is where a broken file is kept; ``None`` when it could not be
    moved or copied: then it stays where it is and is never written to.
    ``detail`` is for people, in English, and holds none of the file's content.
    """

    what: ProblemKind
    file: str
    detail: str = ""
    kept_as: str | None = None
    solved: bool = False


type ProblemListener = Callable[[StorageProblem], None]


def path_aside(path: Path) -> Path:
    """Return a new name beside ``path`` for what must not be lost though it cannot be used."""
    return path.with_name(f"{path.name}.broken-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
