"""How often detectors that cost money may be asked: so many times a day, so many a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
import logging
import sqlite3
from typing import Final, Protocol

LOG: Final = logging.getLogger(__name__)
_MONTH: Final = len("YYYY-MM")

# Calls by the day of the house's own calendar, YYYY-MM-DD.
type Spent = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many calls are allowed a day and a month of the calendar (0: none), and what one costs."""

    per_day: int
    per_month: int
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What is used today and this month, in calls and in money, and what is allowed."""

    today: int
    month: int
    cost_today: float
    cost_month: float
    per_day: int
    per_month: int


class Store(Protocol):
    """Where calls are counted so that a restart does not forget them. Both raise ``OSError`` or ``sqlite3.Error``."""

    def load(self, provider: str) -> Spent:
        """Return the calls of each day."""

    def save(self, provider: str, day: str, calls: int) -> None:
        """Keep the calls of a day."""


_NOTHING: Final = Allowance(per_day=0, per_month=0, price=0.0)


class Budget:
    """Grants calls. Each day counts for itself, so a clock that is set back finds what was used that day."""

    def __init__(self, allowances: Mapping[str, Allowance], store: Store) -> None:
        """Grant each provider its allowance, and others nothing."""
        self._allowances = dict(allowances)
        self._store = store
        self._spent: dict[str, Spent] = {}
        self._failing = False

    def take(self, provider: str, now: float) -> bool:
        """Count a call and return ``True``, or return ``False`` because no more are allowed.

        What cannot be counted is not allowed, or every restart would begin anew.
        """
        day = _day(now)
        allowance = self._allowances.get(provider, _NOTHING)
        try:
            spent = self._load(provider)
            calls = spent.get(day, 0)
            if calls >= allowance.per_day or _of_month(spent, day) >= allowance.per_month:
                return False
            self._store.save(provider, day, calls + 1)
        except (OSError, sqlite3.Error) as error:
            self._note(error)
            return False
        self._note(None)
        # A new mapping each time: another thread may be reading the old one.
        self._spent[provider] = {**spent, day: calls + 1}
        return True

    def used(self, provider: str, now: float) -> Used:
        """Return what is used at that moment (unix seconds). Raises ``OSError`` or ``sqlite3.Error``."""
        day = _day(now)
        allowance = self._allowances.get(provider, _NOTHING)
        spent = self._load(provider)
        today, month = spent.get(day, 0), _of_month(spent, day)
        return Used(
            today=today,
            month=month,
            cost_today=today * allowance.price,
            cost_month=month * allowance.price,
            per_day=allowance.per_day,
            per_month=allowance.per_month,
        )

    def _load(self, provider: str) -> Spent:
        if provider not in self._spent:
            self._spent[provider] = dict(self._store.load(provider))
        return self._spent[provider]

    def _note(self, error: Exception | None) -> None:
        if error is not None and not self._failing:
            LOG.warning("Paid calls cannot be counted, so none are made, make room or check the disk: %s", error)
        self._failing = error is not None


def _day(now: float) -> str:
    return datetime.fromtimestamp(now).date().isoformat()  # noqa: DTZ006 - the house's own day


def _of_month(spent: Spent, day: str) -> int:
    return sum(calls for each, calls in spent.items() if each[:_MONTH] == day[:_MONTH])
