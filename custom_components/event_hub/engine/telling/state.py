"""What the outbox keeps, all of it plain data: what is to be told, to whom it was told, and how the channels do.

All times are unix seconds, of the past: what is due is such a time and a duration, so that a clock that is set back
makes nothing wait for longer than it may.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .model import Telling

if TYPE_CHECKING:
    from .index import Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One telling on its way through one channel, ``since`` it was given to it.

    ``tries`` failed so far. ``refused_at``: then the channel said that it never will. ``alone``: it goes by itself, as
    the message it was in was refused.
    """

    channel_id: str
    since: float
    tries: int = 0
    refused_at: float | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A telling that is kept. ``number`` grows with each; ``told`` are the channels that told it, in that order.

    ``replaced``: a newer one of the same input took its place with a channel, and goes on through the others.
    ``undelivered``: it was reported as such.
    """

    number: int
    telling: Telling
    posted_at: float
    errands: tuple[Errand, ...] = ()
    told: tuple[str, ...] = ()
    replaced: bool = False
    undelivered: bool = False

    def errand(self, channel_id: str) -> Errand | None:
        """Return its errand to a channel, if it has one."""
        return next((errand for errand in self.errands if errand.channel_id == channel_id), None)

    @property
    def is_stranded(self) -> bool:
        """Whether no channel is for something critical: it is kept, and shown, until one is."""
        return self.undelivered and self.telling.critical and not self.errands and not self.told


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One message under way ``since`` then, with the postings of these numbers in it."""

    attempt_id: int
    since: float
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatus:
    """How a channel does. It rests for ``pause`` seconds after ``rest_since``.

    What is critical waits for ``critical_pause`` only; ``None``, as earlier versions kept it: as long as all else.
    ``failures`` came in a row. ``late`` attempts were given up unanswered; their answers may still come.
    """

    channel_id: str
    rest_since: float = 0.0
    pause: float = 0.0
    critical_pause: float | None = None
    failures: int = 0
    attempt: Attempt | None = None
    late: tuple[Attempt, ...] = ()

    @property
    def ready_at(self) -> float:
        """When the next message may go, whatever it is."""
        return self.rest_since + self.pause

    @property
    def critical_at(self) -> float:
        """When the next message may go if it is critical."""
        return self.rest_since + (self.pause if self.critical_pause is None else self.critical_pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How an outbox came of another ``at`` that time, so that only what changed is looked at.

    ``mark`` is its own, ``before`` that of the other; ``touched`` are the numbers of the postings that may differ.
    ``index`` is what is known of it, until the next step.
    """

    at: float
    mark: object
    before: object
    touched: frozenset[int]
    index: Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Everything that is to be told. ``postings`` by number, ascending; ``channels`` by id.

    ``number`` and ``attempt`` are the last ones given out; ``done`` are the ids of tellings that are over with.
    ``trace`` saves work, is kept nowhere, and may be missing.
    """

    postings: Mapping[int, Posting] = field(default_factory=dict)
    channels: Mapping[str, ChannelStatus] = field(default_factory=dict)
    number: int = 0
    attempt: int = 0
    done: tuple[str, ...] = ()
    trace: Trace | None = field(default=None, compare=False, repr=False)

    @property
    def undelivered(self) -> tuple[Telling, ...]:
        """What was reported as undelivered, and still was told by nobody: to be shown again after a restart."""
        return tuple(each.telling for each in self._untold() if not each.is_stranded)

    @property
    def stranded(self) -> tuple[Telling, ...]:
        """What of it no channel is for."""
        return tuple(each.telling for each in self._untold() if each.is_stranded)

    def _untold(self) -> Iterator[Posting]:
        return (each for each in self.postings.values() if each.undelivered and not each.told)


def moved(outbox: Outbox, by: float) -> Outbox:
    """Return an outbox after the clock was set ``by`` so many seconds. When things happened stays as it was told."""
    return replace(
        outbox,
        postings={number: _moved_posting(posting, by) for number, posting in outbox.postings.items()},
        channels={channel_id: _moved_status(status, by) for channel_id, status in outbox.channels.items()},
        trace=None,
    )


def _moved_posting(posting: Posting, by: float) -> Posting:
    errands = (
        replace(each, since=each.since + by, refused_at=None if each.refused_at is None else each.refused_at + by)
        for each in posting.errands
    )
    return replace(posting, posted_at=posting.posted_at + by, errands=tuple(errands))


def _moved_status(status: ChannelStatus, by: float) -> ChannelStatus:
    attempt = None if status.attempt is None else replace(status.attempt, since=status.attempt.since + by)
    return replace(status, rest_since=status.rest_since + by, attempt=attempt)
