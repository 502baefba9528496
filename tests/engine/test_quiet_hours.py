"""When it is quiet, whatever is done to the clock."""

from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.times.quiet_hours import (
    QuietHours,
    check_quiet_hours,
    ends,
    is_quiet,
    quiet_hours_data,
    read_quiet_hours,
)

from .clocks import APIA, BERLIN, DAYS, GREENWICH, LORD_HOWE, NEW_YORK, moments, shown, unix, zones

NIGHT = QuietHours()
OFF = QuietHours(enabled=False)
quiet_hours = st.builds(
    QuietHours, enabled=st.booleans(), begin_at=st.integers(0, DAYS - 1), end_at=st.integers(0, DAYS - 1)
)


@pytest.mark.parametrize(
    ("quiet", "at", "expected"),
    [
        pytest.param(NIGHT, "2026-06-03T20:59:59Z", False, id="before nine"),
        pytest.param(NIGHT, "2026-06-03T21:00:00Z", True, id="at nine"),
        pytest.param(NIGHT, "2026-06-04T00:00:00Z", True, id="at midnight"),
        pytest.param(NIGHT, "2026-06-04T06:59:59.9Z", True, id="before seven"),
        pytest.param(NIGHT, "2026-06-04T07:00:00Z", False, id="at seven"),
        pytest.param(NIGHT, "2026-12-31T23:59:59Z", True, id="on New Year's Eve"),
        pytest.param(NIGHT, "2028-02-29T03:00:00Z", True, id="on leap day"),
        pytest.param(OFF, "2026-06-04T00:00:00Z", False, id="off"),
        pytest.param(
            read_quiet_hours({"begin_at": "13:00", "end_at": "15:00"}), "2026-06-04T14:00:00Z", True, id="nap"
        ),
        pytest.param(QuietHours(begin_at=0, end_at=0), "2026-06-04T14:00:00Z", False, id="without a length"),
    ],
)
def test_it_is_quiet_from_the_beginning_to_the_end(quiet: QuietHours, at: str, expected: bool) -> None:
    assert is_quiet(quiet, unix(at), GREENWICH) is expected


@pytest.mark.parametrize(
    ("zone", "quiet", "at", "end"),
    [
        pytest.param(BERLIN, NIGHT, "2026-03-28T22:00:00+01:00", "2026-03-29T07:00:00+02:00", id="a short night"),
        pytest.param(BERLIN, NIGHT, "2026-10-24T22:00:00+02:00", "2026-10-25T07:00:00+01:00", id="a long night"),
        pytest.param(
            NEW_YORK,
            QuietHours(end_at=9000),
            "2026-03-07T22:00:00-05:00",
            "2026-03-08T03:00:00-04:00",
            id="an end that the clock jumps over",
        ),
        pytest.param(
            LORD_HOWE,
            QuietHours(end_at=6300),
            "2026-04-04T22:00:00+11:00",
            "2026-04-05T01:45:00+11:00",
            id="an end that exists twice",
        ),
        pytest.param(
            APIA, NIGHT, "2011-12-29T22:00:00-10:00", "2011-12-31T07:00:00+14:00", id="a morning that there was not"
        ),
        pytest.param(BERLIN, NIGHT, "2026-06-03T12:00:00+02:00", None, id="not quiet"),
        pytest.param(BERLIN, OFF, "2026-06-03T22:00:00+02:00", None, id="off"),
    ],
)
def test_quiet_hours_end_when_the_clock_on_the_wall_says_so(
    zone: ZoneInfo, quiet: QuietHours, at: str, end: str | None
) -> None:
    assert shown(ends(quiet, unix(at), zone), zone) == end


@given(quiet_hours, moments, zones)
def test_quiet_hours_last_until_they_end_and_no_longer(quiet: QuietHours, now: float, zone: ZoneInfo) -> None:
    end = ends(quiet, now, zone)
    assert (end is not None) is is_quiet(quiet, now, zone)
    if end is not None:
        assert now < end <= now + 3 * DAYS
        assert is_quiet(quiet, (now + end) / 2, zone)
        assert not is_quiet(quiet, end, zone)


def test_quiet_hours_are_written_as_people_write_them() -> None:
    written = {"enabled": True, "begin_at": "21:00", "end_at": "07:00"}
    assert quiet_hours_data(NIGHT) == written
    assert read_quiet_hours(written) == NIGHT
    assert read_quiet_hours({}) == NIGHT


@pytest.mark.parametrize(
    ("data", "setting", "allowed"),
    [
        (None, "quiet_hours", "begin_at"),
        ({"end": "07:00"}, "end", "only enabled, begin_at, end_at"),
        ({"enabled": "yes"}, "enabled", "yes or no"),
        ({"begin_at": 1260}, "begin_at", "in quotes"),
        ({"end_at": None}, "end_at", 'such as "22:00"'),
        ({"begin_at": "07:00"}, "end_at", "another time than the beginning"),
    ],
)
def test_what_are_no_quiet_hours_is_refused_in_words(data: object, setting: str, allowed: str) -> None:
    with pytest.raises(InvalidRuleError) as refused:
        read_quiet_hours(data)
    assert refused.value.setting == setting
    assert allowed in refused.value.allowed


def test_a_time_outside_of_the_day_is_refused() -> None:
    with pytest.raises(InvalidRuleError, match="begin_at"):
        check_quiet_hours(QuietHours(begin_at=DAYS))
