"""A home, its alarm, and what automations do in it."""

from homeassistant.core import HomeAssistant
import pytest

from tests.integration.alarm.conftest import clock, house, quick_hashes, sirens

from .kit import Done

__all__ = ["clock", "house", "quick_hashes", "sirens"]


@pytest.fixture
def done(hass: HomeAssistant) -> Done:
    """Return what automations have done."""
    return Done(hass)
