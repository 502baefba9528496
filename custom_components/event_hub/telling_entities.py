"""A button for each channel: it sends a test message."""

from collections.abc import Callable
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .engine.telling.model import Channel
from .entity_ids import FittingEntity
from .hub import Hub
from .identifiers import HUB_IDENTIFIER

CHANNEL_BUTTON_DESCRIPTIONS: Final = (
    ButtonEntityDescription(
        key="test_channel", translation_key="test_channel", entity_category=EntityCategory.DIAGNOSTIC
    ),
)


@callback
def follow_channels(
    hub: Hub, descriptions: tuple[ButtonEntityDescription, ...], async_add_entities: AddConfigEntryEntitiesCallback
) -> Callable[[], None]:
    """Add a button for each channel, and for those that are set up later; returns how to stop."""
    known: dict[str, ChannelTestButton] = {}

    @callback
    def look() -> None:
        channels = {each.channel_id: each for each in hub.telling.channels}
        registry = er.async_get(hub.hass)
        for channel_id in known.keys() - channels.keys():
            gone = known.pop(channel_id)
            entity_id = registry.async_get_entity_id(Platform.BUTTON, DOMAIN, unique_id_of(channel_id))
            if entity_id is not None:
                registry.async_remove(entity_id)
            else:
                hub.hass.async_create_task(gone.async_remove(), "Remove a channel's button")
        new = [
            ChannelTestButton(hub, channel, description)
            for key, channel in channels.items()
            if key not in known
            for description in descriptions
        ]
        known.update({each.channel_id: each for each in new})
        if new:
            async_add_entities(new)

    look()
    return hub.telling.listen_channels(look)


def unique_id_of(channel_id: str) -> str:
    """Return the unique id of a channel's button."""
    return f"channel:{channel_id}:test"


class ChannelTestButton(FittingEntity, ButtonEntity):
    """Sends a test message over one channel."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub, channel: Channel, description: ButtonEntityDescription) -> None:
        """Belong to a channel."""
        self.entity_description = description
        self.channel_id = channel.channel_id
        self._hub = hub
        self._attr_unique_id = unique_id_of(channel.channel_id)
        self._attr_translation_placeholders = {"channel": channel.name}
        self._attr_device_info = DeviceInfo(identifiers={HUB_IDENTIFIER})

    @override
    async def async_press(self) -> None:
        """Send it. Raises ``HomeAssistantError`` that says what is wrong."""
        await self._hub.telling.async_test(self.channel_id)
