"""What an alarm shows and a restart must not lose, and what is wrong with what was found after one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self

type Json = dict[str, Any]
# What announces, by the entity that does.
PANEL: Final = "alarm_control_panel.home"
GUESSED: Final = "alarm_control_panel.yard"
SIREN_SOUNDS: Final = "binary_sensor.home_siren"
SHOWING: Final = (PANEL, GUESSED, SIREN_SOUNDS)
# Fields that are either as they were announced or as was asked for.
_EXACT: Final = ("state", "bypassed")
_DELAYED: Final = ("arming", "pending")
GUESS: Final = "guess"
# So long, in seconds, may pass between the reading of what is shown and that of the clock.
READING: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of the partition that is armed, and until when codes are locked in the one that is guessed at."""

    state: str = "disarmed"
    delay_end: str | None = None
    memory: tuple[str, ...] = ()
    bypassed: tuple[str, ...] = ()
    siren: str = "off"
    locked_until: str | None = None

    @classmethod
    def of(cls, states: Mapping[str, Json]) -> Self:
        """Read it from entities' states."""
        panel, guessed = states[PANEL], states[GUESSED]["attributes"]
        attributes = panel["attributes"]
        return cls(
            state=panel["state"],
            delay_end=attributes.get("delay_end"),
            memory=tuple(str(alarm["at"]) for alarm in attributes.get("memory", ())),
            bypassed=tuple(attributes.get("bypassed", ())),
            siren=states[SIREN_SOUNDS]["state"],
            locked_until=guessed.get("locked_until"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """How often somebody guessed since the last right code, and how often that locked code entry."""

    wrong: int = 0
    locks: int = 0

    def one_more(self) -> Guesses:
        """Return them after a wrong code: the fifth locks."""
        return Guesses(locks=self.locks + 1) if self.wrong == 4 else replace(self, wrong=self.wrong + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was announced when it was killed, what was being done, and what that makes of what is shown."""

    shown: Shown
    doing: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    siren_limit: float = 0.0

    @property
    def siren_ends(self) -> float | None:
        """When the siren was to end, in unix seconds; ``None`` while it was silent."""
        return None if self.shown.state != "triggered" else seconds(self.shown.memory[-1]) + self.siren_limit


def seconds(moment: str | None) -> float:
    """Return the unix seconds of a moment as entities tell it; the beginning of time for none."""
    return 0.0 if moment is None else datetime.fromisoformat(moment).timestamp()


def problems_of(found: Shown, before: Before, now: float) -> list[str]:
    """Say what is wrong with what a restart found at ``now`` (unix seconds)."""
    checks = (_standing(found, before, now), _delay(found, before), _memory(found, before), _lock(found, before, now))
    return [f"{problem}: {before} became {found}" for problem in checks if problem is not None]


def _standing(found: Shown, before: Before, now: float) -> str | None:
    shown, ends = before.shown, before.siren_ends
    possible = [replace(shown, **before.asked)] if before.asked else []
    if ends is None or now < ends + READING:
        possible.append(shown)
    if ends is not None and now >= ends:
        possible.append(replace(shown, state="armed_away"))
    wanted = [tuple(getattr(each, name) for name in _EXACT) for each in possible]
    is_one = tuple(getattr(found, name) for name in _EXACT) in wanted
    return None if is_one else f"neither what was announced nor what was asked for, {wanted}"


def _delay(found: Shown, before: Before) -> str | None:
    ran = found.state == before.shown.state and found.state in _DELAYED
    return "the delay did not run on" if ran and found.delay_end != before.shown.delay_end else None


def _memory(found: Shown, before: Before) -> str | None:
    kept = set(before.shown.memory) <= set(found.memory)
    acknowledged = before.asked.get("memory") == () and not found.memory
    return None if kept or acknowledged else "the alarm memory lost something"


def _lock(found: Shown, before: Before, now: float) -> str | None:
    until = before.shown.locked_until
    if until is None:
        unasked = found.locked_until is not None and before.doing != GUESS
        return "codes are locked for no reason" if unasked else None
    as_before = found.locked_until == until or (found.locked_until is None and now >= seconds(until))
    return None if as_before else "codes are not locked as they were"
