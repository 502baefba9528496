"""What people were told, read back from what they got, and what is wrong with it across kills of Home Assistant."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
import re
from typing import Final

_SEVERAL: Final = re.compile(r"\d+ events?")
_DETAIL: Final = re.compile(r".+: (?P<detail>n\d+)")
_ALARM: Final = "alarm, "
_MARK: Final = " · "
# What is no alarm may be lost if it was announced within so many seconds of the kill: it is on its way to the disk.
MOMENT: Final = 1.0

type Channels = Mapping[str, Sequence[Message]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing that is told: a trigger by its detail, which no other has; an alarm by its time on the wall."""

    name: str
    alarm: bool = False
    # An alarm's, which is no part of what it is.
    detail: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one message told, and when the other side took it (unix seconds)."""

    at: float
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What was announced, in that order, and when (unix seconds), until Home Assistant was killed.

    What it sent at its last moment may be taken after that, but not after ``gone_at``: it was dead by then.
    """

    killed_at: float
    gone_at: float
    announced: Mapping[Thing, float]


def clock_of(moment: str) -> str:
    """Return the time on the wall of a moment as entities tell it, in a home that goes by UTC."""
    return datetime.fromisoformat(moment).strftime("%I:%M:%S %p").removeprefix("0")


def things_of(text: str, title: str | None = None) -> tuple[Thing, ...]:
    """Return what a message tells. Of one thing, the lines after the second are what was before it."""
    lines = text.split("\n")
    heading = lines[0] if title is None else title
    if _SEVERAL.fullmatch(heading) is not None:
        entries = [line.rpartition(_MARK)[::2] for line in (lines[1:] if title is None else lines)]
    else:
        about = lines[0] if title is None else f"{title}: {lines[0]}"
        entries = [(about, lines[1].rpartition(_MARK)[2])] if len(lines) > 1 else []
    return tuple(found for about, clock in entries if (found := _thing(about, clock)) is not None)


def _thing(about: str, clock: str) -> Thing | None:
    match = _DETAIL.fullmatch(about)
    detail = None if match is None else match["detail"]
    if _ALARM in about:
        return Thing(name=clock, alarm=True, detail=detail)
    return None if detail is None else Thing(name=detail)


def problems_of(lives: Sequence[Life], told: Channels) -> list[str]:
    """Say what is wrong with what was told over each channel, its messages in the order in which they were taken."""
    return [*_lost(lives, told), *_repeated(lives, told), *_disordered(lives, told)]


def repeated(messages: Iterable[Message]) -> Counter[Thing]:
    """Return how often each thing was told more than once."""
    counted = Counter(thing for message in messages for thing in message.things)
    return counted - Counter(dict.fromkeys(counted, 1))


def under_way(messages: Iterable[Message], gone_at: float) -> tuple[Thing, ...]:
    """Return what was in the message that was taken last of one life: its answer may not have been kept."""
    before = [message for message in messages if message.at <= gone_at]
    return before[-1].things if before else ()


def untold(lives: Iterable[Life], told: Channels) -> dict[Thing, float]:
    """Return what was told nobody, and how many seconds before the kill it was announced."""
    known = {thing for messages in told.values() for message in messages for thing in message.things}
    return {thing: life.killed_at - at for life in lives for thing, at in life.announced.items() if thing not in known}


def _lost(lives: Iterable[Life], told: Channels) -> Iterator[str]:
    for thing, before in untold(lives, told).items():
        if thing.alarm or before >= MOMENT:
            yield f"{thing}, announced {before:.2f} s before the kill, was told nobody"


def _repeated(lives: Iterable[Life], told: Channels) -> Iterator[str]:
    ends = [life.gone_at for life in lives]
    for channel, messages in told.items():
        allowed = Counter(thing for end in ends for thing in set(under_way(messages, end)))
        for thing, times in (repeated(messages) - allowed).items():
            taken = [message.at for message in messages if thing in message.things]
            yield f"{channel}: {thing} was told {times} times too often, at {taken}; lives ended at {ends}"


def _disordered(lives: Iterable[Life], told: Channels) -> Iterator[str]:
    """Find what came after something that was announced later: alarms go first, else the oldest does."""
    places = {thing: place for place, thing in enumerate(thing for life in lives for thing in life.announced)}
    for channel, messages in told.items():
        first = dict.fromkeys(thing for message in messages for thing in message.things if thing in places)
        for alarm in (True, False):
            names = [thing.name for thing in first if thing.alarm is alarm]
            wanted = [thing.name for thing in sorted(first, key=places.__getitem__) if thing.alarm is alarm]
            if names != wanted:
                yield f"{channel}: told as {names}, announced as {wanted}"
