"""What the hub adds to Home Assistant's page about how the system is doing."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .hub import Hub
from .transports.link import LinkStatus
from .wire.messages import Transport

NAMES = {Transport.AMQP: "rabbitmq", Transport.MQTT: "mqtt"}


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Offer the hub's facts."""
    register.async_register_info(async_facts, f"/config/integrations/integration/{DOMAIN}")


async def async_facts(hass: HomeAssistant) -> dict[str, Any]:
    """Return how the links stand and what was counted; nothing while no hub runs."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        return _facts(entry.runtime_data)
    return {}


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
