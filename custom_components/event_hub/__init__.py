"""Event Hub: cheap sensors on MQTT and RabbitMQ become an alarm one can trust."""

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady, HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .alarm_bus import async_tell_bus
from .alarm_last_code import async_watch_codes
from .automation_feed import audience_of
from .chat import async_serve_chats
from .const import DOMAIN, PLATFORMS
from .devices import DeviceRegistrySync, async_remove_config_entry_device
from .found_devices import forget_found
from .garbage import async_set_aside
from .given_names import async_follow_names
from .hub import EventHubConfigEntry, Hub
from .intents import async_setup_intents
from .issues import forget_issues
from .mqtt_keypad import async_serve_keypads
from .picture_view import async_register_view
from .services import async_setup_services
from .services_alarm import async_setup_alarm_services
from .storage.remove import async_remove_files
from .telling_pictures import ToldPictureView

__all__ = ["async_remove_config_entry_device"]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Offer the actions and intents, which say what is missing while no hub is set up, and the apps' pictures."""
    async_setup_services(hass)
    async_setup_alarm_services(hass)
    async_register_view(hass)
    async_setup_intents(hass)
    hass.http.register_view(ToldPictureView())
    return True


async def async_setup_entry(hass: HomeAssistant, entry: EventHubConfigEntry) -> bool:
    """Start the hub; brokers may be away, they are waited for in the background."""
    hub = Hub(hass, entry)
    try:
        await hub.async_load()
    except HomeAssistantError as error:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="state_unreadable",
            translation_placeholders={"detail": str(error)},
        ) from error
    entry.runtime_data = hub

    last = [
        hub.notices.close,
        hub.feed.close,
        async_follow_names(hub),
        DeviceRegistrySync(hub).async_start(),
        async_tell_bus(hass, hub.alarm),
        async_watch_codes(hub),
    ]

    @callback
    def let_go() -> None:
        while last:
            last.pop()()

    async def stop(_: Event) -> None:
        try:
            await hub.async_stop()
        finally:
            let_go()

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    entry.async_on_unload(let_go)
    try:
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
        await hub.async_start()
        await async_serve_keypads(hass, entry)
        async_serve_chats(hass, entry)
    except BaseException:
        # Nobody would stop what is loaded: its timers, its files, its connections. Nor would its repairs be true.
        try:
            await hub.async_stop()
        finally:
            hub.notices.clear_all()
        raise
    async_set_aside(hass)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: EventHubConfigEntry) -> bool:
    """Stop the hub once its entities are gone."""
    # Automations look at entities, which are gone in a moment.
    audience_of(hass).tell_now()
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.async_stop()
    entry.runtime_data.notices.clear_all()
    return True


async def async_remove_entry(hass: HomeAssistant, _entry: EventHubConfigEntry) -> None:
    """Delete what the hub kept."""
    forget_issues(hass)
    forget_found(hass)
    await async_remove_files(hass)
