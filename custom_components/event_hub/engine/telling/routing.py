"""Through which channels a telling goes.

It goes to the first channel that is for it. When that has not told it within its deadline, or refuses it, to the
next as well; the first still tells it once it can. Once any of them has told it, those after that one are spared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from .draft import Draft
from .events import DropReason
from .model import Channel, Pictures, Telling, Topic
from .state import Errand, Posting

_INPUT: Final = "input"
# Of these only the newest is of interest, by what they are about.
_PASSING: Final[Mapping[Topic, str]] = {
    Topic.TRIGGER: _INPUT,
    Topic.REPORT: _INPUT,
    Topic.SOURCE_LOST: "source",
    Topic.SOURCE_BACK: "source",
}

type Group = tuple[str, str | None, bool]


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


def group_of(telling: Telling) -> Group | None:
    """Return what a newer telling must be of to take this one's place. Nothing takes a critical one's place."""
    kind = None if telling.critical else _PASSING.get(telling.topic)
    if kind is None:
        return None
    about = telling.input_key if kind == _INPUT else telling.source_id
    # What somebody asked for is answered, whatever else happens there.
    return None if about is None else (kind, about, telling.by_button)


def is_replaceable(telling: Telling, channel: Channel) -> bool:
    """Whether a channel may leave this out for a newer one: not if it can show the people in it."""
    return not (telling.shows_people and channel.pictures is not Pictures.NONE)


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
        draft.drop(number, route.reason)
        return
    for channel in (*route.always, *route.chain[:1]):
        _open(draft, number, channel)


def advance(draft: Draft) -> None:
    """Give every posting to the next channel whose turn it is, and forget those that are over with."""
    touched = [number for number, posting in draft.postings.items() if not draft.is_settled(number, posting)]
    for number in touched:
        # One that is newer may have taken its place meanwhile.
        if number in draft.postings:
            _advance(draft, number)
    for number, posting in list(draft.postings.items()):
        if not draft.is_settled(number, posting):
            _settle(draft, number)


def replace_older(draft: Draft, number: int, channel: Channel) -> None:
    """Take older tellings of the same away from a channel; what is under way stays.

    The newer one inherits since when the channel owes it: else news that comes more often than the deadline
    would never reach the next channel.
    """
    posting = draft.postings[number]
    group = group_of(posting.telling)
    errand = posting.errand(channel.channel_id)
    if group is None or errand is None:
        return
    since = errand.since
    # By what is cheap to compare first: this is asked of everything that waits.
    about, is_input = group[1], group[0] == _INPUT
    same = [
        each
        for each in draft.postings.values()
        if (each.telling.input_key if is_input else each.telling.source_id) == about and each.number < number
    ]
    for older in same:
        owed = older.errand(channel.channel_id)
        if owed is None or group_of(older.telling) != group or not is_replaceable(older.telling, channel):
            continue
        if older.number in draft.under_way(channel.channel_id):
            continue
        draft.remove_errands(older.number, (channel.channel_id,))
        if not channel.always:
            draft.change(older.number, replaced=True)
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
    if posting.told or posting.replaced:
        has_more = any(errand.refused_at is None for errand in posting.errands)
    else:
        has_more = bool(posting.errands)
    if not has_more:
        draft.drop(number, DropReason.SUPERSEDED)
