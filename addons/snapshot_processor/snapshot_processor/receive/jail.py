"""Where a path of a client leads within its account's folder, and that it never leads out of it."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Final

from .names import clean_name

DEPTH: Final = 5
_LONGEST_PATH: Final = 1024
_LONGEST_PART: Final = 255
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")

type Parts = tuple[str, ...]


class PathError(Exception):
    """A path leads nowhere here. Says why, in words for the client."""


def resolve(folder: Parts, text: str) -> Parts:
    """Return the names from the account's folder to what ``text`` means for a client in ``folder``.

    Raises ``PathError`` for what no folder of a camera can be.
    """
    if len(text.encode("utf-8", "replace")) > _LONGEST_PATH:
        raise PathError("The path is too long")
    if _CONTROL.search(text):
        raise PathError("The path has control characters in it")
    parts = [] if text.startswith("/") else list(folder)
    for part in text.split("/"):
        if part == "..":
            if not parts:
                raise PathError("There is nothing above this folder")
            parts.pop()
        elif len(part.encode("utf-8", "replace")) > _LONGEST_PART:
            raise PathError("The name is too long")
        elif part not in {"", "."}:
            parts.append(clean_name(part))
    if len(parts) > DEPTH + 1:
        raise PathError(f"There are at most {DEPTH} folders in each other")
    return tuple(parts)


def folder_of(home: Path, parts: Parts) -> Path:
    """Make the folder if it is not there. ``home`` must be free of links.

    Raises ``PathError`` when a link stands in the way, ``OSError`` when it cannot be made.
    """
    folder = home.joinpath(*parts)
    # Asked first: what lies behind a link is not to be changed either.
    if folder.resolve() != folder:
        raise PathError("The path leads out of this account's folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
