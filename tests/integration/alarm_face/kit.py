"""How a person, an automation or a form uses the alarm in Home Assistant."""

from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.core import Context, State
from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.integration.alarm.kit import House

PANEL_ID: Final = "partition:home:panel"
PANEL_ENTITY: Final = "alarm_control_panel.home"


def panel(house: House) -> State:
    """Return the panel's state."""
    return house.home.state("alarm_control_panel", PANEL_ID)


async def use_panel(house: House, action: str, *, user: User | None = None, **data: Any) -> None:
    """Use the panel as a person does, or as an automation."""
    context = Context(user_id=user.id) if user is not None else None
    await house.home.hass.services.async_call(
        "alarm_control_panel", action, {"entity_id": PANEL_ENTITY, **data}, blocking=True, context=context
    )
    await house.told()


async def panel_refusal(house: House, action: str, *, user: User | None = None, **data: Any) -> str:
    """Use the panel for what it refuses; returns the key of the text that people read."""
    with pytest.raises(HomeAssistantError) as caught:
        await use_panel(house, action, user=user, **data)
    await house.told()
    assert caught.value.translation_key is not None
    return caught.value.translation_key
