"""Devices and sources that people rename in Home Assistant have that name in the hub as well."""

from collections.abc import Callable, Iterable
from typing import Final

from homeassistant.core import Event, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN
from .engine.events import NamesGiven
from .engine.model import InputRecord, OutputRecord, SourceRecord
from .hub import Hub
from .identifiers import DEVICE_PREFIX

# As long as a label may be.
LONGEST_NAME: Final = 255


@callback
def async_follow_names(hub: Hub) -> Callable[[], None]:
    """Take over the names that devices have now, and from now on each that changes; returns how to stop."""
    registry = dr.async_get(hub.hass)
    take_over_names(hub, dr.async_entries_for_config_entry(registry, hub.entry.entry_id))

    @callback
    def renamed(event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        device = registry.async_get(event.data["device_id"], include_child_devices=False)
        if device is not None and device.config_entry_id == hub.entry.entry_id:
            take_over_names(hub, (device,))

    return hub.hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, renamed, event_filter=_may_rename)


@callback
def _may_rename(data: dr.EventDeviceRegistryUpdatedData) -> bool:
    return data["action"] == "update" and "name_by_user" in data["changes"]


@callback
def take_over_names(hub: Hub, devices: Iterable[dr.DeviceEntry]) -> None:
    """Have the hub call what it knows of the devices as people named them, or no longer."""
    state = hub.state
    named: dict[str, str | None] = {}
    sources: dict[str, str | None] = {}
    for device in devices:
        given = " ".join((device.name_by_user or "").split())[:LONGEST_NAME] or None
        for identifier in (name for domain, name in device.identifiers if domain == DOMAIN):
            key = identifier.removeprefix(DEVICE_PREFIX)
            if key != identifier:
                if _is_news(given, state.inputs.get(key), state.outputs.get(key)):
                    named[key] = given
            elif _is_news(given, state.sources.get(key)):
                sources[key] = given
    if named or sources:
        hub.post(NamesGiven(devices=named, sources=sources))


def _is_news(given: str | None, *records: InputRecord | OutputRecord | SourceRecord | None) -> bool:
    return any(record is not None and record.given_name != given for record in records)
