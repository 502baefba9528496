"""What somebody switched by hand, until the schedule says something again."""

from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.times.schedules import (
    Override,
    Schedule,
    enabled_at,
    is_enabled,
    next_change,
    override_counts,
    schedule_for,
)

from .clocks import GREENWICH, moments, unix, zones
from .spans import schedule, schedules


def test_what_somebody_switched_counts_until_the_next_change() -> None:
    daily = schedule(("", "08:00", "18:00"))
    off = Override(enabled=False, at=unix("2026-06-03T09:00:00Z"))
    states = [
        is_enabled(daily, off, unix(f"2026-06-{at}Z"), GREENWICH)
        for at in ("03T09:00:00", "03T17:59:59", "03T18:00:00", "04T08:00:00")
    ]
    assert states == [False, False, False, True]


def test_what_somebody_switched_on_ends_with_the_change_that_came_while_the_hub_was_down() -> None:
    daily = schedule(("", "08:00", "18:00"))
    on = Override(enabled=True, at=unix("2026-06-03T19:00:00Z"))
    assert is_enabled(daily, on, unix("2026-06-03T20:00:00Z"), GREENWICH) is True
    assert is_enabled(daily, on, unix("2026-06-04T19:00:00Z"), GREENWICH) is False


def test_a_change_that_says_what_is_so_already_ends_what_somebody_switched() -> None:
    mornings = schedule(("", "08:00", None))
    off = Override(enabled=False, at=unix("2026-06-03T22:00:00Z"))
    assert is_enabled(mornings, off, unix("2026-06-04T07:59:59Z"), GREENWICH) is False
    assert is_enabled(mornings, off, unix("2026-06-04T08:00:00Z"), GREENWICH) is True


def test_what_is_switched_in_the_second_of_a_change_counts() -> None:
    at = unix("2026-06-03T08:00:00Z")
    assert is_enabled(schedule(("", "08:00", "18:00")), Override(enabled=False, at=at), at, GREENWICH) is False


def test_what_somebody_switched_counts_for_ever_without_a_schedule() -> None:
    assert is_enabled(Schedule(), Override(enabled=True, at=0.0), unix("2026-06-03T08:00:00Z"), GREENWICH) is True


def test_without_a_schedule_or_a_person_nothing_is_said() -> None:
    assert is_enabled(Schedule(), None, unix("2026-06-03T08:00:00Z"), GREENWICH) is None


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
    assert override_counts(schedule(("", "08:00", "18:00")), off, unix(now), GREENWICH) is counts


@given(schedules, moments, zones, st.booleans())
def test_what_somebody_switched_counts_up_to_the_change_and_not_from_it_on(
    overridden: Schedule, at: float, zone: ZoneInfo, enabled: bool
) -> None:
    override = Override(enabled=enabled, at=at)
    change = next_change(overridden, at, zone)
    assert change is not None
    assert is_enabled(overridden, override, (at + change) / 2, zone) is enabled
    assert is_enabled(overridden, override, change, zone) is enabled_at(overridden, change, zone)


def test_its_own_schedule_counts_before_its_groups() -> None:
    own, group = schedule(("", "08:00", None)), schedule(("", "09:00", None))
    assert schedule_for(own, group) is own
    assert schedule_for(None, group) is group
    assert schedule_for(Schedule(), group) is group
    assert schedule_for(None, None) is None
