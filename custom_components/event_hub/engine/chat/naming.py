"""Finds what people name in a line of words that has no other order than theirs, and guesses what they meant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
import itertools
import re
from types import MappingProxyType
from typing import Final

from ..names import fold

# No message has more; what is longer is not looked at.
MOST_WORDS: Final = 2_048
# Of what names nothing, so much is told and guessed.
MOST_UNKNOWN: Final = 3
MOST_GUESSES: Final = 3
# Comparing letters takes its time, in which nothing else is done: only the first words are guessed.
MOST_GUESSED: Final = 8
_LONGEST_GUESSED: Final = 120
_LONGEST_NAME: Final = 12
_CLOSE: Final = 0.6
# Beyond so many names, only those are guessed that have the words in them: comparing letters takes its time.
_MOST_COMPARED: Final = 1_000
_SHORTEST_PART: Final = 2
_BETWEEN: Final = re.compile(r"[,;]+(?=\S)")
_AROUND: Final = ' ,;"“”„'


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing that can be named: its key, every name it has, and the name it is shown by.

    ``groups`` are names that it shares with others.
    """

    key: str
    shown: str
    names: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """All things of a kind, by name. ``shown`` is by key, in the order they were given."""

    shown: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    by_name: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    spelled: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    longest: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Words that name nothing, and the names that may have been meant."""

    words: str
    guesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The keys that were named, in the order of things, and what named none."""

    keys: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()


def index(things: Iterable[Thing]) -> Names:
    """Return things by name."""
    shown: dict[str, str] = {}
    by_name: dict[str, tuple[str, ...]] = {}
    spelled: dict[str, str] = {}
    for thing in things:
        shown[thing.key] = thing.shown
        for name in dict.fromkeys((thing.shown, *thing.names, *thing.groups, thing.key)):
            folded = fold(name)
            if folded and thing.key not in by_name.get(folded, ()):
                by_name[folded] = (*by_name.get(folded, ()), thing.key)
                # Whatever it was found by, it is shown by the one name that it has everywhere.
                spelled.setdefault(folded, name if name in thing.groups else thing.shown)
    longest = max((name.count(" ") + 1 for name in by_name), default=1)
    return Names(shown=shown, by_name=by_name, spelled=spelled, longest=min(longest, _LONGEST_NAME))


def find(words: Sequence[str], names: Names) -> Found:
    """Return what words name: at each word the longest name that begins there. Commas may stand between names."""
    tokens = [token for word in words[:MOST_WORDS] for token in _tokens(word, names)]
    whole = _named(" ".join(words[:MOST_WORDS]), names)
    if whole:
        return Found(keys=whole)
    found: set[str] = set()
    lost: list[list[str]] = [[]]
    position = 0
    while position < len(tokens):
        keys, length = _longest(tokens, position, names)
        if keys:
            found.update(keys)
            lost.append([])
        else:
            lost[-1].append(tokens[position])
            if tokens[position].endswith((",", ";")):
                lost.append([])
        position += length
    keys_in_order = tuple(key for key in names.shown if key in found)
    texts = dict.fromkeys(text for run in lost if (text := " ".join(run).strip(_AROUND)))
    unknown = []
    left = MOST_GUESSED
    for text in itertools.islice(texts, MOST_UNKNOWN):
        words_of_it = text.split()[:left]
        left -= len(words_of_it)
        unknown.append(Unknown(words=text, guesses=similar(" ".join(words_of_it), names.spelled)))
    return Found(keys=keys_in_order, unknown=tuple(unknown))


def similar(text: str, spelled: Mapping[str, str]) -> tuple[str, ...]:
    """Return up to three names like a text: those that have it in them, else those of nearly the same letters.

    ``spelled`` is what is to be written for each name, by its folded form.
    """
    wanted = " ".join(fold(text[:_LONGEST_GUESSED]).split()[:MOST_GUESSED])
    if len(wanted) < _SHORTEST_PART:
        return ()
    parts = [name for name in spelled if wanted in name]
    # What begins with the words is meant more often than what has them somewhere.
    parts.sort(key=lambda name: (not name.startswith(wanted), len(name)))
    if not parts and len(spelled) <= _MOST_COMPARED:
        parts = get_close_matches(wanted, spelled, n=MOST_GUESSES, cutoff=_CLOSE) or _with_a_word_of(wanted, spelled)
    return tuple(itertools.islice(dict.fromkeys(spelled[name] for name in parts), MOST_GUESSES))


def _with_a_word_of(wanted: str, spelled: Mapping[str, str]) -> list[str]:
    """Return the names with a word that is nearly one of the wanted ones."""
    words: dict[str, list[str]] = {}
    for name in spelled:
        for word in name.split():
            words.setdefault(word, []).append(name)
    close = (match for word in wanted.split() for match in get_close_matches(word, words, n=1, cutoff=0.75))
    return [name for match in close for name in words[match]]


def _tokens(word: str, names: Names) -> list[str]:
    """Split a word at its commas, unless it is a name as it stands."""
    return [word] if _named(word, names) else _BETWEEN.sub(", ", word).split()


def _longest(tokens: Sequence[str], position: int, names: Names) -> tuple[tuple[str, ...], int]:
    for phrase, length in _phrases(tokens, position, names.longest):
        if keys := _named(phrase, names):
            return keys, length
    return (), 1


def _phrases(tokens: Sequence[str], position: int, longest: int) -> Iterator[tuple[str, int]]:
    for length in range(min(longest, len(tokens) - position), 0, -1):
        yield " ".join(tokens[position : position + length]), length


def _named(phrase: str, names: Names) -> tuple[str, ...]:
    """Return the keys that a phrase names. One that is exactly a key means that alone, whatever else is called so."""
    for text in (phrase, phrase.strip(_AROUND)):
        if text in names.shown:
            return (text,)
        if keys := names.by_name.get(fold(text)):
            return keys
    return ()
