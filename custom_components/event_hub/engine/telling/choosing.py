"""What a channel tells next, and what goes along in the same message."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
import itertools
from typing import Final

from .model import Channel, Pictures, Telling, Topic
from .state import Errand, Posting

ALBUM_LIMIT: Final = 10
BUNDLE_LIMIT: Final = 10
# UTF-16 units that each telling of a message has at least.
SHARE: Final = 120
# What failed so often is tried by itself, after the others of its kind.
ROUNDS: Final = 3
# What failed so often goes first no longer, even if it is critical: it may be what is wrong.
FIRST_TRIES: Final = 12
# Seconds after which a channel is asked again for what it refused, if nobody told it.
REFUSED_PAUSE: Final = 900.0
_REFUSED: Final = (False, None, False, True)

# Of one channel: what goes before what, and the number of its posting.
type _Turn = tuple[bool, int, float, int]
# What may go in one message is of one kind: whether it is critical, to be told without a sound, has a picture, goes
# alone.
type _Kind = tuple[bool, Topic | None, bool, bool]


def ready_at(posting: Posting, errand: Errand, channel: Channel) -> float | None:
    """Return when an errand may be run, ``None`` for never."""
    if errand.refused_at is not None:
        return errand.refused_at + REFUSED_PAUSE if posting.undelivered else None
    telling = posting.telling
    gathers = carries(telling, channel) and channel.pictures is Pictures.ALBUM and not telling.critical
    return errand.since + channel.gather if gathers else errand.since


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
        self._refused: list[tuple[float, int]] = []

    def put(self, posting: Posting, errand: Errand) -> None:
        """Take in an errand to this channel."""
        at = ready_at(posting, errand, self.channel)
        if at is None:
            return
        insort(self._ready, (at, posting.number))
        if errand.refused_at is not None:
            insort(self._refused, (at, posting.number))
        else:
            insort(self._turns.setdefault(self._kind(posting, errand), []), _turn(posting, errand))

    def take(self, posting: Posting, errand: Errand) -> None:
        """Forget an errand."""
        at = ready_at(posting, errand, self.channel)
        if at is None:
            return
        del self._ready[bisect_left(self._ready, (at, posting.number))]
        if errand.refused_at is not None:
            del self._refused[bisect_left(self._refused, (at, posting.number))]
        else:
            turns = self._turns[self._kind(posting, errand)]
            del turns[bisect_left(turns, _turn(posting, errand))]

    def first_ready(self) -> float | None:
        """Return when the first may go, ``None`` for never."""
        return self._ready[0][0] if self._ready else None

    def choose(self, postings: Mapping[int, Posting], now: float) -> tuple[Posting, ...]:
        """Return what goes into the next message, oldest first; nothing if nothing may go yet."""
        lead = min(self._able(postings, now), default=None)
        if lead is None:
            return ()
        (*_, first), kind = lead
        *_, carried, alone = kind
        room = 1 if alone or self.channel.buttons else self._room(carried=carried)
        # Pictures that still wait for others have found them.
        others = (turn[-1] for turn in self._turns.get(kind, ()) if turn[-1] != first)
        numbers = (first, *itertools.islice(others, room - 1))
        return tuple(postings[number] for number in sorted(numbers))

    def _able(self, postings: Mapping[int, Posting], now: float) -> Iterator[tuple[_Turn, _Kind]]:
        """Give of each kind the first that may go now."""
        for kind, turns in self._turns.items():
            # Those that may not go yet are the last few.
            able = (turn for turn in turns if self._may_go(postings[turn[-1]], now))
            yield from ((turn, kind) for turn in itertools.islice(able, 1))
        for at, number in self._refused:
            if at > now:
                return
            posting = postings[number]
            errand = posting.errand(self.channel.channel_id)
            if errand is not None:
                yield _turn(posting, errand), _REFUSED

    def _may_go(self, posting: Posting, now: float) -> bool:
        errand = posting.errand(self.channel.channel_id)
        at = None if errand is None else ready_at(posting, errand, self.channel)
        return at is not None and now >= at

    def _kind(self, posting: Posting, errand: Errand) -> _Kind:
        """Buttons belong to one thing, and what is critical is neither to be overlooked nor, if silent, to be heard."""
        telling = posting.telling
        alone = errand.alone or errand.tries >= ROUNDS or telling.topic is Topic.DIGEST
        return telling.critical, telling.only_for, carries(telling, self.channel), alone

    def _room(self, *, carried: bool) -> int:
        if not carried:
            return min(BUNDLE_LIMIT, max(1, self.channel.max_length // SHARE))
        return ALBUM_LIMIT if self.channel.pictures is Pictures.ALBUM else 1


def _turn(posting: Posting, errand: Errand) -> _Turn:
    """Owed longest first: an input that always has news would else never have its turn."""
    return not goes_first(posting, errand), errand.tries // ROUNDS, errand.since, posting.number
