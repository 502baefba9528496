"""Finds devices by what people call them: the name on the screen, key, label or group, in any letter case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from .engine.model import SourceRecord
from .engine.names import fold
from .identifiers import Described, described_name, device_name, source_name


class Named(Described, Protocol):
    """The part of an input's or output's record that people name it by."""

    @property
    def group(self) -> str | None:
        """What it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The keys that words stand for, in the registry's order, and the words that stand for none."""

    keys: tuple[str, ...]
    unknown: tuple[str, ...]


def match(words: Iterable[str], records: Mapping[str, Named]) -> Matches:
    """Find every device that one of the words is the name, key, label or group of.

    A word that is exactly a key means that device alone, whatever else is called so.
    """
    exact = {word for word in words if word in records}
    wanted = {folded: word for word in words if word not in exact and (folded := fold(word))}
    used: set[str] = set()
    keys = []
    for key, record in records.items():
        known = (record.key, record.label, record.group, device_name(record), described_name(record))
        names = {fold(name) for name in known if name}
        hits = names & wanted.keys()
        used |= hits
        if hits or key in exact:
            keys.append(key)
    unknown = tuple(word for word in words if word not in exact and fold(word) not in used)
    return Matches(keys=tuple(keys), unknown=unknown)


def source_of(word: str, sources: Mapping[str, SourceRecord]) -> str:
    """Return the id of the source of a name; a word that is no name, as the id of one that was forgotten."""
    if word in sources:
        return word
    return next((each for each in sources if fold(source_name(each, sources)) == fold(word)), word)
