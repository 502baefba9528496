"""Between the clock on the wall and unix seconds."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.times.wall import format_time, instant, local, parse_time

from .clocks import DAYS, ZONES, moments, unix, zones
from .spans import QUARTER, times_of_day


@given(moments, zones, times_of_day, times_of_day)
def test_a_later_time_on_the_wall_is_never_earlier(now: float, zone: ZoneInfo, one: int, other: int) -> None:
    day = local(now, zone).date()
    first, second = sorted((one, other))
    assert instant(day, first, zone) <= instant(day, second, zone) <= instant(day + timedelta(days=1), 0, zone)


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_a_time_is_the_first_second_at_which_the_clock_shows_it_or_a_later_one(zone: ZoneInfo) -> None:
    start = local(unix("2011-12-20T00:00:00Z"), zone).date()
    for second in range(0, 20 * DAYS, 3 * QUARTER):
        wall = datetime.combine(start, datetime.min.time()) + timedelta(seconds=second)
        at = instant(start, second, zone)
        assert local(at - 1, zone) < wall <= local(at, zone)


@given(st.integers(0, DAYS - 1))
def test_a_time_of_day_is_read_as_it_was_written(second: int) -> None:
    assert parse_time(format_time(second)) == second


@pytest.mark.parametrize(("text", "second"), [("7:00", 25_200), ("07:00", 25_200), ("22:00:30", 79_230), ("0:00", 0)])
def test_people_may_write_a_time_in_more_than_one_way(text: str, second: int) -> None:
    assert parse_time(text) == second


@pytest.mark.parametrize(
    "text",
    ["", "7", "24:00", "12:60", "12:00:60", " 12:00", "12:00\n", "-1:00", "1:0", "\u0660\u0667:\u0660\u0660", 1320],
)
def test_what_is_no_time_of_day_is_none(text: object) -> None:
    assert parse_time(text) is None


@given(st.text())
def test_any_text_is_a_time_of_day_or_none(text: str) -> None:
    second = parse_time(text)
    assert second is None or 0 <= second < DAYS
