"""The words after /arm, /disarm and the like: a mode, a partition, and what is left is a code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
import re
from typing import Final

from ..alarm.model import Mode
from ..names import fold
from .naming import Names

# A mode stands among the first words; each that may be one is tried with all the others, which takes its time.
_MOST_TRIED: Final = 24
_BETWEEN: Final = re.compile(r"[,;]+")
_AROUND: Final = ",;<>\"'“”„"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmWords:
    """What the words say. More than one partition: several have that name.

    ``left`` may be a code: of digits with blanks between them it is the digits.
    """

    mode: Mode | None = None
    partitions: tuple[str, ...] = ()
    left: str = field(default="", repr=False)

    @property
    def beside_code(self) -> str:
        """The words beside what can only be the code, because it alone has digits: they name nothing. Else ``""``."""
        numbered = [word for word in self.left.split() if has_digits(word)]
        is_one = len(numbered) == 1 or (bool(numbered) and all(word.isdigit() for word in numbered))
        return " ".join(word for word in self.left.split() if not has_digits(word)) if is_one else ""


def read_alarm_words(words: Sequence[str], partitions: Names, modes: Mapping[str, Mode] | None = None) -> AlarmWords:
    """Read words in any order; without ``modes`` (by folded words) none is looked for.

    A word can be both a mode and the name of a partition: it is what leaves fewer words that mean nothing.
    Signs around words do not count, unless they are part of a name.
    """
    plain = _plain(words, partitions)
    readings = _readings(words, partitions, modes)
    if plain != tuple(words):
        readings += _readings(plain, partitions, modes)
    best = min(readings, key=lambda each: (bool(modes) and each.mode is None, len(each.left.split())))
    left = best.left.split()
    return replace(best, left="".join(left)) if all(word.isdigit() for word in left) else best


def has_digits(text: str) -> bool:
    """Whether there are digits in a text, as in most codes and few names."""
    return any(character.isdigit() for character in text)


def _plain(words: Sequence[str], partitions: Names) -> tuple[str, ...]:
    """Return words without signs around them; where a code and a name have but a comma between, they are two."""
    plain: list[str] = []
    for word in words:
        parts = _BETWEEN.split(word)
        split = any(part.isdigit() or meant(part, partitions) for part in parts)
        plain += [bare for part in (parts if split else (word,)) if (bare := part.strip(_AROUND))]
    return tuple(plain)


def _readings(words: Sequence[str], partitions: Names, modes: Mapping[str, Mode] | None) -> list[AlarmWords]:
    """Return what words may say, by each mode that may be meant."""
    readings = [_reading(words, None, partitions)]
    longest = max((name.count(" ") + 1 for name in modes or ()), default=0)
    for start in range(min(len(words), _MOST_TRIED)):
        for end in range(start + 1, min(start + longest, len(words)) + 1):
            mode = None if modes is None else modes.get(fold(" ".join(words[start:end])))
            if mode is not None:
                readings.append(_reading((*words[:start], *words[end:]), mode, partitions))
    return readings


def _reading(rest: Sequence[str], mode: Mode | None, partitions: Names) -> AlarmWords:
    """Return what words say that name no mode: the longest name of a partition, and what is left."""
    for length in range(min(partitions.longest, len(rest)), 0, -1):
        for start in range(len(rest) - length + 1):
            found = meant(" ".join(rest[start : start + length]), partitions)
            if found:
                left = " ".join(_plain((*rest[:start], *rest[start + length :]), partitions))
                return AlarmWords(mode=mode, partitions=found, left=left)
    return AlarmWords(mode=mode, left=" ".join(_plain(rest, partitions)))


def meant(phrase: str, partitions: Names) -> tuple[str, ...]:
    """Return the partitions of a name; a key, which few people know, is one where nothing else is called so.

    Of several that have one name, that one is meant of which the phrase is exactly the key.
    """
    wanted = fold(phrase)
    found = partitions.by_name.get(wanted, ())
    named = tuple(key for key in found if fold(partitions.shown[key]) == wanted) or found
    return (phrase,) if phrase in named else named
