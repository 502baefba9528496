"""Times as automations and other programs read them."""

from typing import overload

from homeassistant.util import dt as dt_util


@overload
def iso(at: float) -> str: ...
@overload
def iso(at: float | None) -> str | None: ...
def iso(at: float | None) -> str | None:
    """Return unix seconds as text, in UTC; of no time, nothing."""
    return None if at is None else dt_util.utc_from_timestamp(at).isoformat()
