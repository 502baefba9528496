"""Tells people that devices reported for the first time, in one notification that counts them."""

from typing import Any, Final

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ulid import ulid_now

from .const import DOMAIN
from .engine.effects import DevicesFound
from .engine.state import State
from .identifiers import name_of
from .issues import plain

NAMED: Final = 10
# What every run since Home Assistant's start has shown: notifications do not outlive it.
_SHOWN: Final[HassKey[set[str]]] = HassKey(f"{DOMAIN}_found")


@callback
def forget_found(hass: HomeAssistant) -> None:
    """Take back what was told of new devices, because the hub is deleted."""
    for notification_id in hass.data.pop(_SHOWN, ()):
        persistent_notification.async_dismiss(hass, notification_id)


class FoundDevices:
    """Counts the new devices of this run; the notification says how many, and names the first."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Start with none found."""
        self._hass = hass
        self._entry = entry
        # A run of its own: one that starts anew must not hide what the run before has told.
        self._notification_id = f"{DOMAIN}_found_{ulid_now()}"
        self._count = 0
        self._first: list[str] = []

    def add(self, found: DevicesFound, state: State) -> None:
        """Count what was found. A device that is input and output is one."""
        keys = dict.fromkeys((*found.inputs, *found.outputs))
        self._count += len(keys)
        self._first += [name_of(key, state.inputs, state.outputs) for key in list(keys)[: NAMED - len(self._first)]]

    def show(self) -> None:
        """Show the notification with the count as it is now."""
        texts = async_get_cached_translations(self._hass, self._hass.config.language, "common", DOMAIN)
        many = "one" if self._count == 1 else "many"
        values = {
            "count": str(self._count),
            "devices": "\n".join(f"- {plain(name)}" for name in self._first),
            "more": str(self._count - len(self._first)),
            "link": f"/config/devices/dashboard?config_entry={self._entry.entry_id}",
        }

        def text(name: str) -> str:
            return texts.get(f"component.{DOMAIN}.common.{name}", "").format(**values)

        parts = [text("found_intro"), values["devices"]]
        if self._count > len(self._first):
            parts.append(text("found_more"))
        self._hass.data.setdefault(_SHOWN, set()).add(self._notification_id)
        persistent_notification.async_create(
            self._hass,
            "\n\n".join([*parts, text("found_next")]),
            title=text(f"found_title_{many}"),
            notification_id=self._notification_id,
        )
