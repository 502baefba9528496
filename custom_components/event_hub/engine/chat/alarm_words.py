"""The words after /arm, /disarm and the like: a mode, a partition, and what is left is a code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..alarm.model import Mode
from .naming import Names, fold

# A mode stands among the first words; each that may be one is tried with all the others, which takes its time.
_MOST_TRIED: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmWords:
    """What the words say. More than one partition: several have that name. ``left`` may be a code."""

    mode: Mode | None = None
    partitions: tuple[str, ...] = ()
    left: str = field(default="", repr=False)


def read_alarm_words(words: Sequence[str], partitions: Names, modes: Mapping[str, Mode] | None = None) -> AlarmWords:
    """Read words in any order; without ``modes`` (by folded words) none is looked for.

    A word can be both a mode and the name of a partition: it is what leaves fewer words that mean nothing.
    """
    readings = [_reading(words, None, partitions)]
    longest = max((name.count(" ") + 1 for name in modes or ()), default=0)
    for start in range(min(len(words), _MOST_TRIED)):
        for end in range(start + 1, min(start + longest, len(words)) + 1):
            mode = None if modes is None else modes.get(fold(" ".join(words[start:end])))
            if mode is not None:
                readings.append(_reading((*words[:start], *words[end:]), mode, partitions))
    return min(readings, key=lambda each: (bool(modes) and each.mode is None, len(each.left.split())))


def _reading(rest: Sequence[str], mode: Mode | None, partitions: Names) -> AlarmWords:
    """Return what words say that name no mode: the longest name of a partition, and what is left."""
    for length in range(min(partitions.longest, len(rest)), 0, -1):
        for start in range(len(rest) - length + 1):
            found = _meant(" ".join(rest[start : start + length]), partitions)
            if found:
                left = " ".join((*rest[:start], *rest[start + length :]))
                return AlarmWords(mode=mode, partitions=found, left=left)
    return AlarmWords(mode=mode, left=" ".join(rest))


def _meant(phrase: str, partitions: Names) -> tuple[str, ...]:
    """Return the partitions of a name; a key, which few people know, is one where nothing else is called so.

    Of several that have one name, that one is meant of which the phrase is exactly the key.
    """
    wanted = fold(phrase)
    found = partitions.by_name.get(wanted, ())
    named = tuple(key for key in found if fold(partitions.shown[key]) == wanted) or found
    return (phrase,) if phrase in named else named
