"""Clocks on walls for tests: real zones, and moments around which their clocks are changed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
APIA = ZoneInfo("Pacific/Apia")
ST_JOHNS = ZoneInfo("America/St_Johns")
GREENWICH = ZoneInfo("UTC")
ZONES = (BERLIN, NEW_YORK, LORD_HOWE, APIA, GREENWICH)


def unix(text: str) -> float:
    """Return unix seconds of an ISO time with its offset."""
    return datetime.fromisoformat(text).timestamp()


def shown(now: float | None, zone: ZoneInfo) -> str | None:
    """Return what a clock shows, with its offset."""
    return None if now is None else datetime.fromtimestamp(now, UTC).astimezone(zone).isoformat()


# Each is a change of a clock, the end of a year, or a leap day.
TURNS = tuple(
    unix(text)
    for text in (
        "2026-03-29T01:00:00+00:00",  # Berlin, forward
        "2026-10-25T01:00:00+00:00",  # Berlin, back
        "2026-03-08T07:00:00+00:00",  # New York, forward
        "2026-11-01T06:00:00+00:00",  # New York, back
        "2026-10-03T15:30:00+00:00",  # Lord Howe, forward by half an hour
        "2026-04-04T15:00:00+00:00",  # Lord Howe, back by half an hour
        "2011-12-30T10:00:00+00:00",  # Apia, without 30 December
        "2027-01-01T00:00:00+00:00",
        "2028-02-29T00:00:00+00:00",
    )
)
DAYS = 86_400
moments = st.one_of(
    st.builds(
        lambda turn, seconds: turn + seconds, st.sampled_from(TURNS), st.integers(-3 * DAYS, 3 * DAYS).map(float)
    ),
    st.integers(0, int(unix("2037-12-31T00:00:00+00:00"))).map(float),
    st.floats(0, unix("2037-12-31T00:00:00+00:00")),
)
zones = st.sampled_from(ZONES)
