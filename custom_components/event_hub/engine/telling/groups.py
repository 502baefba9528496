"""What is news of the same: of some things only the newest is of interest."""

from collections.abc import Mapping
from typing import Final

from .model import Channel, Pictures, Telling, Topic

_INPUT: Final = "input"
# Of these only the newest is of interest, by what they are about.
_PASSING: Final[Mapping[Topic, str]] = {
    Topic.TRIGGER: _INPUT,
    Topic.REPORT: _INPUT,
    Topic.SOURCE_LOST: "source",
    Topic.SOURCE_BACK: "source",
}

type Group = tuple[str, str | None, bool]


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
