"""Decisions and entries of the activity log for people: what they look for first, times as text."""

from collections.abc import Mapping
from typing import Any, Final

from .alarm_bus import by_data, is_hidden, name_of_partition, told_of
from .alarm_desk import AlarmDesk
from .alarm_sentences import HAS_CHANNEL, alarm_words, by_words
from .alarm_views import name_of_zone
from .engine.alarm.effects import CodeUsedUp, Effect, Passed, SirenOff, SirenOn
from .engine.alarm.problems import PassReason
from .engine.effects import AlarmTold, EscalationRaised, EscalationResolved
from .engine.explain import explain
from .engine.model import Decision
from .hub import Hub
from .iso_time import iso
from .storage.activity_entries import DECISION, Entry, kind_of
from .storage.activity_read import alarm_of, decision_of
from .storage.encode import to_json_object

# What holds unix seconds, wherever it is.
TIMES: Final = frozenset(("at", "first_at", "last_seen", "until"))
# There it is a time as well, and in the facts of a decision so many seconds.
SINCE: Final = frozenset(("since",))
_HAVE_SINCE: Final = frozenset((kind_of(EscalationRaised), kind_of(EscalationResolved)))
# Numbers behind a reason, and settings, are no times, whatever they are called.
_NO_TIMES: Final = frozenset(("facts", "changes"))
_PASSED: Final = {
    PassReason.BYPASSED: "it is left out",
    PassReason.SETTLING: "after a restart, it waits for what the others report",
    PassReason.EXIT_DELAY: "the exit delay was running",
    PassReason.SWUNG_OUT: "it is silenced until it is disarmed",
    PassReason.UNCONFIRMED: "not enough of its group have agreed",
    PassReason.IN_ALARM: "it is in the alarm already",
    PassReason.LOCKED_OUT: "no codes are taken for now",
}
_OF_A_COMMAND: Final = ("output_key", "status", "detail", "command_id")


def explained(hub: Hub, decision: Decision) -> dict[str, Any]:
    """Return a decision that was made just now, with the reason in words."""
    shown: dict[str, Any] = _with_times(to_json_object(decision), TIMES)
    return {**shown, "explanation": explain(decision, hub.state.outputs)}


def shown(hub: Hub, entry: Entry) -> dict[str, Any]:
    """Return an entry of the log; of a decision also what became of its commands.

    Where another version wrote what this one cannot read, it has no ``explanation``, or a decision ``None`` as that:
    the fields themselves are still worth showing.
    """
    fields: dict[str, Any] = {"at": iso(entry.at), "kind": entry.kind}
    if entry.kind == DECISION:
        fields["explanation"] = _explanation(hub, entry)
        fields["outcome"] = {command["output_key"]: command["status"] for command in entry.commands}
    elif (sentence := _sentence(hub.alarm, entry)) is not None:
        fields["explanation"] = sentence
    times = TIMES | SINCE if entry.kind in _HAVE_SINCE else TIMES
    data: dict[str, Any] = _with_times(entry.data, times)
    fields |= {name: value for name, value in data.items() if name not in fields}
    if entry.kind == DECISION:
        fields.setdefault("recent", [])
        fields["commands"] = [
            _with_times({name: command[name] for name in (*_OF_A_COMMAND, "at")}, TIMES) for command in entry.commands
        ]
    return fields


def _explanation(hub: Hub, entry: Entry) -> str | None:
    decision = decision_of(entry)
    return None if decision is None else explain(decision, hub.state.outputs)


def _sentence(desk: AlarmDesk, entry: Entry) -> str | None:
    """Return what an entry of the alarm says in the logbook, or would; ``None`` where other entries say it."""
    told = alarm_of(entry)
    if told is None or (isinstance(told, AlarmTold) and is_hidden(told.effect)):
        return None
    if isinstance(told, AlarmTold) and (words := _unheard(desk, told.effect)) is not None:
        return f"{name_of_partition(desk, told.partition_id)} {words}."
    data = told_of(desk, told)
    if data is None:
        return None
    # Whether there is a channel now says nothing of whether there was one then.
    data = {name: value for name, value in data.items() if name != HAS_CHANNEL}
    return f"{data['name']} {alarm_words(data)[1]}."


def _unheard(desk: AlarmDesk, effect: Effect) -> str | None:
    """Return the words for what is in the log alone."""
    match effect:
        case Passed(reason=reason, zone=zone):
            nameless = "a wrong code" if reason is PassReason.LOCKED_OUT else "a panic button"
            what = nameless if zone is None else name_of_zone(desk, zone)
            return f"passed over {what}: {_PASSED.get(reason, reason.value.replace('_', ' '))}"
        case SirenOn(kind=kind):
            return f"told its sirens to sound ({kind.value})"
        case SirenOff(actor=actor):
            whose = by_words(by_data(actor))
            return f"had its sirens silenced{whose}" if whose else "told its sirens to be silent"
        case CodeUsedUp():
            return "took a code that works once"
    return None


def _with_times(value: Any, times: frozenset[str]) -> Any:
    """Return plain JSON with unix seconds as text where they stand under one of these names."""
    match value:
        case list():
            return [_with_times(each, times) for each in value]
        case Mapping():
            return {name: _told(name, each, times) for name, each in value.items()}
    return value


def _told(name: str, value: Any, times: frozenset[str]) -> Any:
    if name in _NO_TIMES:
        return value
    if name in times and isinstance(value, int | float):
        return iso(value)
    return _with_times(value, times)
