"""Entity ids that Home Assistant can use, however long the names are which they are made of.

It composes an id of area, device and entity, and cuts it at its limit. Where the cut leaves an underscore at the end
the id is none, and the entity is not there. So an id that would be cut is made here, with room for the entity's part:
of the device's name the end goes, at a word where one ends nearby. Names that fit are Home Assistant's business.
"""

import asyncio
from collections.abc import Iterator
from typing import Final, override

from homeassistant.const import MAX_LENGTH_STATE_ENTITY_ID
from homeassistant.core import HomeAssistant, callback, split_entity_id, valid_entity_id
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import EntityPlatform
from homeassistant.util import slugify

# What Home Assistant puts behind ids that are alike: _2, _3, and so on.
_NUMBER: Final = len("_99999")
# A word is given up as a whole where it is no longer than this; of what is written without spaces only letters are.
_WORD: Final = 20


def room_for(domain: str) -> int:
    """Return how many characters the second half of an entity's id may have."""
    return MAX_LENGTH_STATE_ENTITY_ID - len(domain) - 1


def object_id_of(device: str, entity: str | None, room: int) -> str:
    """Return the second half of the id of a device's entity: as it is where it has room, else cut."""
    whole = slugify(f"{device} {entity}" if entity else device)
    if len(whole) <= room:
        return whole
    left = room - _NUMBER
    end = f"_{_cut(slugify(entity), left // 2)}" if entity else ""
    return _cut(slugify(device), left - len(end)) + end


class FittingEntity(Entity):
    """An entity whose id is valid, however long its names are."""

    @callback
    @override
    def add_to_platform_start(
        self, hass: HomeAssistant, platform: EntityPlatform, parallel_updates: asyncio.Semaphore | None
    ) -> None:
        """See to the id before Home Assistant makes one."""
        super().add_to_platform_start(hass, platform, parallel_updates)
        _mend(er.async_get(hass), self)
        device = self._device()
        # The class says that there is always one, which holds only from a moment later on.
        own_id: str | None = self.entity_id
        if own_id is None and device is not None:
            name, entity = device.name_by_user or device.name or "", self.suggested_object_id
            room = room_for(platform.domain)
            if not _fits(" ".join((*_places(hass, device), name, entity or "")), room):
                self.entity_id = f"{platform.domain}.{object_id_of(name, entity, room)}"

    def _device(self) -> dr.DeviceEntry | None:
        """Return the entity's device, which was there before it."""
        entry, info = self.platform.config_entry, self.device_info
        if entry is None or info is None:
            return None
        registry = dr.async_get(self.hass)
        found = (registry.async_get_device_by_identifier(each, entry.entry_id) for each in info["identifiers"])
        return next((each for each in found if each is not None), None)


def _mend(registry: er.EntityRegistry, entity: Entity) -> None:
    """Give an entity another id that has one which is none."""
    if entity.unique_id is None:
        return
    platform = entity.platform
    known = registry.async_get_entity_id(platform.domain, platform.platform_name, entity.unique_id)
    if known is not None and not valid_entity_id(known):
        mended = registry.async_get_available_entity_id(platform.domain, split_entity_id(known)[1].strip("_"))
        registry.async_update_entity(known, new_entity_id=mended)


def _places(hass: HomeAssistant, device: dr.DeviceEntry) -> Iterator[str]:
    """Yield where a device is, all of which may become a part of its entities' ids."""
    area = None if device.area_id is None else ar.async_get(hass).async_get_area(device.area_id)
    if area is None:
        return
    floor = None if area.floor_id is None else fr.async_get(hass).async_get_floor(area.floor_id)
    if floor is not None:
        yield floor.name
    yield area.name


def _fits(text: str, room: int) -> bool:
    """Whether a text has room as a part of an id. In ASCII it gets no longer, which is sooner known: but for &deg;."""
    is_plain = text.isascii() and "&" not in text
    return (is_plain and len(text) <= room) or len(slugify(text)) <= room


def _cut(slug: str, room: int) -> str:
    if len(slug) <= room:
        return slug
    kept = slug[:room]
    if slug[room] != "_":
        words, _, _ = kept.rpartition("_")
        kept = words if len(words) >= room - _WORD else kept
    return kept.rstrip("_")
