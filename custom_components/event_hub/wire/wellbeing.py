"""How an app itself is doing and what it spends, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """How a part of an app is doing; when not well, ``detail`` says what to do, in words for people."""

    name: str
    ok: bool
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What an app has spent on paid calls by its own calendar, and may. ``None`` where it does not say.

    ``currency`` is a code such as ``USD``; costs are in it.
    """

    calls_today: int | None = None
    calls_per_day: int | None = None
    calls_this_month: int | None = None
    calls_per_month: int | None = None
    cost_today: float | None = None
    cost_this_month: float | None = None
    currency: str | None = None
