"""Forms are tried without a broker, and what they keep is not started."""

from collections.abc import AsyncIterator, Iterator
from unittest.mock import AsyncMock, patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.const import DOMAIN


@pytest.fixture(autouse=True)
async def set_up(hass: HomeAssistant) -> AsyncIterator[AsyncMock]:
    """Let entries be set up without a hub behind them, and end in the same way."""
    with (
        patch("custom_components.event_hub.async_setup_entry", return_value=True) as set_up,
        patch("custom_components.event_hub.async_unload_entry", return_value=True),
    ):
        yield set_up
        await hass.async_block_till_done()
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture(autouse=True)
def tried() -> Iterator[AsyncMock]:
    """Stand in for RabbitMQ, which takes every connection that is tried."""
    with patch("custom_components.event_hub.connection_form.async_test_connection") as tried:
        yield tried


@pytest.fixture
def mqtt(hass: HomeAssistant) -> None:
    """Let Home Assistant's MQTT integration be set up."""
    MockConfigEntry(domain="mqtt").add_to_hass(hass)
