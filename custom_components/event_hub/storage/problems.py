"""What can go wrong with a file, for the hub to tell people."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """What happened to a file.

    ``UNREADABLE``: it is not what it should be; set aside, started empty.
    ``NEWER``: a newer version of the integration wrote it; set aside, started empty.
    ``PARTLY_UNREADABLE``: some of its records were left out; a copy of the whole is kept.
    ``CANNOT_SAVE``: the disk does not take it; kept in memory and tried again.
    """

    UNREADABLE = "unreadable"
    NEWER = "newer"
    PARTLY_UNREADABLE = "partly_unreadable"
    CANNOT_SAVE = "cannot_save"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageProblem:
    """Something about the file at ``path`` that a person should know, or (``solved``) no longer needs to.

    ``kept_as`` is where the file as it was is kept. It is ``None`` when it
    could not be moved or copied: then it is left where it is and never written
    to. ``detail`` is for people, in English, and holds none of the content.
    """

    kind: ProblemKind
    path: str
    detail: str = ""
    kept_as: str | None = None
    solved: bool = False


type ProblemListener = Callable[[StorageProblem], None]
