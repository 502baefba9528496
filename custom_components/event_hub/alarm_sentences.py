"""What happens to the alarm, in words for its logbook: the rest of a sentence that begins with the partition's name.

Everybody at home may read it. A forced code and a silent alarm, which outside alone is told of, read
there like something that happens every day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from homeassistant.util import dt as dt_util

type Data = Mapping[str, Any]
# Icon, and the rest of the sentence that begins with the name.
type Words = tuple[str, str]

MOST_NAMED: Final = 10
# Of what outside is to be told, whether a channel does; where that is not known, the words claim neither.
HAS_CHANNEL: Final = "has_channel"
_OUTSIDE: Final[Mapping[object, str]] = {
    True: "told outside",
    False: "has no channel to tell outside",
    None: "was to tell outside",
}
_CANCELLED: Final[Mapping[object, str]] = {
    True: ", and outside is told so",
    False: "; there is no channel to tell it",
    None: ", and outside was to be told so",
}
# Why the alarm's door let nothing in, where the word alone does not say it.
REASONS: Final = {
    "code_missing": "no code was given",
    "retained": "the command lay at the broker",
    "locked_out": "no codes are taken for now",
    "no_permission": "the code may not do that",
    "not_valid_now": "the code is not valid now",
    "used_up": "the code was used before",
    "not_offered": "it does not take that this way",
}
NOTHING_WRONG: Final[Words] = ("shield-check", "has no trouble with its zones")


def alarm_words(data: Data) -> Words:
    """Return how an event of the alarm reads; one of a type that is not known yet reads as its type."""
    kind = str(data.get("type"))
    words = _ALARM.get(kind)
    return ("shield-home", f"told {kind.replace('_', ' ')}") if words is None else words(data)


def by_words(data: Data) -> str:
    """Return whose doing it was: of somebody's code also who entered it, where that is another name."""
    if not data.get("by"):
        return ""
    asked_by = data.get("asked_by")
    return f" by {data['by']}" + (f" ({asked_by})" if asked_by and asked_by != data["by"] else "")


def _zone(data: Data) -> str:
    return str(data.get("zone_name") or data.get("zone") or data.get("broker") or "a panic button")


def listed(names: Iterable[object]) -> str:
    """Return names as a sentence has them."""
    return ", ".join(str(name) for name in names)


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return listed(names[:MOST_NAMED]) + (f" + {more} more" if more > 0 else "")


def _phase(data: Data) -> Words:
    mode = f" ({data['mode']})" if data.get("mode") else ""
    match data.get("to"):
        case "disarmed":
            return "shield-off", f"was disarmed{by_words(data)}"
        case "arming":
            return "shield-sync", f"is being armed{mode}{by_words(data)}"
        case "armed" if data.get("from") == "triggered":
            return "shield-lock", f"is armed again{mode} after its alarm"
        case "armed":
            return "shield-lock", f"was armed{mode}{by_words(data)}"
        case "pending":
            return "shield-alert-outline", "waits for its code: somebody came in"
    return "bell-ring", "is in alarm"


def _outside(data: Data) -> Words:
    seen = [alarm for alarm in data.get("alarms", ()) if not alarm.get("silent")]
    if not seen or data.get("duress"):
        return NOTHING_WRONG
    zones = listed(dict.fromkeys(map(_zone, seen)))
    return "phone-alert", f"{_OUTSIDE[data.get(HAS_CHANNEL)]} of its alarm: {zones}"


def _cancelled(data: Data) -> Words:
    outside = " before outside was told"
    if data.get("was_told_outside"):
        outside = _CANCELLED[data.get(HAS_CHANNEL)]
    return "bell-cancel", f"had a false alarm, which was cancelled{by_words(data)}{outside}"


def _bypass(data: Data) -> Words:
    zones = [*data.get("bypassed", ()), *data.get("forced", ())]
    if not zones:
        return "shield-refresh", "watches all of its zones again"
    return "shield-remove", f"leaves out {listed(zones)}{by_words(data)}"


