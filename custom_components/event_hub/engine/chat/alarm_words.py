"""The words after /arm, /disarm and the like: a mode, a partition, and what is left is a code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..alarm.model import Mode
from .naming import Names, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmWords:
    """What the words say. More than one partition: several have that name. ``left`` may be a code."""

    mode: Mode | None = None
    partitions: tuple[str, ...] = ()
    left: str = field(default="", repr=False)


def read_alarm_words(words: Sequence[str], partitions: Names, modes: Mapping[str, Mode] | None = None) -> AlarmWords:
    """Read words in any order; without ``modes`` (by folded word) none is looked for.

    A word can be both a mode and the name of a partition: it is what leaves fewer words that mean nothing.
    """
    readings = [_reading(words, None, partitions, modes)]
    for position, word in enumerate(words if modes else ()):
        if modes and fold(word) in modes:
            readings.append(_reading(words, position, partitions, modes))
    return min(readings, key=lambda each: (bool(modes) and each.mode is None, len(each.left.split())))


def _reading(
    words: Sequence[str], position: int | None, partitions: Names, modes: Mapping[str, Mode] | None
) -> AlarmWords:
    mode = None if position is None or modes is None else modes[fold(words[position])]
    rest = [word for index, word in enumerate(words) if index != position]
    for length in range(min(partitions.longest, len(rest)), 0, -1):
        for start in range(len(rest) - length + 1):
            found = partitions.by_name.get(fold(" ".join(rest[start : start + length])))
            if found:
                left = " ".join((*rest[:start], *rest[start + length :]))
                return AlarmWords(mode=mode, partitions=found, left=left)
    return AlarmWords(mode=mode, left=" ".join(rest))
