"""How a device's schedule is shown."""

from dataclasses import dataclass
from typing import Any

from homeassistant.util import dt as dt_util

from .engine.deadlines import Timer
from .engine.model import InputRecord, OutputRecord
from .engine.scheduling import plan_of
from .engine.state import State
from .engine.times.schedule_data import schedule_data
from .engine.times.schedules import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """The schedule that counts for a device: its own, or that of its ``group``.

    ``next_change`` is in unix seconds; until then counts what somebody switched, if it is ``by_hand``.
    """

    schedule: Schedule
    group: str | None
    next_change: float | None
    by_hand: bool


def look_at_schedule(state: State, record: InputRecord | OutputRecord) -> ScheduleView | None:
    """Return how a device is scheduled, ``None`` if it is not; costs nothing for most."""
    if record.schedule is None and not state.group_schedules:
        return None
    plan = plan_of(state, record)
    if plan is None:
        return None
    return ScheduleView(
        schedule=plan.schedule,
        group=plan.group,
        next_change=state.deadlines.get((Timer.SCHEDULE, plan.key)),
        by_hand=record.override is not None,
    )


def schedule_attributes(view: ScheduleView | None) -> dict[str, Any]:
    """Return what the switch of a device tells of its schedule."""
    if view is None:
        return {}
    return {
        "schedule": schedule_data(view.schedule)["spans"],
        "schedule_of_group": view.group,
        "next_change": None if view.next_change is None else dt_util.utc_from_timestamp(view.next_change),
        "by_hand": view.by_hand,
    }
