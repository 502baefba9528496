"""Schedules for tests: written shortly, and of every kind."""

from hypothesis import strategies as st

from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.times.schedule_data import check_schedule, read_schedule
from custom_components.event_hub.engine.times.schedules import WEEK, Schedule, Span

from .clocks import DAYS

# Clocks are changed by whole quarters of an hour, and the schedules made here are of them.
QUARTER = 900


def schedule(*spans: tuple[str, str | None, str | None]) -> Schedule:
    """Return a schedule of spans: days ("" is every day), enabled at, disabled at."""
    return read_schedule(
        {"spans": [{"days": days.split() or list(WEEK), "enable_at": on, "disable_at": off} for days, on, off in spans]}
    )


def can_be(wanted: Schedule) -> bool:
    """Tell whether people may set a schedule."""
    try:
        check_schedule(wanted)
    except InvalidRuleError:
        return False
    return True


times_of_day = st.integers(0, DAYS // QUARTER - 1).map(lambda quarter: quarter * QUARTER)
spans = st.builds(
    Span,
    days=st.sets(st.sampled_from(WEEK), min_size=1).map(lambda days: tuple(day for day in WEEK if day in days)),
    enable_at=st.none() | times_of_day,
    disable_at=st.none() | times_of_day,
).filter(lambda span: span.enable_at is not None or span.disable_at is not None)
schedules = st.builds(Schedule, spans=st.lists(spans, min_size=1, max_size=4).map(tuple))
possible_schedules = schedules.filter(can_be)
