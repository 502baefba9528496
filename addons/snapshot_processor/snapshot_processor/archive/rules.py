"""When the archive does what: pure rules. Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 3600.0
# From so many failures on, a picture waits for itself and lets others go first.
STUBBORN: Final = 5
TIDY_EVERY: Final = 3600.0
# Pictures stay in the archive's own folder for so long before they go into that of their day.
FILED_AFTER: Final = 86_400.0
DAY: Final = 86_400.0
# Doubling more often than this is past the longest pause.
_DOUBLINGS: Final = 16


def pause_after(failures: int) -> float:
    """Return the seconds to wait after so many failures before this one."""
    return min(FIRST_PAUSE * 2.0 ** min(failures, _DOUBLINGS), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """How long Drive is left alone: one pause for everything that waits, longer with each failure in a row."""

    failures: int = 0
    until: float = 0.0

    def failed(self, now: float) -> Self:
        """Return the outage after one more failure."""
        return type(self)(failures=self.failures + 1, until=now + pause_after(self.failures))

    def left(self, now: float) -> float:
        """Return the seconds until the next attempt, 0 when it is due."""
        left = self.until - now
        # More than the longest pause is left only where the clock was set back: then nobody knows, so try.
        return left if 0 < left <= LONGEST_PAUSE else 0.0


class Step(StrEnum):
    """What the archive does next."""

    REST = "rest"
    LOG_IN = "log_in"
    TIDY = "tidy"
    UPLOAD = "upload"


def next_step(*, outage: Outage, logged_in: bool, tidied_at: float | None, now: float) -> Step:
    """Say what to do; tidying goes before uploads, or a camera that never rests would put it off for ever."""
    if outage.left(now) > 0:
        return Step.REST
    if not logged_in:
        return Step.LOG_IN
    if tidied_at is None or not 0 <= now - tidied_at < TIDY_EVERY:
        return Step.TIDY
    return Step.UPLOAD


def waits_for_itself(attempts: int) -> bool:
    """Say whether a picture that failed so often is put off alone: then it is the picture, and not Drive."""
    return attempts >= STUBBORN