def _trouble(data: Data) -> Words:
    what = [f"{_zone(each)} ({str(each.get('fault')).replace('_', ' ')})" for each in data.get("what", ())]
    return ("shield-alert", f"has trouble with {listed(what)}") if what else NOTHING_WRONG


def _walk_test(data: Data) -> Words:
    whose, missed = by_words(data), listed(data.get("missed", ()))
    if data.get("on"):
        return "walk", f"is in a walk test{whose and f', begun{whose}'}"
    ended = f"had its walk test ended{whose}" if whose else "ended its walk test"
    return "walk", f"{ended} without {missed}" if missed else ended


def _refused(data: Data) -> Words:
    problems = [f"{_zone(each)} ({str(each.get('problem')).replace('_', ' ')})" for each in data.get("problems", ())]
    reason = str(data.get("reason"))
    why = _some(problems) or REASONS.get(reason, reason.replace("_", " "))
    action = str(data.get("action")).replace("_", " ")
    more = f", and {data['more']} times more just before" if data.get("more") else ""
    return "shield-alert-outline", f"refused to {action}{by_words(data)}: {why}{more}"


def _configured(data: Data) -> Words:
    settings = [str(change.get("setting")).replace("_", " ") for change in data.get("changes", ())]
    whose, which = by_words(data), f": {_some(settings)}" if settings else ""
    match data.get("what"):
        case "partition_removed":
            return "shield-remove", f"was removed{whose}"
        case "code":
            return "account-key", f"had the code or its settings changed{whose}{which}"
        case "code_revoked":
            return "account-key", f"had the code taken away{whose}"
        case "switched":
            on = any(change.get("after") for change in data.get("changes", ()))
            return "shield-edit", f"had {data.get('subject')} switched {'on' if on else 'off'} in the hub{whose}"
    return "shield-edit", f"was set up anew{whose}{which}"


def _overridden(data: Data) -> Words:
    problems = [f"{_zone(each)} ({str(each.get('problem')).replace('_', ' ')})" for each in data.get("problems", ())]
    return "shield-alert", f"was armed{by_words(data)} in spite of {listed(problems)}"


def _wrong_code(data: Data) -> Words:
    return "dialpad", f"was given a wrong code{by_words(data)}; {data.get('left')} more lock it"


def _until(data: Data) -> str:
    until = dt_util.parse_datetime(str(data.get("until")))
    return "" if until is None else f" until {dt_util.as_local(until):%H:%M:%S}"


_ALARM: Final[Mapping[str, Callable[[Data], Words]]] = {
    "phase": _phase,
    "alarm": lambda data: ("bell-ring", f"raised an alarm ({data.get('kind')}): {_zone(data)}"),
    "told_outside": _outside,
    "cancelled": _cancelled,
    "acknowledged": lambda data: ("check-all", f"had its alarms acknowledged{by_words(data)}"),
    "chime": lambda data: ("bell-outline", f"chimes: {_zone(data)}"),
    "swung_out": lambda data: (
        "bell-sleep",
        f"silenced {_zone(data)} until it is disarmed, after {data.get('alarms')} alarms",
    ),
    "left_open": lambda data: ("door-open", f"was left with {listed(data.get('zones', ()))} open"),
    "bypass": _bypass,
    "trouble": _trouble,
    "walked": lambda data: ("walk", f"saw {_zone(data)} in its walk test, {data.get('left')} to go"),
    "walk_test": _walk_test,
    "refused": _refused,
    "configured": _configured,
    "overridden": _overridden,
    "wrong_code": _wrong_code,
    "lockout": lambda data: ("lock-clock", f"takes no codes{_until(data)}, after wrong ones{by_words(data)}"),
    "lockout_ended": lambda _: ("lock-open", "takes codes again"),
}
