"""What an import changes outside of the engine: quiet hours and channels, which Home Assistant keeps with the entry."""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback

from .channels import CONF_PRIORITY, FIRST, SUBENTRY_CHANNEL, read_channel
from .engine.errors import InvalidRuleError
from .engine.events import TimesChanged
from .engine.telling.model import ChannelKind
from .engine.times.quiet_hours import QuietHours, quiet_hours_data
from .entry_data import CONF_QUIET_HOURS
from .hub import Hub
from .importing.channel_plan import NEEDED, Here, KnownChannel
from .importing.planner import ChannelWanted, QuietHoursWanted, Wish

_SENDS_TO_CHATS: Final = "telegram_bot.send_message"


def channels_by_name(entry: ConfigEntry[Any]) -> dict[str, tuple[ConfigSubentry, KnownChannel]]:
    """Return the channels of a hub that can be used, each by a name of its own: of two alike the second is "… (2)"."""
    found: dict[str, tuple[ConfigSubentry, KnownChannel]] = {}
    for subentry in entry.subentries.values():
        if subentry.subentry_type != SUBENTRY_CHANNEL:
            continue
        try:
            channel = read_channel(subentry.subentry_id, subentry.title, subentry.data)
        except InvalidRuleError:
            # It is in the log already.
            continue
        name, number = channel.name, 1
        while name in found:
            number += 1
            name = f"{channel.name} ({number})"
        priority = int(subentry.data.get(CONF_PRIORITY, FIRST))
        found[name] = subentry, KnownChannel(channel=channel, priority=priority)
    return found


def here(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Here:
    """Return what an import has to know of Home Assistant."""
    known = {name: channel for name, (_, channel) in channels_by_name(entry).items()}
    entities = frozenset(hass.states.async_entity_ids(Platform.NOTIFY))
    actions = frozenset(
        f"{domain}.{name}" for domain, names in hass.services.async_services().items() for name in names
    )

    def reaches(kind: ChannelKind, target: str) -> bool:
        if kind in (ChannelKind.ACTION, ChannelKind.MOBILE_APP):
            return target in actions
        # A chat may be named by its number alone, which takes a bot.
        return target in entities or (not target.startswith(f"{Platform.NOTIFY}.") and _SENDS_TO_CHATS in actions)

    return Here(channels=known, reaches=reaches)


@callback
def fulfil(hub: Hub, wishes: Iterable[Wish]) -> None:
    """Have Home Assistant keep what is wanted; it counts at once, and the hub runs on."""
    for wish in wishes:
        match wish:
            case QuietHoursWanted(quiet=quiet):
                _set_quiet_hours(hub, quiet)
            case ChannelWanted():
                _set_channel(hub, wish)


def _set_quiet_hours(hub: Hub, quiet: QuietHours) -> None:
    options = {**hub.entry.options, CONF_QUIET_HOURS: quiet_hours_data(quiet)}
    hub.hass.config_entries.async_update_entry(hub.entry, options=options)
    hub.state.settings = replace(hub.state.settings, quiet_hours=quiet)
    hub.post(TimesChanged())


def _set_channel(hub: Hub, wanted: ChannelWanted) -> None:
    """Change a channel, or add it: whether it is there is asked again, since others may have been quicker."""
    known = channels_by_name(hub.entry).get(wanted.name)
    manager = hub.hass.config_entries
    if known is not None:
        subentry, _ = known
        manager.async_update_subentry(hub.entry, subentry, data={**subentry.data, **wanted.settings})
        return
    if not wanted.settings.keys() >= set(NEEDED):
        # It was to be changed, and somebody removed it.
        return
    data = MappingProxyType({CONF_PRIORITY: FIRST, **wanted.settings})
    subentry = ConfigSubentry(data=data, subentry_type=SUBENTRY_CHANNEL, title=wanted.name, unique_id=None)
    manager.async_add_subentry(hub.entry, subentry)
