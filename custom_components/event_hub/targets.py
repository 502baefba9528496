"""What people target in automations, as the names that the hub has for it: inputs, sources, partitions.

A target may be devices, their entities, areas, floors and labels, and what is there changes. Home Assistant's
registries say what it is, so that it is known before the hub starts.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.util.event_type import EventType

from .const import DOMAIN
from .hub import Hub
from .identifiers import DEVICE_PREFIX, HUB_IDENTIFIER, PARTITION_PREFIX

type Target = Mapping[str, Any]
# From a device of the hub to the name of what it stands for; ``None`` for a device that is something else.
type Reader = Callable[[dr.DeviceRegistry, dr.DeviceEntry], str | None]

_REGISTRIES: Final[tuple[EventType[Any], ...]] = (
    er.EVENT_ENTITY_REGISTRY_UPDATED,
    dr.EVENT_DEVICE_REGISTRY_UPDATED,
    ar.EVENT_AREA_REGISTRY_UPDATED,
)


def input_of(_: dr.DeviceRegistry, device: dr.DeviceEntry) -> str | None:
    """Return the key of the input or output that a device is."""
    return next((name.removeprefix(DEVICE_PREFIX) for name in _names(device) if name.startswith(DEVICE_PREFIX)), None)


def partition_of(_: dr.DeviceRegistry, device: dr.DeviceEntry) -> str | None:
    """Return the id of the partition or master that a device is."""
    ids = (name.removeprefix(PARTITION_PREFIX) for name in _names(device) if name.startswith(PARTITION_PREFIX))
    return next(ids, None)


def source_of(registry: dr.DeviceRegistry, device: dr.DeviceEntry) -> str | None:
    """Return the id of the source that a device is; that of an input or output is the one it is reached through."""
    if input_of(registry, device) is not None:
        via = registry.async_get(device.via_device_id, include_child_devices=False) if device.via_device_id else None
        return None if via is None else source_of(registry, via)
    if partition_of(registry, device) is not None or HUB_IDENTIFIER in device.identifiers:
        return None
    return next(_names(device), None)


@callback
def keys_of(hass: HomeAssistant, target: Target, read: Reader) -> frozenset[str]:
    """Return the names that ``read`` has for what is targeted now."""
    selected = async_extract_referenced_entity_ids(
        hass, TargetSelection(dict(target)), expand_group=False, primary_entities_only=False
    )
    entities, devices = er.async_get(hass), dr.async_get(hass)
    device_ids = set(selected.referenced_devices)
    for entity_id in selected.referenced | selected.indirectly_referenced:
        entity = entities.async_get(entity_id)
        if entity is not None and entity.platform == DOMAIN and entity.device_id is not None:
            device_ids.add(entity.device_id)
    found = (devices.async_get(device_id, include_child_devices=False) for device_id in device_ids)
    keys = (read(devices, device) for device in found if device is not None)
    return frozenset(key for key in keys if key is not None)


@callback
def async_track_keys(
    hass: HomeAssistant, target: Target, read: Reader, on_keys: Callable[[frozenset[str]], None]
) -> Callable[[], None]:
    """Call ``on_keys`` with the names of what is targeted, now and whenever they are others; returns how to stop."""
    known = keys_of(hass, target, read)
    on_keys(known)

    @callback
    def look_again(_: object) -> None:
        nonlocal known
        keys = keys_of(hass, target, read)
        if keys != known:
            known = keys
            on_keys(keys)

    stops = [hass.bus.async_listen(registry, look_again) for registry in _REGISTRIES]

    def stop() -> None:
        for each in stops:
            each()

    return stop


@callback
def hub_of(hass: HomeAssistant) -> Hub | None:
    """Return the hub that runs or is about to; ``None`` where none does."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state in (ConfigEntryState.LOADED, ConfigEntryState.SETUP_IN_PROGRESS):
            hub: Hub | None = getattr(entry, "runtime_data", None)
            return hub
    return None


def _names(device: dr.DeviceEntry) -> Iterator[str]:
    return (name for domain, name in device.identifiers if domain == DOMAIN)
