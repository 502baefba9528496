"""The outbox: what is to be told, until it is told (behaviour.md, 5).

``step`` says what an event changes and what is to be done. The shell keeps the new outbox first, carries the effects
out after that, and comes back with a ``Tick`` at ``next_due``.

Bounds: ``TELLINGS_LIMIT`` tellings are kept. Beyond it the oldest goes of those that somebody told and that only wait
for another channel to be back; then the oldest that is not critical; only then the oldest at all. What somebody told is
told by another channel within ``LATE_LIMIT``, or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
import math
from typing import Final

from .choosing import Waiting, carries, choose, ready_at
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
from .model import Channel, Telling
from .routing import advance, begin, group_of, is_satisfied, replace_older, route_of
from .state import Attempt, ChannelStatus, Outbox, Posting, Settled

TELLINGS_LIMIT: Final = 500
LATE_LIMIT: Final = 86_400.0
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 60.0
# A channel may wish for no longer rest than this.
LONGEST_WISH: Final = 3600.0
# An attempt that nobody answered for so long has failed.
ANSWER_LIMIT: Final = 120.0
_LATE_ATTEMPTS: Final = 4


def step(outbox: Outbox, event: Event, now: float, channels: Sequence[Channel]) -> tuple[Outbox, tuple[Effect, ...]]:
    """Return the outbox after an event at ``now`` (unix seconds), and what is to be done. Never raises."""
    draft = Draft(outbox, now, channels)
    draft.turn_back()
    match event:
        case Posted(telling=telling):
            _post(draft, telling)
        case Delivered(attempt_id=attempt_id):
            _delivered(draft, attempt_id)
        case Failed():
            _failed(draft, event)
        case ChannelsChanged():
            _channels_changed(draft)
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
    _forget(draft)
    for channel in draft.channels.values():
        _send(draft, channel)
    _note_settled(draft)
    return draft.outbox(), tuple(draft.effects)


def next_due(outbox: Outbox, channels: Iterable[Channel]) -> float | None:
    """Return when the next ``Tick`` is wanted (unix seconds): always later than the last step. ``None``: not at all."""
    draft = Draft(outbox, 0.0, channels)
    is_usable = outbox.index is not None and outbox.index.channels == tuple(draft.channels.values())
    due = [each for channel in draft.channels.values() if (each := _channel_due(draft, channel)) is not None]
    for number, posting in draft.postings.items():
        known = None if outbox.index is None else outbox.index.settled.get(number)
        is_known = known is not None and known.posting is posting and is_usable and not posting.told
        each = known.due if known is not None and is_known else _posting_due(draft, posting)
        if each is not None and each != math.inf:
            due.append(each)
    return min(due, default=None)


def _note_settled(draft: Draft) -> None:
    """Note of what changed, until when nothing is to be done about it: until an errand has had its time."""
    for number, posting in draft.postings.items():
        if draft.is_settled(number, posting):
            continue
        times = (
            errand.since + draft.channels[errand.channel_id].deadline
            for errand in posting.errands
            if errand.refused_at is None and errand.channel_id in draft.channels
        )
        until = min((each for each in times if each > draft.now), default=math.inf)
        due = _posting_due(draft, posting)
        draft.settled[number] = Settled(posting=posting, until=until, due=math.inf if due is None else due)


def _post(draft: Draft, telling: Telling) -> None:
    held = any(posting.telling.telling_id == telling.telling_id for posting in draft.postings.values())
    if held or telling.telling_id in draft.done:
        return
    draft.number += 1
    draft.postings[draft.number] = Posting(
        number=draft.number, telling=bounded(telling, draft.now), posted_at=draft.now
    )
    begin(draft, draft.number)


def _delivered(draft: Draft, attempt_id: int) -> None:
    for status in list(draft.statuses.values()):
        attempt = status.attempt
        if attempt is not None and attempt.attempt_id == attempt_id:
            draft.set_status(status.channel_id, attempt=None, failures=0, pause=_interval(draft, status))
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
    """Note a refusal of what was sent, not of the channel. Of several things one may be at fault: each goes alone."""
    is_one = len(attempt.numbers) == 1
    _rest(draft, status, _interval(draft, status), status.failures)
    for number in attempt.numbers:
        if number in draft.postings:
            change = {"refused_at": draft.now} if is_one else {"alone": True}
            draft.change_errand(number, status.channel_id, **change)
    _come_back(draft, status.channel_id, attempt)


def _not_now(draft: Draft, status: ChannelStatus, attempt: Attempt, retry_after: float | None) -> None:
    failures = status.failures + 1
    # The exponent stays small: after a year of failures 2 to their number is no float.
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10))
    if retry_after is not None and math.isfinite(retry_after):
        pause = min(max(retry_after, 0.0), LONGEST_WISH)
    _rest(draft, status, max(pause, _interval(draft, status), 1.0), failures)
    for number in attempt.numbers:
        posting = draft.postings.get(number)
        errand = None if posting is None else posting.errand(status.channel_id)
        if errand is not None:
            draft.change_errand(number, status.channel_id, tries=errand.tries + 1)
    _come_back(draft, status.channel_id, attempt)


def _rest(draft: Draft, status: ChannelStatus, pause: float, failures: int) -> None:
    draft.set_status(status.channel_id, attempt=None, rest_since=draft.now, pause=pause, failures=failures)


def _come_back(draft: Draft, channel_id: str, attempt: Attempt) -> None:
    """Let what came back make room for what came meanwhile."""
    channel = draft.channels.get(channel_id)
    if channel is None:
        return
    for number in attempt.numbers:
        returned = draft.postings.get(number)
        group = None if returned is None else group_of(returned.telling)
        if group is None:
            continue
        same = [each for each in draft.postings.values() if group_of(each.telling) == group]
        waiting = [each.number for each in same if each.errand(channel_id) is not None]
        replace_older(draft, max(waiting, default=number), channel)


def _interval(draft: Draft, status: ChannelStatus) -> float:
    channel = draft.channels.get(status.channel_id)
    return 0.0 if channel is None else channel.min_interval


def _channels_changed(draft: Draft) -> None:
    """Forget the channels that are gone. The others start afresh: what was wrong may have been put right."""
    for status in list(draft.statuses.values()):
        if status.channel_id in draft.channels:
            pause = min(status.pause, _interval(draft, status))
            draft.set_status(status.channel_id, failures=0, pause=pause)
        else:
            del draft.statuses[status.channel_id]
    for number, posting in list(draft.postings.items()):
        if any(errand.refused_at is not None for errand in posting.errands):
            draft.change(number, errands=tuple(replace(errand, refused_at=None) for errand in posting.errands))
    _leave_gone(draft)


def _leave_gone(draft: Draft) -> None:
    """Take everything away from channels that are gone; what no other is for is over with."""
    for number, posting in list(draft.postings.items()):
        kept = tuple(errand for errand in posting.errands if errand.channel_id in draft.channels)
        if kept != posting.errands:
            draft.change(number, errands=kept)
        reason = route_of(posting.telling, draft.channels.values()).reason
        if reason is not None and not kept:
            draft.drop(number, reason)


def _give_up_unanswered(draft: Draft) -> None:
    for status in list(draft.statuses.values()):
        attempt = status.attempt
        if attempt is not None and draft.now >= attempt.since + ANSWER_LIMIT:
            draft.set_status(status.channel_id, late=(*status.late, attempt)[-_LATE_ATTEMPTS:])
            _not_now(draft, draft.status(status.channel_id), attempt, None)


def _forget(draft: Draft) -> None:
    for number, posting in list(draft.postings.items()):
        if posting.told and draft.now >= posting.posted_at + LATE_LIMIT and not draft.is_under_way(posting):
            draft.finish(number)
    under_way = draft.all_under_way()
    while len(draft.postings) > TELLINGS_LIMIT:
        least = [posting for number, posting in draft.postings.items() if number not in under_way]
        if not least:
            return
        draft.drop(min(least, key=_worth).number, DropReason.OVERFLOW)


def _worth(posting: Posting) -> tuple[bool, bool, int]:
    return not posting.told, posting.telling.critical, posting.number


def _waiting(draft: Draft, channel: Channel) -> list[Waiting]:
    """Return what a channel has to tell that is not under way."""
    wanted = channel.channel_id
    return [
        (posting, errand)
        for posting in draft.postings.values()
        for errand in posting.errands
        if errand.channel_id == wanted
    ]


def _send(draft: Draft, channel: Channel) -> None:
    status = draft.status(channel.channel_id)
    if status.attempt is not None or draft.now < status.ready_at:
        return
    chosen = choose(_waiting(draft, channel), channel, draft.now)
    if not chosen:
        return
    draft.attempt += 1
    attempt = Attempt(attempt_id=draft.attempt, since=draft.now, numbers=tuple(each.number for each in chosen))
    pause = channel.min_interval
    draft.set_status(channel.channel_id, attempt=attempt, rest_since=draft.now, pause=pause)
    tellings = tuple(posting.telling for posting in chosen)
    pictures = tuple(each.picture for each in tellings if each.picture is not None and carries(each, channel))
    draft.effects.append(
        Deliver(attempt_id=draft.attempt, channel_id=channel.channel_id, tellings=tellings, pictures=pictures)
    )


def _channel_due(draft: Draft, channel: Channel) -> float | None:
    status = draft.status(channel.channel_id)
    if status.attempt is not None:
        return status.attempt.since + ANSWER_LIMIT
    earliest = math.inf
    for each in _waiting(draft, channel):
        due = ready_at(*each, channel)
        earliest = earliest if due is None else min(earliest, due)
        if earliest <= status.ready_at:
            # No other can make it any earlier.
            break
    return None if earliest == math.inf else max(status.ready_at, earliest)


def _posting_due(draft: Draft, posting: Posting) -> float | None:
    """Return when a posting's next channel is to be used, or it is to be given up."""
    waits_to_be_late = posting.told and not draft.is_under_way(posting)
    late = posting.posted_at + LATE_LIMIT if waits_to_be_late else math.inf
    if posting.replaced or is_satisfied(posting, draft.channels):
        return None if late == math.inf else late
    chain = route_of(posting.telling, draft.channels.values()).chain
    running = {
        errand.channel_id: errand.since + draft.channels[errand.channel_id].deadline
        for errand in posting.errands
        if errand.channel_id in draft.channels and errand.refused_at is None
    }
    opened = [channel.channel_id for channel in chain if posting.errand(channel.channel_id) is not None]
    if len(opened) < len(chain):
        # All that have it, in whatever order channels were put since.
        due = max((running[each] for each in opened if each in running), default=math.inf)
    else:
        due = math.inf if posting.told or posting.undelivered else max(running.values(), default=math.inf)
    return None if min(due, late) == math.inf else min(due, late)
