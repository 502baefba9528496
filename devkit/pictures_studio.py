"""What the pictures are taken with: the system that runs, a page of it, and the ways to get somewhere in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .browser import Page
from .develop import System
from .home_assistant_api import HomeAssistantApi, eventually

DOMAIN: Final = "event_hub"
PATIENCE: Final = 90.0
SETTLE: Final = 1.5
"""Seconds until transitions end, and pictures in the page arrive."""

_SCALE: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """What is photographed, and with what."""

    system: System
    page: Page

    @property
    def api(self) -> HomeAssistantApi:
        """Home Assistant's websocket."""
        return self.system.assistant.api

    async def show(self, path: str, *texts: str, width: int = 1180, height: int = 760) -> None:
        """Open a page of Home Assistant and wait until it says all ``texts``. Raises ``TimeoutError``."""
        await self.page.size(width, height, scale=_SCALE)
        await self.page.go(self.system.assistant.url + path)
        for text in texts:
            await self.page.until_text(text)

    async def triggered(self, entity_id: str) -> None:
        """Wait until an event entity tells of a trigger that it has not told yet. Raises ``TimeoutError``."""
        before = (await self.api.states())[entity_id]["state"]

        async def fresh() -> bool:
            state = (await self.api.states())[entity_id]
            return bool(state["state"] != before and state["attributes"]["event_type"] == "triggered")

        await eventually(f"a trigger of {entity_id}", fresh, PATIENCE)

    async def device_page(self, name: str) -> str:
        """Return the address of a device's page."""
        devices = await self.api.call("config/device_registry/list")
        number: str = next(device["id"] for device in devices if device["name"] == name)
        return f"/config/devices/device/{number}"

    async def automate(self, number: str, configuration: Mapping[str, Any]) -> str:
        """Keep an automation, or change the one of this number, and return the address of its editor."""
        await self.api.post(f"/api/config/automation/config/{number}", configuration)
        return f"/config/automation/edit/{number}"
