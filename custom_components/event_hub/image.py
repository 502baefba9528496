"""The newest picture of every camera, and the newest in which something was found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry, Hub
from .picture_apps import forgetting
from .storage.images import annotated_of
from .views import INPUTS, InputView, Kind

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class HubImageDescription(HubEntityDescription[InputView, None], ImageEntityDescription):
    """Describe an image. ``shelf_fn`` returns under which name the hub keeps that of a device key."""

    value_fn: Callable[[InputView], None] = lambda _: None
    shelf_fn: Callable[[str], str] = lambda key: key


DESCRIPTIONS: Final = (
    HubImageDescription(key="snapshot", has_fn=lambda view: view.record.has_image),
    HubImageDescription(key="annotated", has_fn=lambda view: view.record.has_annotated, shelf_fn=annotated_of),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: EventHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the images of every input that has shown one; where an app keeps its pictures goes with its source."""
    hub = entry.runtime_data
    entry.async_on_unload(hub.announcer.listen_devices(forgetting(hub.hass, entry, hub.state.sources)))
    follow(entry, INPUTS, DESCRIPTIONS, HubImage, async_add_entities)


class HubImage(HubEntity[InputView, None], ImageEntity):
    """Show the newest picture."""

    domain = Platform.IMAGE
    entity_description: HubImageDescription

    def __init__(
        self, hub: Hub, kind: Kind[InputView], view: InputView, key: str, description: HubImageDescription
    ) -> None:
        """Prepare both of what it is."""
        HubEntity.__init__(self, hub, kind, view, key, description)
        ImageEntity.__init__(self, hub.hass)
        self._shelf_name = description.shelf_fn(key)
        self._note_time()

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to pictures too."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.announcer.listen_images(self._shelf_name, self._newer_image))
        self._note_time()

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture."""
        image = self.hub.images.get(self._shelf_name)
        return None if image is None else image.content

    @callback
    def _newer_image(self) -> None:
        self._note_time()
        self.write()

    def _note_time(self) -> None:
        image = self.hub.images.get(self._shelf_name)
        if image is not None:
            self._attr_content_type = image.content_type
            self._attr_image_last_updated = dt_util.utc_from_timestamp(image.taken_at)
