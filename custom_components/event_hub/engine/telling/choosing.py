"""What a channel tells next, and what goes along in the same message."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
import itertools
import math
from typing import Final

from .model import TOGETHER, Channel, Pictures, Telling, Topic
from .state import Errand, Posting

ALBUM_LIMIT: Final = 10
BUNDLE_LIMIT: Final = 10
TOGETHER_LIMIT: Final = 500
# UTF-16 units that each telling of a message has at least.
SHARE: Final = 120
# What failed so often is tried by itself, after the others of its kind.
ROUNDS: Final = 3
# What failed so often goes first no longer, even if it is critical: it may be what is wrong.
FIRST_TRIES: Final = 12
# Seconds after which a channel is asked again for what it refused, if nobody told it.
REFUSED_PAUSE: Final = 900.0
# Seconds in which what falls silent, or is back, waits for others: one message counts them, however many.
TOGETHER_GATHER: Final = 30.0
_REFUSED: Final = (False, None, None, False, True)

# Of one channel: what goes before what, and the number of its posting.
type _Turn = tuple[bool, int, float, int]
# What may go in one message is of one kind: whether it is critical, to be told without a sound, counted in one, has a
# picture, goes alone.
type _Kind = tuple[bool, Topic | None, Topic | None, bool, bool]


def ready_at(posting: Posting, errand: Errand, channel: Channel) -> float | None:
    """Return when an errand may be run, ``None`` for never."""
    if errand.refused_at is not None:
        return errand.refused_at + REFUSED_PAUSE if posting.undelivered else None
    return errand.since + _gather(posting.telling, channel)


def _gather(telling: Telling, channel: Channel) -> float:
    """Return for how long something waits for others that are to come along."""
    if telling.critical:
        return 0.0
    if telling.topic in TOGETHER:
        # The next channel is not to be used meanwhile.
        return min(TOGETHER_GATHER, channel.deadline / 2)
    return channel.gather if carries(telling, channel) and channel.pictures is Pictures.ALBUM else 0.0


def carries(telling: Telling, channel: Channel) -> bool:
    """Whether a message about it on this channel has a picture."""
    return telling.picture is not None and channel.pictures is not Pictures.NONE


def goes_first(posting: Posting, errand: Errand) -> bool:
    """Whether it goes before everything that is not critical."""
    return posting.telling.critical and errand.tries < FIRST_TRIES


class Line:
    """What a channel has to tell, in the order in which it would."""

    def __init__(self, channel: Channel) -> None:
        """Begin with nothing."""
        self.channel = channel
        self._turns: dict[_Kind, list[_Turn]] = {}
        # When each may go, of all that ever may; and of what was refused before.
        self._ready: list[tuple[float, int]] = []
        # Of it, what does not wait for the channel's interval.
        self._critical: list[tuple[float, int]] = []
        self._refused: list[tuple[float, int]] = []

    def put(self, posting: Posting, errand: Errand) -> None:
        """Take in an errand to this channel."""
        at = ready_at(posting, errand, self.channel)
        if at is None:
            return
        insort(self._ready, (at, posting.number))
        if errand.refused_at is not None:
            insort(self._refused, (at, posting.number))
            return
        insort(self._turns.setdefault(self._kind(posting, errand), []), _turn(posting, errand))
        if goes_first(posting, errand):
            insort(self._critical, (at, posting.number))

    def take(self, posting: Posting, errand: Errand) -> None:
        """Forget an errand."""
        at = ready_at(posting, errand, self.channel)
        if at is None:
            return
        del self._ready[bisect_left(self._ready, (at, posting.number))]
        if errand.refused_at is not None:
            del self._refused[bisect_left(self._refused, (at, posting.number))]
            return
        turns = self._turns[self._kind(posting, errand)]
        del turns[bisect_left(turns, _turn(posting, errand))]
        if goes_first(posting, errand):
            del self._critical[bisect_left(self._critical, (at, posting.number))]

    def first_ready(self) -> float:
        """Return when the first may go, infinity for never."""
        return self._ready[0][0] if self._ready else math.inf

    def first_critical(self) -> float:
        """Return when the first may go that does not wait for the channel's interval, infinity for never."""
        return self._critical[0][0] if self._critical else math.inf

    def choose(self, postings: Mapping[int, Posting], now: float, *, critical: bool = False) -> tuple[Posting, ...]:
        """Return what goes into the next message, oldest first; nothing if nothing may go yet.

        ``critical``: only what does not wait for the channel's interval.
        """
        if critical and not self._critical:
            return ()
        lead = min(self._able(postings, now, critical=critical), default=None)
        if lead is None:
            return ()
        (*_, first), kind = lead
        if kind == _REFUSED:
            return tuple(postings[number] for number in sorted((first, *self._refused_along(postings, first, now))))
        room = self._room(kind)
        # Pictures that still wait for others have found them.
        others = (turn[-1] for turn in self._turns.get(kind, ()) if turn[-1] != first)
        numbers = (first, *itertools.islice(others, room - 1))
        return tuple(postings[number] for number in sorted(numbers))

    def _refused_along(self, postings: Mapping[int, Posting], first: int, now: float) -> Iterator[int]:
        """Give what was refused, may be tried again, and is counted in one with the first; all else goes alone."""
        told = postings[first].telling
        if told.topic not in TOGETHER:
            return
        for _, number in itertools.takewhile(lambda each: each[0] <= now, self._refused):
            other = postings[number].telling
            is_same = (other.topic, other.critical, other.only_for) == (told.topic, told.critical, told.only_for)
            if is_same and number != first:
                yield number

    def _able(self, postings: Mapping[int, Posting], now: float, *, critical: bool) -> Iterator[tuple[_Turn, _Kind]]:
        """Give of each kind the first that may go now."""
        for kind, turns in self._turns.items():
            # Each waits as long as the others of its kind, so the first may go first; but for those that failed before.
            *_, alone = kind
            able = (turn for turn in (turns if alone else turns[:1]) if self._may_go(postings[turn[-1]], now))
            for turn in itertools.islice(able, 1):
                if not (critical and turn[0]):
                    yield self._turn_of_all(postings[turn[-1]], turn), kind
        for at, number in self._refused:
            # What was refused before can wait.
            if critical or at > now:
                return
            posting = postings[number]
            errand = posting.errand(self.channel.channel_id)
            if errand is not None:
                yield _turn(posting, errand), _REFUSED

    def _turn_of_all(self, posting: Posting, turn: _Turn) -> _Turn:
        """Return when the first of its kind has its turn among others: what is counted may have failed, too."""
        errand = posting.errand(self.channel.channel_id)
        is_last, _, since, number = turn
        return turn if errand is None else (is_last, errand.tries // ROUNDS, since, number)

    def _may_go(self, posting: Posting, now: float) -> bool:
        errand = posting.errand(self.channel.channel_id)
        at = None if errand is None else ready_at(posting, errand, self.channel)
        return at is not None and now >= at

    def _kind(self, posting: Posting, errand: Errand) -> _Kind:
        """Buttons belong to one thing, and what is critical is neither to be overlooked nor, if silent, to be heard.

        What is counted stays together however often it failed: after an outage it would else go one by one.
        """
        telling = posting.telling
        counted = telling.topic if telling.topic in TOGETHER else None
        has_failed = counted is None and errand.tries >= ROUNDS
        alone = errand.alone or has_failed or telling.topic is Topic.DIGEST
        return telling.critical, telling.only_for, counted, carries(telling, self.channel), alone

    def _room(self, kind: _Kind) -> int:
        """Return how many things of a kind one message has room for."""
        _, _, counted, carried, alone = kind
        if alone:
            return 1
        if counted is not None:
            return TOGETHER_LIMIT
        if self.channel.buttons:
            return 1
        if not carried:
            return min(BUNDLE_LIMIT, max(1, self.channel.max_length // SHARE))
        return ALBUM_LIMIT if self.channel.pictures is Pictures.ALBUM else 1


def _turn(posting: Posting, errand: Errand) -> _Turn:
    """Owed longest first: an input that always has news would else never have its turn.

    Of what is counted only the first is asked whether it may go: that must not be one that still waits for others.
    """
    rounds = 0 if posting.telling.topic in TOGETHER else errand.tries // ROUNDS
    return not goes_first(posting, errand), rounds, errand.since, posting.number
