"""The notices of a hub that has just begun, with all texts loaded."""

from collections.abc import Iterator

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.notices import Notices


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return the hub's entry, with all texts loaded."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert await async_setup_component(hass, REPAIRS, {})
    rabbitmq = {"hosts": ["rabbit-1", "rabbit-2"], "username": "hub", "password": "secret", "virtual_host": "/"}
    entry = MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": True, "rabbitmq": rabbitmq})
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def notices(hass: HomeAssistant, entry: MockConfigEntry) -> Iterator[Notices]:
    """Return the notices of a hub that has just begun."""
    notices = Notices(hass, entry)
    yield notices
    notices.clear_all()
