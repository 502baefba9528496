"""What the hub adds to Home Assistant's page about how the system is doing."""

import asyncio
from collections.abc import Iterable
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .hub import Hub
from .picture_apps import client_of, picture_apps
from .transports.link import LinkStatus
from .transports.pictures import PictureApp, PictureError
from .wire.messages import Transport

NAMES = {Transport.AMQP: "rabbitmq", Transport.MQTT: "mqtt"}


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Offer the hub's facts."""
    register.async_register_info(async_facts, f"/config/integrations/integration/{DOMAIN}")


async def async_facts(hass: HomeAssistant) -> dict[str, Any]:
    """Return how the links stand and what was counted; nothing while no hub runs."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        apps = picture_apps(entry).values()
        # The page shows the rest while the apps are still asked.
        return _facts(entry.runtime_data) | ({"pictures": _async_ask(hass, apps)} if apps else {})
    return {}


async def _async_ask(hass: HomeAssistant, apps: Iterable[PictureApp]) -> str:
    """Return whether each app gives out its pictures, or why not."""

    async def ask(app: PictureApp) -> str:
        try:
            await client_of(hass, app).async_cameras()
        except PictureError as error:
            return error.problem.value
        return "ok"

    return ", ".join(await asyncio.gather(*map(ask, apps)))


def _facts(hub: Hub) -> dict[str, Any]:
    state = hub.state
    links = hub.notices.brokers.statuses
    return {
        **{NAMES[transport]: _words(status) for transport, status in links.items()},
        "devices": len(state.inputs.keys() | state.outputs.keys()),
        "sources": len(state.sources),
        "lost_sources": sum(status.lost for status in state.source_status.values()),
        "refused": hub.receiver.refusals.by_reason.total(),
    }


def _words(status: LinkStatus) -> str:
    return f"{status.state} ({status.problem})" if status.problem else status.state.value
