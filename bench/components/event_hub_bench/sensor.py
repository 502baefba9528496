"""Devices and entities with nothing behind them: what Home Assistant itself takes for as many."""

from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import DOMAIN


async def async_setup_entry(
    _hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities, dealt out to the devices."""
    devices = entry.data["devices"]
    async_add_entities(BareSensor(number, number % devices) for number in range(entry.data["entities"]))


class BareSensor(SensorEntity):
    """A state that never changes."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_native_value = 0

    def __init__(self, number: int, device: int) -> None:
        """Belong to a device."""
        self._attr_name = f"Value {number}"
        self._attr_unique_id = f"{number}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, f"{device}")}, name=f"Bare {device}")
