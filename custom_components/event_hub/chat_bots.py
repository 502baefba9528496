"""Hears what people write to Home Assistant's Telegram bots, from the bots themselves.

The same is on the event bus, but there automations and scripts may put what they like. What comes from a bot was
written by somebody in a chat that it knows.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .chat_users import TELEGRAM
from .const import LOGGER

# As ``telegram_bot`` names it, of which nothing can be imported where it is not set up.
SIGNAL: Final = "telegram_bot_update_event_{}"

type Heard = Callable[[str, Mapping[str, Any]], None]


class ChatBots:
    """Listens to the bots that are loaded, also to those that come later. All methods belong in the event loop."""

    def __init__(self, hass: HomeAssistant, heard: Heard) -> None:
        """Tell ``heard`` the type of each update, and what is in it."""
        self._hass = hass
        self._heard = heard
        self._stops: dict[str, Callable[[], None]] = {}
        self._stop_following: Callable[[], None] | None = None

    @callback
    def start(self) -> None:
        """Begin to listen."""
        self._stop_following = async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._changed)
        for entry in self._hass.config_entries.async_entries(TELEGRAM):
            self._follow(entry)

    @callback
    def stop(self) -> None:
        """Listen no more."""
        if self._stop_following is not None:
            self._stop_following()
            self._stop_following = None
        for stop in self._stops.values():
            stop()
        self._stops.clear()

    @callback
    def _changed(self, _: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        if entry.domain == TELEGRAM:
            self._follow(entry)

    def _follow(self, entry: ConfigEntry[Any]) -> None:
        """Listen to a bot as long as it is loaded."""
        if entry.state is not ConfigEntryState.LOADED:
            if entry.entry_id in self._stops:
                self._stops.pop(entry.entry_id)()
            return
        if entry.entry_id in self._stops:
            return
        bot_id = getattr(getattr(entry.runtime_data, "bot", None), "id", None)
        if bot_id is None:
            LOGGER.error("This version of Home Assistant's Telegram bot is not known: commands by Telegram do not work")
            return

        @callback
        def heard(kind: str, data: Mapping[str, Any]) -> None:
            # Two entries of one bot are told of each other's.
            if (data.get("bot") or {}).get("config_entry_id") == entry.entry_id:
                self._heard(kind, data)

        self._stops[entry.entry_id] = async_dispatcher_connect(self._hass, SIGNAL.format(bot_id), heard)
