"""A home with an alarm that Assist knows, with the sentences of the documentation."""

from pathlib import Path
import shutil

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from tests.integration.alarm.conftest import clock, house, quick_hashes, sirens
from tests.integration.alarm.kit import House
from tests.source import ROOT

from .kit import PANEL, Assist

__all__ = ["clock", "house", "quick_hashes", "sirens"]


@pytest.fixture
async def assist(hass: HomeAssistant, house: House, hass_config_dir: str) -> Assist:
    """Return an assistant to which the alarm's panel is exposed."""
    shutil.copytree(ROOT / "docs" / "custom_sentences", Path(hass_config_dir) / "custom_sentences")
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    await house.told()
    async_expose_entity(hass, "conversation", PANEL, should_expose=True)
    return Assist(hass, house)
