"""Which entity and device an event on Home Assistant's bus is about.

The logbook of an entity or of a device shows no events but those that name it.
"""

from typing import Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN
from .engine.telling.model import Telling
from .identifiers import (
    DEVICE_PREFIX,
    PARTITION_PREFIX,
    device_identifier,
    partition_identifier,
    source_identifier,
)

# How the unique ids of a source's entities begin, as ``views.SOURCES`` has it.
_SOURCE_PREFIX: Final = "source:"

type About = dict[str, str | None]


@callback
def about_partition(hass: HomeAssistant, partition_id: str) -> About:
    """Return the panel of a partition, and its device; ``None`` for what there is not (yet)."""
    unique_id = f"{PARTITION_PREFIX}{partition_id}:panel"
    return _about(hass, Platform.ALARM_CONTROL_PANEL, unique_id, partition_identifier(partition_id))


@callback
def about_input(hass: HomeAssistant, key: str) -> About:
    """Return what shows whether an input is active, and its device."""
    return _about(hass, Platform.BINARY_SENSOR, f"{DEVICE_PREFIX}{key}:active", device_identifier(key))


@callback
def about_source(hass: HomeAssistant, source_id: str) -> About:
    """Return what shows whether a source is connected, and its device."""
    return _about(hass, Platform.BINARY_SENSOR, f"{_SOURCE_PREFIX}{source_id}:connected", source_identifier(source_id))


@callback
def about_telling(hass: HomeAssistant, telling: Telling) -> About:
    """Return what a message is about: a partition before the input that it names, an input before its source."""
    if telling.partition_id is not None:
        return about_partition(hass, telling.partition_id)
    if telling.input_key is not None:
        return about_input(hass, telling.input_key)
    return about_nothing() if telling.source_id is None else about_source(hass, telling.source_id)


def about_nothing() -> About:
    """Return the same fields, empty."""
    return {"entity_id": None, "device_id": None}


@callback
def device_id(hass: HomeAssistant, identifier: tuple[str, str]) -> str | None:
    """Return the device of an identifier."""
    registry = dr.async_get(hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        if (device := registry.async_get_device_by_identifier(identifier, entry.entry_id)) is not None:
            return device.id
    return None


def _about(hass: HomeAssistant, platform: Platform, unique_id: str, identifier: tuple[str, str]) -> About:
    entity_id = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
    return {"entity_id": entity_id, "device_id": device_id(hass, identifier)}
