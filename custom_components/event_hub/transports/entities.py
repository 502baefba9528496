"""Adopted inputs: Home Assistant's entities followed as if they were devices of the hub.

An entity that comes back from "unavailable" as it was says nothing new: only a
change seen from clear to active is an activation. That it is unavailable is told, and when it is no longer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
import math
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
    split_entity_id,
)
from homeassistant.helpers.event import async_track_state_change_event

from ..wire.messages import MOMENTARY, InputReport, Report, ReportKind, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """Which states of a domain are active and which are clear (``None``: all others); the rest tells nothing."""

    active: frozenset[str]
    clear: frozenset[str] | None


def _words(active: str, clear: str | None = None) -> _Words:
    return _Words(active=frozenset(active.split()), clear=None if clear is None else frozenset(clear.split()))


_OPENING: Final = _words("open opening", "closed")
WORDS: Final[Mapping[str, _Words]] = {
    "alarm_control_panel": _words(
        "triggered",
        "disarmed armed_home armed_away armed_night armed_vacation armed_custom_bypass",
    ),
    "cover": _OPENING,
    "device_tracker": _words("home"),
    "lawn_mower": _words("error", "docked mowing paused returning"),
    "lock": _words("unlocked open opening jammed", "locked"),
    "person": _words("home"),
    "vacuum": _words("error", "cleaning docked idle paused returning"),
    "valve": _OPENING,
}
ANY_DOMAIN: Final = _words(
    "on open opening unlocked jammed problem detected triggered active wet smoke gas motion tampered yes true alarm",
    "off closed locked ok clear not_detected idle inactive dry none normal no false",
)
# The moment of what is there and was never pressed: the first press is news.
NEVER: Final = ""


@dataclass(slots=True, kw_only=True)
class _Followed:
    """An entity that is followed, and the last state that told something."""

    entity_id: str
    stop: CALLBACK_TYPE
    active: bool | None = None
    moment: str | None = None
    gone: bool = False


class AdoptedEntities:
    """Reports what adopted entities do as the events of one source."""

    def __init__(self, hass: HomeAssistant, source: Source, on_report: Callable[[Report], None]) -> None:
        """Report to ``on_report`` in the name of ``source``; nothing is followed yet."""
        self._hass = hass
        self._source = source
        self._on_report = on_report
        self._followed: dict[str, _Followed] = {}

    @callback
    def async_update(self, mapping: Mapping[str, str]) -> None:
        """Follow exactly these: device key to entity id."""
        for key, followed in tuple(self._followed.items()):
            if mapping.get(key) != followed.entity_id:
                followed.stop()
                del self._followed[key]
        for key, entity_id in mapping.items():
            if key not in self._followed:
                self._follow(key, entity_id)

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        self.async_update({})

    def _follow(self, key: str, entity_id: str) -> None:
        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            old, new = event.data["old_state"], event.data["new_state"]
            if new is None:
                self._miss(key)
            elif old is None or old.state != new.state:
                self._take(key, new, sent_at=new.last_changed_timestamp)

        stop = async_track_state_change_event(self._hass, entity_id, changed)
        self._followed[key] = _Followed(entity_id=entity_id, stop=stop)
        state = self._hass.states.get(entity_id)
        if state is not None:
            # What is already so happened some time ago: it is reported as such, and is no activation.
            self._take(key, state, sent_at=None)

    def _take(self, key: str, state: State, sent_at: float | None) -> None:
        """Report a state that tells something, and whether there is one at all."""
        followed = self._followed[key]
        momentary = split_entity_id(state.entity_id)[0] in MOMENTARY
        if state.state == STATE_UNAVAILABLE:
            self._miss(key)
            return
        if state.state == STATE_UNKNOWN and not momentary:
            return
        report = _momentary(key, followed, state) if momentary else _lasting(key, followed, state)
        if followed.gone:
            followed.gone = False
            report = replace(report or InputReport(device_key=key), reachable=True)
        if report is not None:
            self._report(report, sent_at)

    def _miss(self, key: str) -> None:
        """Report once that an entity is unavailable, or no longer there."""
        followed = self._followed[key]
        if not followed.gone:
            followed.gone = True
            self._report(InputReport(device_key=key, reachable=False), sent_at=None)

    def _report(self, report: InputReport, sent_at: float | None) -> None:
        self._on_report(Report(source=self._source, kind=ReportKind.EVENT, sent_at=sent_at, inputs=(report,)))


def _momentary(key: str, followed: _Followed, state: State) -> InputReport | None:
    """Report a moment that is newer than the one known; the first one known is no news, unless it is the first of all.

    "Unknown" is what was never pressed: it is within reach all the same.
    """
    if state.state == STATE_UNKNOWN:
        followed.moment = followed.moment or NEVER
        return None
    before, followed.moment = followed.moment, state.state
    if before is None or before == state.state:
        return None
    detail = state.attributes.get("event_type")
    return InputReport(device_key=key, active=True, detail=None if detail is None else str(detail))


def _lasting(key: str, followed: _Followed, state: State) -> InputReport | None:
    """Report whether it is active, where that is news, and its value, where it has one."""
    value = _number(state)
    active = None if value is not None else _active(state)
    if active is None and value is None:
        return None
    before = followed.active
    if active is not None:
        followed.active = active
    if active and before:
        active = None
    already = active is True and before is None
    return InputReport(device_key=key, active=active, level=True, value=value, already=already)


def _active(state: State) -> bool | None:
    words = WORDS.get(split_entity_id(state.entity_id)[0], ANY_DOMAIN)
    text = state.state.lower()
    if text in words.active:
        return True
    return False if words.clear is None or text in words.clear else None


def _number(state: State) -> float | None:
    try:
        value = float(state.state)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
