"""What a voltage means: normal, alarm, tampered with, short, cut, or none of it. Pure rules.

Values are percent of the converter's full scale. A rule is a set of bands; the zone is the band that
the median of the last three values lies in, or ``otherwise`` outside every band.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Final

WINDOW: Final = 3
TOLERANCE: Final = 10.0
HYSTERESIS: Final = 1.0
OUTSIDE: Final = "The value lies outside every band: check the loop's resistors and wiring"


class Zone(StrEnum):
    """What an input is said to be."""

    NORMAL = "normal"
    ALARM = "alarm"
    TAMPER = "tamper"
    SHORT = "short"
    CUT = "cut"
    FAULT = "fault"


# A fault counts as triggered: whoever cuts the bus must not get "OK" for it.
_DETAILS: Final = {
    Zone.NORMAL: None,
    Zone.ALARM: None,
    Zone.TAMPER: "Tamper",
    Zone.SHORT: "Short circuit",
    Zone.CUT: "Cut",
    Zone.FAULT: "Fault",
}
_TAMPERED: Final = frozenset({Zone.TAMPER, Zone.SHORT, Zone.CUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Values from ``low`` to ``high``, both included, that mean ``zone``."""

    zone: Zone
    low: float
    high: float

    def holds(self, value: float, margin: float = 0.0) -> bool:
        """Return whether ``value`` lies in the band widened by ``margin``."""
        return self.low - margin <= value <= self.high + margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The bands of one input. A zone is left once the value is ``hysteresis`` percent outside its band."""

    bands: tuple[Band, ...]
    otherwise: Zone
    hysteresis: float = HYSTERESIS

    def __post_init__(self) -> None:
        """Check the bands. Raises ``ValueError`` that names the one to change."""
        if self.hysteresis < 0:
            raise ValueError(f"hysteresis must be 0 or more, is {self.hysteresis:g}")
        ordered = sorted(self.bands, key=lambda band: band.low)
        for band in ordered:
            if not band.low < band.high:
                raise ValueError(f"{band.zone} band must go from low to high, is {band.low:g}-{band.high:g}")
            if band.high - band.low <= self.hysteresis:
                raise ValueError(f"{band.zone} band must be wider than the hysteresis of {self.hysteresis:g}")
        for lower, upper in pairwise(ordered):
            if upper.low < lower.high:
                raise ValueError(f"{lower.zone} and {upper.zone} overlap between {upper.low:g} and {lower.high:g}")

    def zone(self, value: float, before: Zone | None) -> Zone:
        """Return the zone of ``value`` for an input that was in the zone ``before``."""
        if any(band.zone is before and band.holds(value, self.hysteresis) for band in self.bands):
            return before or self.otherwise
        return next((band.zone for band in self.bands if band.holds(value)), self.otherwise)


def simple(
    normal: float, *, tolerance: float = TOLERANCE, tamper: float | None = None, hysteresis: float = HYSTERESIS
) -> Rule:
    """Return the rule of a plain contact: normal or tampered within ``tolerance``, else alarm.

    Raises ``ValueError`` that says what cannot be.
    """
    bands = [Band(zone=Zone.NORMAL, low=normal - tolerance, high=normal + tolerance)]
    if tamper is not None:
        bands.append(Band(zone=Zone.TAMPER, low=tamper - tolerance, high=tamper + tolerance))
    return Rule(bands=tuple(bands), otherwise=Zone.ALARM, hysteresis=hysteresis)


def supervised(bands: dict[Zone, tuple[float, float]], *, hysteresis: float = HYSTERESIS) -> Rule:
    """Return the rule of a loop with end-of-line resistors; outside every band is a fault.

    Raises ``ValueError`` that says what cannot be.
    """
    for needed in (Zone.NORMAL, Zone.ALARM):
        if needed not in bands:
            raise ValueError(f"A supervised loop needs a band for {needed}")
    if Zone.FAULT in bands:
        raise ValueError("A fault is what lies outside every band: it has no band of its own")
    found = tuple(Band(zone=zone, low=low, high=high) for zone, (low, high) in bands.items())
    return Rule(bands=found, otherwise=Zone.FAULT, hysteresis=hysteresis)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputState:
    """What is known of an input. ``zone`` is ``None`` until three readings are in, ``value`` the last median."""

    zone: Zone | None = None
    value: float | None = None
    fault: str | None = None
    since: float = 0.0
    values: tuple[float, ...] = ()
    failures: int = 0

    @property
    def triggered(self) -> bool:
        """Whether the input is anything but normal."""
        return self.zone not in {None, Zone.NORMAL}

    @property
    def tampered(self) -> bool:
        """Whether somebody is at the wires."""
        return self.zone in _TAMPERED

    @property
    def detail(self) -> str | None:
        """What the trigger is, in words of the wire."""
        return _DETAILS[self.zone] if self.zone else None

    def wire(self) -> dict[str, object]:
        """Return what a message says of the input."""
        return {
            "state": "triggered" if self.triggered else "OK",
            "sample_value": None if self.value is None else round(self.value, 1),
            "tamper": self.tampered,
            "fault": self.fault,
            "event_detail": self.detail,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A reading that failed, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An input went from one zone to another. An input that is normal from the start did not change."""

    before: Zone | None
    after: Zone
    state: InputState = field(repr=False)


def percent(volts: float, full_scale: float) -> float:
    """Return volts as percent of ``full_scale`` volts, within 0 to 100."""
    return max(0.0, min(100.0, volts / full_scale * 100.0))


def step(rule: Rule, state: InputState, sample: float | Unread, now: float) -> tuple[InputState, Change | None]:
    """Take one reading. One or two that fail change nothing, the third in a row is a fault."""
    if isinstance(sample, Unread):
        return _miss(state, sample.reason, now)
    values = (*state.values, sample)[-WINDOW:]
    known = replace(state, values=values, failures=0)
    if len(values) < WINDOW:
        return known, None
    value = median(values)
    zone = rule.zone(value, state.zone)
    known = replace(known, value=value, fault=OUTSIDE if zone is Zone.FAULT else None)
    return _enter(known, zone, now)


def _miss(state: InputState, reason: str, now: float) -> tuple[InputState, Change | None]:
    missed = replace(state, failures=min(state.failures + 1, WINDOW))
    if missed.failures < WINDOW:
        return missed, None
    return _enter(replace(missed, values=(), value=None, fault=reason), Zone.FAULT, now)


def _enter(state: InputState, zone: Zone, now: float) -> tuple[InputState, Change | None]:
    if zone is state.zone:
        return state, None
    entered = replace(state, zone=zone, since=now)
    if state.zone is None and zone is Zone.NORMAL:
        return entered, None
    return entered, Change(before=state.zone, after=zone, state=entered)
