"""What somebody switched by hand, until the schedule says something again."""

from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.events import EnabledSet, ScheduleSet
from custom_components.event_hub.engine.settings import Settings
from custom_components.event_hub.engine.times.schedules import (
    Override,
    Schedule,
    enabled_at,
    next_change,
    override_counts,
)

from .clocks import GREENWICH, moments, unix, zones
from .kit import Engine
from .spans import possible_schedules, schedule

DAILY = schedule(("", "08:00", "18:00"))


def switched(wanted: Schedule | None, at: float, *, on: bool, zone: ZoneInfo = GREENWICH) -> Engine:
    """Return an engine with a door of that schedule, which somebody switched on or off at a time."""
    engine = Engine(Settings(zone=zone))
    engine.now = at
    engine.input("Door")
    engine.post(ScheduleSet(inputs=("Door",), schedule=wanted))
    engine.post(EnabledSet(inputs=("Door",), enabled=on))
    return engine


def is_on(engine: Engine, at: float) -> bool:
    """Tell whether the door is on at a time, after having waited for it."""
    engine.wait(at - engine.now)
    return engine.state.inputs["Door"].enabled


def test_what_somebody_switched_counts_until_the_next_change() -> None:
    engine = switched(DAILY, unix("2026-06-03T09:00:00Z"), on=False)
    states = [
        is_on(engine, unix(f"2026-06-{at}Z")) for at in ("03T09:00:00", "03T17:59:59", "03T18:00:00", "04T08:00:00")
    ]
    assert states == [False, False, False, True]


def test_what_somebody_switched_on_ends_with_the_change_that_came_while_the_hub_was_down() -> None:
    engine = switched(DAILY, unix("2026-06-03T19:00:00Z"), on=True)
    assert is_on(engine, unix("2026-06-03T20:00:00Z"))
    engine.restart(after=unix("2026-06-04T19:00:00Z") - engine.now)
    assert not engine.state.inputs["Door"].enabled


def test_a_change_that_says_what_is_so_already_ends_what_somebody_switched() -> None:
    engine = switched(schedule(("", "08:00", None)), unix("2026-06-03T22:00:00Z"), on=False)
    assert not is_on(engine, unix("2026-06-04T07:59:59Z"))
    assert is_on(engine, unix("2026-06-04T08:00:00Z"))
    assert engine.state.inputs["Door"].override is None


def test_what_is_switched_in_the_second_of_a_change_counts() -> None:
    at = unix("2026-06-03T08:00:00Z")
    assert not is_on(switched(DAILY, at, on=False), at + 1)


@pytest.mark.parametrize("on", [True, False])
def test_what_somebody_switched_counts_for_ever_without_a_schedule(*, on: bool) -> None:
    engine = switched(None, unix("2026-06-03T08:00:00Z"), on=on)
    assert is_on(engine, unix("2027-06-03T08:00:00Z")) is on
    assert engine.state.inputs["Door"].override is None


@pytest.mark.parametrize(
    ("now", "counts"),
    [
        pytest.param("2026-06-03T08:30:00Z", True, id="set back by half an hour"),
        pytest.param("2026-06-03T07:30:00Z", False, id="set back to before the last change"),
        pytest.param("2019-06-03T08:30:00Z", False, id="set back by years"),
    ],
)
def test_a_clock_that_is_set_back_does_not_prolong_what_somebody_switched(now: str, counts: bool) -> None:
    off = Override(enabled=False, at=unix("2026-06-03T09:00:00Z"))
    assert override_counts(DAILY, off, unix(now), GREENWICH) is counts


@given(possible_schedules, moments, zones, st.booleans())
@settings(deadline=None)
def test_what_somebody_switched_counts_up_to_the_change_and_not_from_it_on(
    overridden: Schedule, at: float, zone: ZoneInfo, enabled: bool
) -> None:
    change = next_change(overridden, at, zone)
    assert change is not None
    engine = switched(overridden, at, on=enabled, zone=zone)
    assert is_on(engine, (at + change) / 2) is enabled
    assert is_on(engine, change) is enabled_at(overridden, change, zone)


@pytest.mark.parametrize("own", [schedule(("", "08:00", None)), None, Schedule()], ids=["own", "none", "empty"])
def test_its_own_schedule_counts_before_its_groups(own: Schedule | None) -> None:
    engine = Engine(Settings(zone=GREENWICH))
    engine.now = unix("2026-06-03T07:00:00Z")
    engine.input("Door", enabled=False, group="Outside")
    engine.post(ScheduleSet(groups=("Outside",), schedule=schedule(("", None, "07:30"), ("", "09:00", None))))
    engine.post(ScheduleSet(inputs=("Door",), schedule=own))
    engine.post(EnabledSet(inputs=("Door",), enabled=False))
    is_own = own is not None and bool(own.spans)
    assert is_on(engine, unix("2026-06-03T08:30:00Z")) is is_own
    assert is_on(engine, unix("2026-06-03T09:30:00Z"))
