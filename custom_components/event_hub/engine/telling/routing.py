"""Through which channels a telling goes.

It goes to the first channel that is for it. When that has not told it within its deadline, or refuses it, to the
next as well; the first still tells it once it can. Once any of them has told it, those after that one are spared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .draft import Draft
from .events import DropReason
from .model import Channel, Telling
from .state import Errand, Posting


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The channels a telling is for, in order, and those that are always told. ``reason``: why there are none."""

    chain: tuple[Channel, ...] = ()
    always: tuple[Channel, ...] = ()
    reason: DropReason | None = None


def route_of(telling: Telling, channels: Iterable[Channel]) -> Route:
    """Return the channels for a telling.

    If the first channel leaves it out for showing nobody, so do those after it: they stand in for it, no more.
    """
    every = tuple(channels)
    willing = [channel for channel in every if channel.wants(telling)]
    chain = [channel for channel in willing if not channel.always]
    if chain and chain[0].leaves_out(telling):
        chain = []
    kept = tuple(channel for channel in chain if not channel.leaves_out(telling))
    always = tuple(channel for channel in willing if channel.always and not channel.leaves_out(telling))
    if kept or always:
        return Route(chain=kept, always=always)
    if willing:
        return Route(reason=DropReason.NO_PEOPLE)
    return Route(reason=DropReason.UNWANTED if every else DropReason.NO_CHANNEL)


def is_past(errand: Errand, channel: Channel, now: float) -> bool:
    """Whether a channel refused a telling, or had its time for it."""
    return errand.refused_at is not None or now >= errand.since + channel.deadline


def is_satisfied(posting: Posting, channels: Mapping[str, Channel]) -> bool:
    """Whether no other channel needs to stand in: one of the chain told it, even one that is gone since."""
    return any(each not in channels or not channels[each].always for each in posting.told)


def begin(draft: Draft, number: int) -> None:
    """Give a new posting to the first channel, and to those that are always told."""
    route = route_of(draft.postings[number].telling, draft.channels.values())
    if route.reason is not None:
        abandon(draft, number, route.reason)
        return
    for channel in (*route.always, *route.chain[:1]):
        _open(draft, number, channel)


def abandon(draft: Draft, number: int, reason: DropReason) -> None:
    """Give up a posting that no channel is for. Of those that are kept all the same, the newest of a topic is.

    They are not to fill the outbox.
    """
    topic = draft.postings[number].telling.topic
    draft.give_up(number, reason)
    for older in sorted(each for each, its in draft.index.stranded.items() if its is topic)[:-1]:
        draft.drop(older, DropReason.UNWANTED)


def advance(draft: Draft) -> None:
    """Give every posting to the next channel whose turn it is, and forget those that are over with."""
    for number in draft.index.to_look_at(draft.now):
        # One that is newer may have taken its place meanwhile.
        if number in draft.postings:
            _advance(draft, number)
    for number in draft.index.to_look_at(draft.now):
        _settle(draft, number)


def replace_older(draft: Draft, number: int, channel: Channel) -> None:
    """Take older tellings of the same away from a channel; what is under way stays.

    The newer one inherits since when the channel owes it: else news that comes more often than the deadline
    would never reach the next channel.
    """
    errand = draft.postings[number].errand(channel.channel_id)
    if errand is None:
        return
    since = errand.since
    for older in tuple(draft.index.older_of_same(number, channel.channel_id)):
        owed = draft.postings[older].errand(channel.channel_id)
        if owed is None or older in draft.under_way(channel.channel_id):
            continue
        draft.remove_errands(older, (channel.channel_id,))
        if not channel.always:
            draft.change(older, replaced=True)
        since = min(since, owed.since)
    if since != errand.since:
        draft.change_errand(number, channel.channel_id, since=since)


def _open(draft: Draft, number: int, channel: Channel) -> None:
    errand = Errand(channel_id=channel.channel_id, since=draft.now)
    draft.change(number, errands=(*draft.postings[number].errands, errand))
    replace_older(draft, number, channel)


def _advance(draft: Draft, number: int) -> None:
    posting = draft.postings[number]
    route = route_of(posting.telling, draft.channels.values())
    if is_satisfied(posting, draft.channels):
        ids = [channel.channel_id for channel in route.chain]
        told = [ids.index(each) for each in posting.told if each in ids]
        draft.remove_errands(number, ids[min(told, default=len(ids)) :])
        return
    if posting.replaced:
        return
    for channel in route.chain:
        if draft.postings[number].errand(channel.channel_id) is None:
            _open(draft, number, channel)
        errand = draft.postings[number].errand(channel.channel_id)
        if errand is None or not is_past(errand, channel, draft.now):
            return
    _give_up(draft, number)


def _give_up(draft: Draft, number: int) -> None:
    """Report a posting that no channel told in time."""
    posting = draft.postings[number]
    if posting.told or posting.undelivered:
        return
    errands = [(each, draft.channels[each.channel_id]) for each in posting.errands if each.channel_id in draft.channels]
    if errands and all(is_past(errand, channel, draft.now) for errand, channel in errands):
        draft.report_undelivered(number)


def _settle(draft: Draft, number: int) -> None:
    """Forget a posting that no channel has to tell any more."""
    posting = draft.postings[number]
    if posting.is_stranded:
        return
    if posting.told or posting.replaced:
        has_more = any(errand.refused_at is None for errand in posting.errands)
    else:
        has_more = bool(posting.errands)
    if not has_more:
        draft.drop(number, DropReason.SUPERSEDED)
