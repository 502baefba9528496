"""Somebody who talks to Assist."""

from typing import Final

from homeassistant.auth.models import User
from homeassistant.components.conversation import async_converse
from homeassistant.core import Context, HomeAssistant

from tests.integration.alarm.kit import House

PANEL: Final = "alarm_control_panel.home"


class Assist:
    """Home Assistant's own assistant, as it is without any language model."""

    def __init__(self, hass: HomeAssistant, house: House) -> None:
        """Talk to this one, in this house."""
        self.hass = hass
        self.house = house

    async def say(self, text: str, *, language: str = "en", user: User | None = None) -> str:
        """Say something and return the answer."""
        context = Context(user_id=None if user is None else user.id)
        result = await async_converse(self.hass, text, None, context, language=language)
        await self.house.told()
        speech: str = result.response.speech["plain"]["speech"]
        return speech
