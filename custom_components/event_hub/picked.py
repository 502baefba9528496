"""What people pick from lists, as the names that the hub's actions take.

Forms and automations hand over the ids of devices and entities; whoever writes
YAML may give these too, or names.
"""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN
from .identifiers import DEVICE_PREFIX, PARTITION_PREFIX

FIELDS: Final = frozenset(
    {"input", "inputs", "output", "outputs", "source", "partition", "partitions", "members", "zones", "siren_outputs"}
)


def with_names(hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action's data with the key or source id in place of the id of a device or entity of the hub."""
    return {field: _named(hass, value) if field in FIELDS else value for field, value in data.items()}


def _named(hass: HomeAssistant, value: str | list[str]) -> str | list[str]:
    return [_name(hass, word) for word in value] if isinstance(value, list) else _name(hass, value)


def _name(hass: HomeAssistant, word: str) -> str:
    entity = er.async_get(hass).async_get(word)
    device_id = entity.device_id if entity is not None and entity.platform == DOMAIN else word
    device = dr.async_get(hass).async_get(device_id) if device_id else None
    if device is None:
        return word
    names = (name for domain, name in device.identifiers if domain == DOMAIN)
    return next((name.removeprefix(DEVICE_PREFIX).removeprefix(PARTITION_PREFIX) for name in names), word)
