"""A device key as one level of a topic."""

from functools import lru_cache
from typing import Final
from unicodedata import combining, normalize

EMPTY: Final = "_"


@lru_cache(maxsize=4096)
def slug(text: str) -> str:
    """Return the text in lower case without accents, every run of other than letters and digits as one ``_``.

    Never empty, and the slug of a slug is itself. The rule is part of the wire
    protocol: devices make the same of their keys (``contract/slugs.json``).
    """
    plain = normalize("NFKD", normalize("NFKD", text).casefold())
    spaced = "".join(letter if letter.isalnum() else " " for letter in plain if not combining(letter))
    return "_".join(spaced.split()) or EMPTY
