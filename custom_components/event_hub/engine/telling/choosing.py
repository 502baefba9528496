"""What a channel tells next, and what goes along in the same message."""

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

type Waiting = tuple[Posting, Errand]


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


def choose(waiting: list[Waiting], channel: Channel, now: float) -> tuple[Posting, ...]:
    """Return what goes into the next message, oldest first; nothing if nothing may go yet."""
    able = [each for each in waiting if (due := ready_at(*each, channel)) is not None and now >= due]
    if not able:
        return ()
    lead = min(able, key=_order)
    # Pictures that still wait for others have found them.
    others = [each for each in waiting if ready_at(*each, channel) is not None and each is not lead]
    along = sorted((each for each in others if _fits(each, lead, channel)), key=_order)
    chosen = (lead, *along[: _room(lead[0].telling, channel) - 1])
    return tuple(sorted((posting for posting, _ in chosen), key=lambda posting: posting.number))


def _order(each: Waiting) -> tuple[bool, int, float, int]:
    """Owed longest first: an input that always has news would else never have its turn."""
    posting, errand = each
    return not goes_first(posting, errand), errand.tries // ROUNDS, errand.since, posting.number


def _room(telling: Telling, channel: Channel) -> int:
    if not carries(telling, channel):
        return min(BUNDLE_LIMIT, max(1, channel.max_length // SHARE))
    return ALBUM_LIMIT if channel.pictures is Pictures.ALBUM else 1


def _fits(each: Waiting, lead: Waiting, channel: Channel) -> bool:
    """Whether two things may go in one message: buttons belong to one, and what is critical is not to be overlooked."""
    if channel.buttons or _goes_alone(each) or _goes_alone(lead):
        return False
    first, second = lead[0].telling, each[0].telling
    return first.critical == second.critical and carries(first, channel) == carries(second, channel)


def _goes_alone(each: Waiting) -> bool:
    posting, errand = each
    refused = errand.alone or errand.refused_at is not None
    return refused or errand.tries >= ROUNDS or posting.telling.topic is Topic.DIGEST
