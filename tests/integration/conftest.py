"""A Home Assistant of its own for each test, with the hub set up where a test asks for it."""

from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub import hub
from custom_components.event_hub.const import DOMAIN

from .fake_rabbitmq import FakeRabbitMQ
from .kit import Home


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Keep the hub's files of a test apart from those of others."""
    return str(tmp_path)


@pytest.fixture
def entry() -> MockConfigEntry:
    """Return an entry that needs no broker."""
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": False})


@pytest.fixture
async def home(hass: HomeAssistant, entry: MockConfigEntry) -> Home:
    """Return a home whose hub runs."""
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return Home(hass, entry)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeRabbitMQ:
    """Return the broker that a hub whose entry uses RabbitMQ is connected to."""
    broker = FakeRabbitMQ()
    monkeypatch.setattr(hub, "AmqpLink", broker.link)
    return broker
