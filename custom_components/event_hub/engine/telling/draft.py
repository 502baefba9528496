"""The outbox while a step changes it: what was there is never touched, what is new takes its place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
import math
from typing import Any, Final

from .events import Dropped, DropReason, Effect, Told, Undelivered
from .index import Index, index_of, traced
from .model import Channel, Telling, Topic
from .state import Attempt, ChannelStatus, Errand, Outbox, Posting

# So many tellings are remembered after they are over with, lest one that is posted again is told again.
DONE_LIMIT: Final = 64
# In characters; more of them is never told.
_LABEL: Final = 200
_DETAIL: Final = 2000
_RECENT: Final = 30


class Draft:
    """A working copy of an outbox. ``channels`` are those in use, in order; ``effects`` what is wanted so far."""

    def __init__(self, outbox: Outbox, now: float, channels: Sequence[Channel]) -> None:
        """Start with what is there."""
        self.now = now
        self.channels: Mapping[str, Channel] = {each.channel_id: each for each in channels if each.enabled}
        self.is_set_up = bool(channels)
        self.postings = dict(outbox.postings)
        self.statuses = dict(outbox.channels)
        self.number = outbox.number
        self.attempt = outbox.attempt
        self.done = outbox.done
        self.effects: list[Effect] = []
        self._before = outbox
        self._touched: set[int] = set()
        in_use = tuple(self.channels.values())
        index = None if self._turned_back() else index_of(outbox, in_use)
        self.index = index or Index(in_use, self.postings.values())
        # It tells of this draft now, and no longer of what was before.
        self.index.mark = None

    def outbox(self) -> Outbox:
        """Return the outbox as it is now."""
        return Outbox(
            postings=self.postings,
            channels=self.statuses,
            number=self.number,
            attempt=self.attempt,
            done=self.done,
            trace=traced(self._before, self.now, self.index, self._touched),
        )

    def status(self, channel_id: str) -> ChannelStatus:
        """Return how a channel does; one that was never used is ready."""
        return self.statuses.get(channel_id) or ChannelStatus(channel_id=channel_id)

    def set_status(self, channel_id: str, **changes: Any) -> None:
        """Change how a channel does."""
        self.statuses[channel_id] = replace(self.status(channel_id), **changes)

    def under_way(self, channel_id: str) -> tuple[int, ...]:
        """Return the numbers of the postings that a channel has under way."""
        status = self.statuses.get(channel_id)
        return () if status is None or status.attempt is None else status.attempt.numbers

    def is_under_way(self, posting: Posting) -> bool:
        """Whether a channel has it under way."""
        return any(posting.number in self.under_way(errand.channel_id) for errand in posting.errands)

    def all_under_way(self) -> frozenset[int]:
        """Return the numbers of the postings that any channel has under way."""
        attempts = (status.attempt for status in self.statuses.values() if status.attempt is not None)
        return frozenset(number for attempt in attempts for number in attempt.numbers)

    def put(self, posting: Posting) -> None:
        """Take in a posting that is new or changed."""
        self.postings[posting.number] = posting
        self._touched.add(posting.number)
        self.index.put(posting)

    def change(self, number: int, **changes: Any) -> None:
        """Change a posting."""
        self.put(replace(self.postings[number], **changes))

    def change_errand(self, number: int, channel_id: str, **changes: Any) -> None:
        """Change a posting's errand to a channel, where it has one."""
        errands = tuple(
            replace(errand, **changes) if errand.channel_id == channel_id else errand
            for errand in self.postings[number].errands
        )
        self.change(number, errands=errands)

    def remove_errands(self, number: int, channel_ids: Iterable[str]) -> None:
        """Take a posting away from channels, but not what is under way."""
        gone = {each for each in channel_ids if number not in self.under_way(each)}
        before = self.postings[number].errands
        after = tuple(errand for errand in before if errand.channel_id not in gone)
        if len(after) != len(before):
            self.change(number, errands=after)

    def tell(self, number: int, channel_id: str) -> None:
        """Note that a channel told a posting."""
        posting = self.postings.get(number)
        if posting is None or channel_id in posting.told:
            return
        errands = tuple(errand for errand in posting.errands if errand.channel_id != channel_id)
        was_undelivered = posting.undelivered and not posting.told
        self.effects.append(Told(telling=posting.telling, channel_id=channel_id, was_undelivered=was_undelivered))
        self.change(number, errands=errands, told=(*posting.told, channel_id))

    def report_undelivered(self, number: int) -> None:
        """Note, and say once, that every channel had its time."""
        posting = self.postings[number]
        if posting.undelivered:
            return
        self.change(number, undelivered=True)
        # To tell that this was not told either would never end.
        if posting.telling.topic is not Topic.UNDELIVERED:
            self.effects.append(Undelivered(telling=posting.telling, stranded=self.postings[number].is_stranded))

    def finish(self, number: int) -> None:
        """Forget a posting that is over with."""
        posting = self.postings.pop(number)
        self._touched.add(number)
        self.index.take(posting)
        self.done = (*self.done, posting.telling.telling_id)[-DONE_LIMIT:]

    def give_up(self, number: int, reason: DropReason) -> None:
        """Forget a posting that no channel is for, unless it is critical: that is kept until one is.

        What must not show is forgotten all the same, as is everything where nobody wants to be told of anything.
        """
        telling = self.postings[number].telling
        if telling.critical and telling.only_for is None and self.is_set_up and not self.postings[number].told:
            self.report_undelivered(number)
        else:
            self.drop(number, reason)

    def drop(self, number: int, reason: DropReason) -> None:
        """Forget a posting; if nobody told it, say so."""
        posting = self.postings[number]
        if not posting.told:
            if posting.telling.critical:
                self.report_undelivered(number)
            self.effects.append(Dropped(telling=posting.telling, reason=reason))
        self.finish(number)

    def _turned_back(self) -> bool:
        """After a clock was set back, what was in the future is now. Says whether that may be."""
        trace = self._before.trace
        if trace is not None and self.now >= trace.at:
            return False
        for number, posting in self.postings.items():
            if posting.posted_at > self.now or any(_last(errand) > self.now for errand in posting.errands):
                errands = tuple(self._past_errand(errand) for errand in posting.errands)
                self.postings[number] = replace(posting, posted_at=min(posting.posted_at, self.now), errands=errands)
                self._touched.add(number)
        for channel_id, status in self.statuses.items():
            attempt = status.attempt
            if status.rest_since > self.now or (attempt is not None and attempt.since > self.now):
                rest_since = min(status.rest_since, self.now)
                self.statuses[channel_id] = replace(status, rest_since=rest_since, attempt=self._past_attempt(attempt))
        return True

    def _past_errand(self, errand: Errand) -> Errand:
        refused_at = None if errand.refused_at is None else min(errand.refused_at, self.now)
        return replace(errand, since=min(errand.since, self.now), refused_at=refused_at)

    def _past_attempt(self, attempt: Attempt | None) -> Attempt | None:
        return None if attempt is None else replace(attempt, since=min(attempt.since, self.now))


def _last(errand: Errand) -> float:
    return errand.since if errand.refused_at is None else max(errand.since, errand.refused_at)


def bounded(telling: Telling, now: float) -> Telling:
    """Return a telling whose texts take no more room than messages have, and whose times are times."""
    recent = tuple(
        replace(each, label=each.label[:_LABEL], detail=_cut(each.detail, _LABEL))
        for each in telling.recent[:_RECENT]
        if math.isfinite(each.at)
    )
    return replace(
        telling,
        at=telling.at if math.isfinite(telling.at) else now,
        lasted=_finite(telling.lasted),
        until=_finite(telling.until),
        label=_cut(telling.label, _LABEL),
        detail=_cut(telling.detail, _DETAIL),
        location=_cut(telling.location, _LABEL),
        partition=_cut(telling.partition, _LABEL),
        by=_cut(telling.by, _LABEL),
        affected=tuple(each[:_LABEL] for each in telling.affected[:_RECENT]),
        areas=tuple(each[:_LABEL] for each in telling.areas[:_RECENT]),
        recent=recent,
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _cut(text: str | None, limit: int) -> str | None:
    return None if text is None else text[:limit]
