"""File names as cameras send them, made harmless."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 120
UNNAMED: Final = "unnamed"
# A file's ticket and ending come after the name, and file systems take 255 bytes.
_MOST_BYTES: Final = 200
_LONGEST_ENDING: Final = 10
# What separates folders anywhere, and what separates a name from its ticket here.
_REPLACED: Final = str.maketrans({"/": "_", "\\": "_", "~": "_"})


def clean_name(name: str) -> str:
    """Return a name for one file or folder: printable, visible, at most 120 characters, never empty.

    A name that was cleaned stays as it is.
    """
    text = name.encode("utf-8", "replace").decode().translate(_REPLACED)
    if not text.isprintable():
        text = "".join(character for character in text if character.isprintable())
    return _shortened(text.strip().lstrip(". ")) or UNNAMED


def _shortened(text: str) -> str:
    """Cut what is too long before its ending, which often says what the file is."""
    if _fits(text):
        return text
    stem, dot, ending = text.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        stem, ending = text, ""
    else:
        ending = f".{ending}"
    stem = stem[: LONGEST - len(ending)]
    while not _fits(stem + ending):
        stem = stem[:-1]
    return (stem + ending).rstrip()


def _fits(text: str) -> bool:
    return len(text) <= LONGEST and len(text.encode()) <= _MOST_BYTES
