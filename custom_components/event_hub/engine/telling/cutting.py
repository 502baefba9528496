"""Texts cut to a length, at the end of a word. Lengths are in UTF-16 units, as messengers count them."""

import re
from typing import Final
import unicodedata

from ..plain import clean_text

ELLIPSIS: Final = "…"
_LINK: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_JOINER: Final = "\u200d"
_FLAG_LETTERS: Final = range(0x1F1E6, 0x1F200)
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_TAGS: Final = range(0xE0020, 0xE0080)
_LAST_OF_ONE: Final = 0xFFFF


def size(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) + sum(ord(character) > _LAST_OF_ONE for character in text)


def tidy(text: str) -> str:
    """Return a text on one line, without what cannot be sent: control characters, half a surrogate pair."""
    whole = "".join(" " if unicodedata.category(each) == "Cc" else each for each in clean_text(text))
    return " ".join(whole.split())


def clusters(text: str) -> list[str]:
    """Split a text into what is seen as one character: an emoji with all its parts, a letter with its accents."""
    found: list[str] = []
    for character in text:
        if found and _continues(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def cut(text: str, limit: int) -> str:
    """Return a text of words that is no longer than ``limit``; what was cut off leaves a ``…``.

    A word is cut only if it alone is too long, and a link never is: rather it is left out.
    """
    if size(text) <= limit:
        return text
    kept = ""
    for word in text.split(" "):
        longer = f"{kept} {word}" if kept else word
        if size(_open_end(longer)) > limit:
            break
        kept = longer
    return _open_end(kept) if kept else _cut_word(text.split(" ", 1)[0], limit)


def _cut_word(word: str, limit: int) -> str:
    if _LINK.search(word) or limit < 1:
        return ELLIPSIS[: max(0, limit)]
    kept = ""
    for cluster in clusters(word):
        if size(kept) + size(cluster) + 1 > limit:
            break
        kept += cluster
    return kept + ELLIPSIS


def _open_end(text: str) -> str:
    """Show that there was more, but never so that it is taken for a part of a link."""
    between = " " if _LINK.search(text.rsplit(" ", 1)[-1]) else ""
    return f"{text}{between}{ELLIPSIS}"


def _continues(cluster: str, character: str) -> bool:
    code = ord(character)
    if cluster.endswith(_JOINER) or character == _JOINER or code in _SKIN_TONES or code in _TAGS:
        return True
    if code in _FLAG_LETTERS:
        return len(cluster) == 1 and ord(cluster) in _FLAG_LETTERS
    # Accents, and the selectors that make a sign colourful.
    return unicodedata.category(character) in {"Mn", "Me", "Mc"}
