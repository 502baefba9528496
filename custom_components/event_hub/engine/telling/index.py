"""What is known of what waits, so that a step looks only at what has to do with it, however much waits.

It is changed along with the outbox and goes from each to the next: of an earlier one it says nothing any more, and is
made anew.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
import math
from typing import Final

from .choosing import Line
from .groups import Group, group_of, is_replaceable
from .model import Channel, Telling, Topic
from .state import Errand, Outbox, Posting, Trace

type _Moments = list[tuple[float, int]]

_NEVER: Final = math.inf


class Index:
    """What waits, by what is asked of it. ``channels`` are those in use, in order."""

    def __init__(self, channels: Sequence[Channel], postings: Iterable[Posting] = ()) -> None:
        """Take in what is there, of which nothing is settled yet."""
        self.channels = tuple(channels)
        # The mark of the one outbox that it tells of.
        self.mark: object = None
        # What changed since it was last looked at.
        self.unsettled: set[int] = set()
        self.ids: set[str] = set()
        self.stranded: dict[int, Topic] = {}
        self.lines: Mapping[str, Line] = {each.channel_id: Line(each) for each in channels}
        self._postings: dict[int, Posting] = {}
        self._groups: dict[int, Group] = {}
        # With a channel, of the same: all, and those that make room for what is newer.
        self._same: dict[tuple[str, Group], list[int]] = {}
        self._replaceable: dict[tuple[str, Group], list[int]] = {}
        self._worth: list[tuple[bool, bool, int]] = []
        self._told: _Moments = []
        self._settled: dict[int, tuple[float, float]] = {}
        self._looks: _Moments = []
        self._dues: _Moments = []
        for posting in postings:
            self.put(posting)

    def put(self, posting: Posting) -> None:
        """Take in a posting that is new or changed."""
        number, before = posting.number, self._postings.get(posting.number)
        self._postings[number] = posting
        self._unsettle(number)
        if before is None:
            self.ids.add(posting.telling.telling_id)
            group = group_of(posting.telling)
            if group is not None:
                self._groups[number] = group
        self._weigh(before, posting)
        errands = () if before is None else before.errands
        # When what was refused is tried again depends on more than the errand.
        anew = before is not None and before.undelivered != posting.undelivered
        for errand in errands:
            if anew or not _is_among(errand, posting.errands):
                self._take_errand(before or posting, errand)
        for errand in posting.errands:
            if anew or not _is_among(errand, errands):
                self._put_errand(posting, errand)

    def take(self, posting: Posting) -> None:
        """Forget a posting."""
        number = posting.number
        self._unsettle(number)
        self.unsettled.discard(number)
        for errand in posting.errands:
            self._take_errand(posting, errand)
        self._weigh(posting, None)
        self.ids.discard(posting.telling.telling_id)
        self._groups.pop(number, None)
        del self._postings[number]

    def settle(self, number: int, until: float, due: float) -> None:
        """Note that nothing is to be done about a posting before ``until``, and that it is due at ``due``.

        Infinity: not by time alone.
        """
        self.unsettled.discard(number)
        self._settled[number] = until, due
        _put(self._looks, until, number)
        _put(self._dues, due, number)

    def to_look_at(self, now: float) -> list[int]:
        """Return the numbers of what changed, or has a time that has come, ascending."""
        for _, number in self._looks[: bisect_left(self._looks, (now, math.inf))]:
            self._unsettle(number)
        return sorted(self.unsettled)

    def next_due(self) -> float:
        """Return when something is due with a posting, other than that it was told long ago."""
        return self._dues[0][0] if self._dues else _NEVER

    def told(self) -> Iterable[tuple[float, int]]:
        """Return when what somebody told already was posted, and its number, the oldest first."""
        return self._told

    def least_first(self) -> Iterable[int]:
        """Return the numbers of all there is, what is least missed first."""
        return (number for _, _, number in self._worth)

    def of_same(self, number: int, channel_id: str) -> Sequence[int]:
        """Return what of the same kind as a posting a channel has to tell, itself among them, ascending."""
        return self._in_group(self._same, number, channel_id)

    def older_of_same(self, number: int, channel_id: str) -> Sequence[int]:
        """Return what of it makes room for this posting."""
        same = self._in_group(self._replaceable, number, channel_id)
        return same[: bisect_left(same, number)]

    def _in_group(self, table: Mapping[tuple[str, Group], list[int]], number: int, channel_id: str) -> Sequence[int]:
        group = self._groups.get(number)
        return () if group is None else table.get((channel_id, group), ())

    def _unsettle(self, number: int) -> None:
        self.unsettled.add(number)
        until, due = self._settled.pop(number, (_NEVER, _NEVER))
        _take(self._looks, until, number)
        _take(self._dues, due, number)

    def _weigh(self, before: Posting | None, after: Posting | None) -> None:
        """Put a posting where it belongs by how much it would be missed."""
        old = None if before is None else _standing(before)
        new = None if after is None else _standing(after)
        if old == new:
            return
        if before is not None:
            del self._worth[bisect_left(self._worth, _worth(before))]
            self.stranded.pop(before.number, None)
            if before.told:
                _take(self._told, before.posted_at, before.number)
        if after is not None:
            insort(self._worth, _worth(after))
            if after.is_stranded:
                self.stranded[after.number] = after.telling.topic
            if after.told:
                _put(self._told, after.posted_at, after.number)

    def _put_errand(self, posting: Posting, errand: Errand) -> None:
        line = self.lines.get(errand.channel_id)
        if line is None:
            return
        line.put(posting, errand)
        for table, key in self._tables(posting.telling, posting.number, line.channel):
            insort(table.setdefault(key, []), posting.number)

    def _take_errand(self, posting: Posting, errand: Errand) -> None:
        line = self.lines.get(errand.channel_id)
        if line is None:
            return
        line.take(posting, errand)
        for table, key in self._tables(posting.telling, posting.number, line.channel):
            numbers = table[key]
            del numbers[bisect_left(numbers, posting.number)]
            if not numbers:
                del table[key]

    def _tables(
        self, telling: Telling, number: int, channel: Channel
    ) -> Iterable[tuple[dict[tuple[str, Group], list[int]], tuple[str, Group]]]:
        group = self._groups.get(number)
        if group is not None:
            yield self._same, (channel.channel_id, group)
            if is_replaceable(telling, channel):
                yield self._replaceable, (channel.channel_id, group)


def index_of(outbox: Outbox, channels: Sequence[Channel]) -> Index | None:
    """Return what is known of an outbox with these channels, if that is still known."""
    trace = outbox.trace
    if trace is None or trace.index.mark is not trace.mark or trace.index.channels != tuple(channels):
        return None
    return trace.index


def traced(before: Outbox, now: float, index: Index, touched: Iterable[int]) -> Trace:
    """Return how an outbox came of the one before, and let the index tell of it."""
    index.mark = mark = object()
    parent = None if before.trace is None else before.trace.mark
    return Trace(at=now, mark=mark, before=parent, touched=frozenset(touched), index=index)


def _worth(posting: Posting) -> tuple[bool, bool, int]:
    """First what somebody told already; then what is not critical; then the oldest."""
    return not posting.told, posting.telling.critical, posting.number


def _standing(posting: Posting) -> tuple[bool, bool]:
    return bool(posting.told), posting.is_stranded


def _is_among(errand: Errand, errands: Sequence[Errand]) -> bool:
    # By identity: one that is equal, and another, costs no more than to be put again.
    return any(each is errand for each in errands)


def _put(moments: _Moments, at: float, number: int) -> None:
    if at != _NEVER:
        insort(moments, (at, number))


def _take(moments: _Moments, at: float, number: int) -> None:
    if at != _NEVER:
        del moments[bisect_left(moments, (at, number))]
