"""Makes of an entry of the activity log the decision again that it tells, or the effect of the alarm."""

from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from ..engine.alarm.codes import Denial
from ..engine.alarm.effects import Effect, Refused
from ..engine.alarm.model import Action, Actor
from ..engine.alarm.problems import RefusalReason, ZoneProblem
from ..engine.effects import AlarmSetUp, AlarmTold
from ..engine.model import Decision
from .activity_entries import DECISION, Entry, kind_of
from .decode import DecodeError, decode, decoder_for

_EFFECTS: Final[Mapping[str, type]] = {kind_of(each): each for each in get_args(Effect.__value__)}
_SET_UP: Final = kind_of(AlarmSetUp)
_REASONS: Final[Mapping[str, RefusalReason | Denial]] = {each.value: each for each in (*Denial, *RefusalReason)}


def decision_of(entry: Entry) -> Decision | None:
    """Return the decision that an entry tells; ``None`` for any other, and for one that another version wrote."""
    if entry.kind != DECISION:
        return None
    try:
        return decode(Decision, entry.data)
    except DecodeError:
        return None


def alarm_of(entry: Entry) -> AlarmTold | AlarmSetUp | None:
    """Return what an entry tells of the alarm; ``None`` for any other, and for one that another version wrote."""
    try:
        if entry.kind == _SET_UP:
            return decode(AlarmSetUp, entry.data)
        cls = _EFFECTS.get(entry.kind)
        if cls is None:
            return None
        effect = _refused(entry.data) if cls is Refused else decode(cls, entry.data)
        return AlarmTold(partition_id=str(entry.data["partition_id"]), effect=cast("Effect", effect))
    except DecodeError, KeyError, TypeError:
        return None


def _refused(data: Mapping[str, Any]) -> Refused:
    """Read what one kind of reason after the other may stand in: nothing but the word tells them apart."""
    reason = _REASONS.get(data["reason"])
    if reason is None:
        raise DecodeError("an unknown reason")
    problems = decoder_for(tuple[ZoneProblem, ...])(data["problems"])
    return Refused(
        action=cast("Action", decoder_for(Action)(data["action"])),
        reason=reason,
        problems=cast("tuple[ZoneProblem, ...]", problems),
        actor=decode(Actor, data["actor"]),
        more=int(data.get("more", 0)),
    )
