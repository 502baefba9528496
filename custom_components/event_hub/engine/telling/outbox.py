"""The outbox: what is to be told, until it is told (behaviour.md, 5).

``step`` says what an event changes and what is to be done. The shell keeps the new outbox first, carries the effects
out after that, and comes back with a ``Tick`` at ``next_due``.

Bounds: ``TELLINGS_LIMIT`` tellings are kept. Beyond it the oldest goes of those that somebody told and that only wait
for another channel to be back; then the oldest that is not critical; only then the oldest at all. What somebody told is
told by another channel within ``LATE_LIMIT``, or not at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
import itertools
import math
from typing import Final

from .choosing import Line, carries
from .draft import Draft, bounded
from .events import (
    ChannelsChanged,
    Deliver,
    Delivered,
    DropReason,
    Effect,
    Event,
    Failed,
    Posted,
    Restarted,
    Tick,
)
from .index import Index, index_of
from .model import TOGETHER, Channel, Telling
from .resting import Rest, after_failure, after_message, after_refusal, rest_of
from .routing import abandon, advance, begin, is_satisfied, replace_older, route_of
from .state import Attempt, ChannelStatus, Outbox, Posting

TELLINGS_LIMIT: Final = 500
LATE_LIMIT: Final = 86_400.0
# An attempt that nobody answered for so long has failed.
ANSWER_LIMIT: Final = 120.0
_LATE_ATTEMPTS: Final = 4


def step(
    outbox: Outbox, event: Event, now: float, channels: Sequence[Channel], *, limit: int = TELLINGS_LIMIT
) -> tuple[Outbox, tuple[Effect, ...]]:
    """Return the outbox after an event at ``now`` (unix seconds), and what is to be done. Never raises.

    ``limit`` tellings are kept.
    """
    draft = Draft(outbox, now, channels)
    match event:
        case Posted(telling=telling):
            _post(draft, telling)
        case Delivered(attempt_id=attempt_id):
            _delivered(draft, attempt_id)
        case Failed():
            _failed(draft, event)
        case ChannelsChanged():
            _channels_changed(draft, event.changed)
        case Restarted():
            for channel_id in draft.statuses:
                draft.set_status(channel_id, attempt=None)
            # Channels may have been taken away while nothing ran; without any they are not loaded yet.
            if draft.channels:
                _leave_gone(draft)
        case Tick():
            pass
    _give_up_unanswered(draft)
    advance(draft)
    _forget(draft, limit)
    for channel in draft.channels.values():
        _send(draft, channel)
    _note_settled(draft)
    return draft.outbox(), tuple(draft.effects)


def next_due(outbox: Outbox, channels: Iterable[Channel]) -> float | None:
    """Return when the next ``Tick`` is wanted (unix seconds): always later than the last step. ``None``: not at all."""
    in_use = {each.channel_id: each for each in channels if each.enabled}
    index = index_of(outbox, tuple(in_use.values()))
    if index is None:
        index = Index(tuple(in_use.values()), outbox.postings.values())
        for number, posting in outbox.postings.items():
            index.settle(number, math.inf, _posting_due(posting, in_use))
    due = [index.next_due(), _late_due(index, outbox.channels)]
    due += (_channel_due(line, outbox.channels.get(channel_id)) for channel_id, line in index.lines.items())
    earliest = min(due)
    return None if earliest == math.inf else earliest


def _note_settled(draft: Draft) -> None:
    """Note of what changed, until when nothing is to be done about it: until an errand has had its time."""
    for number in draft.index.to_look_at(draft.now):
        posting = draft.postings[number]
        times = (
            errand.since + draft.channels[errand.channel_id].deadline
            for errand in posting.errands
            if errand.refused_at is None and errand.channel_id in draft.channels
        )
        until = min((each for each in times if each > draft.now), default=math.inf)
        draft.index.settle(number, until, _posting_due(posting, draft.channels))


def _post(draft: Draft, telling: Telling) -> None:
    if telling.telling_id in draft.index.ids or telling.telling_id in draft.done:
        return
    draft.number += 1
    draft.put(Posting(number=draft.number, telling=bounded(telling, draft.now), posted_at=draft.now))
    begin(draft, draft.number)


def _delivered(draft: Draft, attempt_id: int) -> None:
    for status in list(draft.statuses.values()):
        attempt = status.attempt
        if attempt is not None and attempt.attempt_id == attempt_id:
            draft.set_status(status.channel_id, attempt=None, failures=0)
            _rest(draft, status, after_message(_channel(draft, status)))
        else:
            attempt = next((each for each in status.late if each.attempt_id == attempt_id), None)
            if attempt is None:
                continue
            draft.set_status(status.channel_id, late=tuple(each for each in status.late if each is not attempt))
        for number in attempt.numbers:
            draft.tell(number, status.channel_id)


def _failed(draft: Draft, event: Failed) -> None:
    for status in list(draft.statuses.values()):
        if status.attempt is not None and status.attempt.attempt_id == event.attempt_id:
            if event.permanent:
                _refused(draft, status, status.attempt)
            else:
                _not_now(draft, status, status.attempt, event.retry_after)


def _refused(draft: Draft, status: ChannelStatus, attempt: Attempt) -> None:
    """Note a refusal of what was sent, not of the channel. Of several things one may be at fault: each goes alone.

    What is counted has a text of ours, in which none is at fault: all of it is refused.
    """
    is_one = len(attempt.numbers) == 1
    draft.set_status(status.channel_id, attempt=None, rest_since=draft.now)
    _rest(draft, status, after_refusal(_channel(draft, status), draft.now - attempt.since))
    for number in attempt.numbers:
        posting = draft.postings.get(number)
        if posting is not None:
            whole = is_one or posting.telling.topic in TOGETHER
            change = {"refused_at": draft.now} if whole else {"alone": True}
            draft.change_errand(number, status.channel_id, **change)
    _come_back(draft, status.channel_id, attempt)


def _not_now(draft: Draft, status: ChannelStatus, attempt: Attempt, retry_after: float | None) -> None:
    failures = status.failures + 1
    draft.set_status(status.channel_id, attempt=None, rest_since=draft.now, failures=failures)
    _rest(draft, status, after_failure(_channel(draft, status), failures, retry_after))
    for number in attempt.numbers:
        posting = draft.postings.get(number)
        errand = None if posting is None else posting.errand(status.channel_id)
        if errand is not None:
            draft.change_errand(number, status.channel_id, tries=errand.tries + 1)
    _come_back(draft, status.channel_id, attempt)


def _rest(draft: Draft, status: ChannelStatus, rest: Rest) -> None:
    draft.set_status(status.channel_id, pause=rest.pause, critical_pause=rest.critical_pause)


def _come_back(draft: Draft, channel_id: str, attempt: Attempt) -> None:
    """Let what came back make room for what came meanwhile."""
    channel = draft.channels.get(channel_id)
    if channel is None:
        return
    for number in attempt.numbers:
        if number in draft.postings:
            waiting = draft.index.of_same(number, channel_id)
            replace_older(draft, waiting[-1] if waiting else number, channel)


def _channel(draft: Draft, status: ChannelStatus) -> Channel | None:
    return draft.channels.get(status.channel_id)


def _channels_changed(draft: Draft, changed: frozenset[str]) -> None:
    """Forget the channels that are gone. Those that changed start afresh: what was wrong may have been put right.

    The others rest for as long as their services asked for.
    """
    for status in list(draft.statuses.values()):
        if status.channel_id not in draft.channels:
            del draft.statuses[status.channel_id]
        elif status.channel_id in changed:
            draft.set_status(status.channel_id, failures=0)
            _rest(draft, status, rest_of(status).at_most(after_message(_channel(draft, status))))
    for number, posting in list(draft.postings.items()):
        if any(errand.refused_at is not None for errand in posting.errands):
            draft.change(number, errands=tuple(replace(errand, refused_at=None) for errand in posting.errands))
    _leave_gone(draft)


def _leave_gone(draft: Draft) -> None:
    """Take away from channels what they are not for, as are those that are gone; what none is for is over with."""
    for number, posting in list(draft.postings.items()):
        if number not in draft.postings:
            # One that is newer took its place meanwhile.
            continue
        route = route_of(posting.telling, draft.channels.values())
        ids = {channel.channel_id for channel in (*route.chain, *route.always)}
        kept = tuple(errand for errand in posting.errands if errand.channel_id in ids)
        if kept != posting.errands:
            draft.change(number, errands=kept)
        if route.reason is not None:
            abandon(draft, number, route.reason)
        elif not (kept or posting.told or posting.replaced):
            begin(draft, number)


def _give_up_unanswered(draft: Draft) -> None:
    for status in list(draft.statuses.values()):
        attempt = status.attempt
        if attempt is not None and draft.now >= attempt.since + ANSWER_LIMIT:
            draft.set_status(status.channel_id, late=(*status.late, attempt)[-_LATE_ATTEMPTS:])
            _not_now(draft, draft.status(status.channel_id), attempt, None)


def _forget(draft: Draft, limit: int) -> None:
    old = itertools.takewhile(lambda each: draft.now >= each[0] + LATE_LIMIT, draft.index.told())
    for _, number in list(old):
        if not draft.is_under_way(draft.postings[number]):
            draft.finish(number)
    under_way = draft.all_under_way()
    while len(draft.postings) > limit:
        least = next((number for number in draft.index.least_first() if number not in under_way), None)
        if least is None:
            return
        draft.drop(least, DropReason.OVERFLOW)


def _send(draft: Draft, channel: Channel) -> None:
    status = draft.status(channel.channel_id)
    if status.attempt is not None or draft.now < status.critical_at:
        return
    line = draft.index.lines[channel.channel_id]
    chosen = line.choose(draft.postings, draft.now, critical=draft.now < status.ready_at)
    if not chosen:
        return
    draft.attempt += 1
    attempt = Attempt(attempt_id=draft.attempt, since=draft.now, numbers=tuple(each.number for each in chosen))
    draft.set_status(channel.channel_id, attempt=attempt, rest_since=draft.now)
    _rest(draft, status, after_message(channel))
    tellings = tuple(posting.telling for posting in chosen)
    pictures = tuple(each.picture for each in tellings if each.picture is not None and carries(each, channel))
    draft.effects.append(
        Deliver(attempt_id=draft.attempt, channel_id=channel.channel_id, tellings=tellings, pictures=pictures)
    )


def _channel_due(line: Line, status: ChannelStatus | None) -> float:
    attempt = None if status is None else status.attempt
    if attempt is not None:
        return attempt.since + ANSWER_LIMIT
    ready_at, critical_at = (0.0, 0.0) if status is None else (status.ready_at, status.critical_at)
    return min(max(ready_at, line.first_ready()), max(critical_at, line.first_critical()))


def _late_due(index: Index, statuses: Mapping[str, ChannelStatus]) -> float:
    """Return when what somebody told is too old for the others: that which none of them has under way."""
    attempts = (status.attempt for status in statuses.values() if status.attempt is not None)
    under_way = frozenset(number for attempt in attempts for number in attempt.numbers)
    return next((at + LATE_LIMIT for at, number in index.told() if number not in under_way), math.inf)


def _posting_due(posting: Posting, channels: Mapping[str, Channel]) -> float:
    """Return when a posting's next channel is to be used, or it is to be given up."""
    if posting.replaced or is_satisfied(posting, channels):
        return math.inf
    chain = route_of(posting.telling, channels.values()).chain
    running = {
        errand.channel_id: errand.since + channels[errand.channel_id].deadline
        for errand in posting.errands
        if errand.channel_id in channels and errand.refused_at is None
    }
    opened = [channel.channel_id for channel in chain if posting.errand(channel.channel_id) is not None]
    if len(opened) < len(chain):
        # All that have it, in whatever order channels were put since.
        return max((running[each] for each in opened if each in running), default=math.inf)
    return math.inf if posting.told or posting.undelivered else max(running.values(), default=math.inf)
