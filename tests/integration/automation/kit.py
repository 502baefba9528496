"""Real automations in a running home, and what they do."""

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.setup import async_setup_component

from custom_components.event_hub.automation_feed import Tampered, audience_of
from custom_components.event_hub.hub import Hub
from devkit.polling import until
from tests.integration.kit import PATIENCE, Home

type Config = dict[str, Any]


class Last(Tampered):
    """What no automation waits for."""


class Done:
    """What automations have done: the data of each call of an action."""

    def __init__(self, hass: HomeAssistant, domain: str = "test", action: str = "done") -> None:
        """Be the action ``domain.action``."""
        self.calls: list[Mapping[str, Any]] = []
        hass.services.async_register(domain, action, self._add)

    @callback
    def _add(self, call: ServiceCall) -> None:
        self.calls.append(call.data)

    @property
    def triggers(self) -> list[dict[str, Any]]:
        """What the trigger told, for automations that pass it on."""
        return [call["told"] for call in self.calls]


async def automate(hass: HomeAssistant, trigger: Config | list[Config] | str, **more: Any) -> None:
    """Have an automation that passes on what its trigger tells."""
    triggers = {"trigger": trigger} if isinstance(trigger, str) else trigger
    action = {"action": "test.done", "data": {"told": "{{ trigger }}"}}
    config = {"id": "one", "alias": "One", "mode": "queued", "triggers": triggers, "actions": [action], **more}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    state = hass.states.get("automation.one")
    assert state is not None
    assert state.state == "on"


async def heard(home: Home) -> None:
    """Wait until automations were told of everything before, and have done what they do about it."""
    await home.hub.alarm.async_told()
    await home.told()
    last = asyncio.Event()

    def hear(_: Hub, __: Last) -> None:
        last.set()

    stop = audience_of(home.hass).listen(Last, None, hear)
    audience_of(home.hass).hear(home.hub, Last(input_key="the last"))
    async with asyncio.timeout(PATIENCE):
        await last.wait()
    stop()
    await home.hass.async_block_till_done()


async def waits(home: Home) -> None:
    """Wait until an automation has begun and waits for something: what waits for it to end would wait too long."""
    await until(lambda: (state := home.hass.states.get("automation.one")) and state.attributes["current"])


def target(home: Home, *identifiers: str) -> Config:
    """Return the devices of these identifiers as a target."""
    devices = [home.device(identifier) for identifier in identifiers]
    return {"device_id": [device.id for device in devices if device is not None]}
