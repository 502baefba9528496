"""Channels to people as they are written, and what of them is planned. Nothing secret is in a channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from ..engine.errors import InvalidRuleError
from ..engine.telling.check import check_channel
from ..engine.telling.model import USUAL, Channel, ChannelKind
from .planner import ChannelWanted, Kind, Planner
from .shape import hints_of, plain
from .yaml_text import Plain

PRIORITY: Final = "priority"
PRIORITIES: Final = (1, 99)
_NAMED_APART: Final = ("channel_id", "name")
# The settings that a channel may have, with their types.
CHANNEL: Final[Mapping[str, Any]] = {
    **{name: hint for name, hint in hints_of(Channel).items() if name not in _NAMED_APART},
    PRIORITY: int,
}
NEEDED: Final = ("kind", "target")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownChannel:
    """A channel that there is, and its place in the order."""

    channel: Channel
    priority: int

    def settings(self) -> dict[str, Any]:
        """Return its settings by name, as values."""
        return {PRIORITY: self.priority} | {
            each.name: getattr(self.channel, each.name) for each in fields(Channel) if each.name not in _NAMED_APART
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What an import has to know of Home Assistant: the channels by their names, each its own, and what they reach.

    ``reaches`` says whether Home Assistant knows what a channel of a kind goes to.
    """

    channels: Mapping[str, KnownChannel] = field(default_factory=dict)
    reaches: Callable[[ChannelKind, str], bool] = lambda _kind, _target: True


def channel_data(known: KnownChannel) -> dict[str, Plain]:
    """Return a channel as it is written: the kind and where it goes first."""
    return {
        name: plain(known.settings()[name]) for name in (*NEEDED, *(each for each in CHANNEL if each not in NEEDED))
    }


def plan_channel(planner: Planner, here: Here, name: str, settings: Mapping[str, Any]) -> None:
    """Plan a channel. Raises ``InvalidRuleError`` for one that cannot be."""
    known = here.channels.get(name)
    before = {} if known is None else known.settings()
    changed = {each: value for each, value in settings.items() if each not in before or value != before[each]}
    if known is not None and not changed:
        return
    wanted = {**before, **changed}
    _check(name, wanted)
    does, wording = planner.says.does, planner.wording
    target = str(wanted["target"])
    goes_elsewhere = known is None or not changed.keys().isdisjoint(NEEDED)
    if goes_elsewhere and not here.reaches(wanted["kind"], target):
        unreachable = planner.says.leaves_out.channel_unreachable
        planner.leave_out(name, unreachable.format(name=wording.quoted(name), target=wording.quoted(target)))
        return
    if known is None:
        text = does.channel_added.format(name=wording.quoted(name), target=wording.quoted(target))
    else:
        text = does.channel_changed.format(name=wording.quoted(name), settings=wording.settings(before, changed))
    wish = ChannelWanted(name=name, settings={each: plain(value) for each, value in changed.items()})
    planner.wish(Kind.CHANNEL, name, text, wish)


def _check(name: str, wanted: Mapping[str, Any]) -> None:
    for needed in NEEDED:
        if needed not in wanted:
            raise InvalidRuleError(needed, "needed for a new channel")
    low, high = PRIORITIES
    if not low <= wanted.get(PRIORITY, low) <= high:
        raise InvalidRuleError(PRIORITY, f"from {low} to {high}")
    usual = USUAL[wanted["kind"]]
    of_kind = {each.name: getattr(usual, each.name) for each in fields(usual)}
    chosen = {each: value for each, value in wanted.items() if each != PRIORITY}
    check_channel(Channel(**{"channel_id": "new", "name": name, **of_kind, **chosen}))
