"""What happens to the outbox, and what it wants done once its new state is stored."""

from dataclasses import dataclass
from enum import StrEnum

from .model import Picture, Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """There is something to tell. Posted again under the same id, it is told once."""

    telling: Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A message got through."""

    attempt_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A message did not get through. ``retry_after`` (seconds) is the channel's wish; ``permanent``: it never will."""

    attempt_id: int
    retry_after: float | None = None
    permanent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Something is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsChanged:
    """Channels were set up, changed, or taken away. ``changed`` are the ids of those that were there before."""

    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """The outbox was loaded. What was under way is sent again, as nobody knows what became of it."""


type Event = Posted | Delivered | Failed | Tick | ChannelsChanged | Restarted


class DropReason(StrEnum):
    """Why something is told by nobody."""

    NO_CHANNEL = "no_channel"
    UNWANTED = "unwanted"
    NO_PEOPLE = "no_people"
    SUPERSEDED = "superseded"
    OVERFLOW = "overflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Send one message, and answer with ``Delivered`` or ``Failed``.

    Of several tellings each gets its share of the text; ``pictures`` are theirs, in the same order, 10 at most.
    """

    attempt_id: int
    channel_id: str
    tellings: tuple[Telling, ...]
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A channel told it. ``was_undelivered``: that it was undelivered need no longer be shown."""

    telling: Telling
    channel_id: str
    was_undelivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Every channel had its time and none told it. Said once; trying goes on. ``stranded``: no channel is for it."""

    telling: Telling
    stranded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Nobody told it, and nobody will."""

    telling: Telling
    reason: DropReason


type Effect = Deliver | Told | Undelivered | Dropped
