"""A home with one partition, as the tests of the alarm's desk have it."""

from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
import pytest

from custom_components.event_hub.alarm_bus import EVENT_ALARM, EVENT_OUTSIDE
from tests.integration.alarm.conftest import clock, house, quick_hashes, sirens

__all__ = ["clock", "house", "quick_hashes", "sirens"]


@pytest.fixture
def told(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return the data of every event of the alarm on Home Assistant's bus, of those for outside alone as well."""
    events: list[dict[str, Any]] = []

    @callback
    def add(event: Event[dict[str, Any]]) -> None:
        events.append(event.data)

    for event in (EVENT_ALARM, EVENT_OUTSIDE):
        hass.bus.async_listen(event, add)
    return events
