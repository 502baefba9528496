"""Channels as people set them up: subentries of the hub, each a way to tell people, in order of their priority."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .const import LOGGER
from .engine.errors import InvalidRuleError
from .engine.telling.check import check_channel
from .engine.telling.model import BY_NAME_ONLY, USUAL, Button, Channel, ChannelKind, Pictures, Topic

SUBENTRY_CHANNEL: Final = "channel"
CONF_KIND: Final = "kind"
CONF_TARGET: Final = "target"
CONF_LANGUAGE: Final = "language"
CONF_PRIORITY: Final = "priority"
FIRST: Final = 10
_FLAGS: Final = ("enabled", "always", "people_only")
_NUMBERS: Final = ("min_interval", "deadline", "gather")
ALL_BUTTONS: Final = (Button.DISARM, Button.SILENCE, Button.VIEW)


def channels_of(entry: ConfigEntry[Any]) -> tuple[Channel, ...]:
    """Return the channels of a hub, the first to be used first. One that cannot be used is logged and left out."""
    found = []
    for subentry in entry.subentries.values():
        if subentry.subentry_type != SUBENTRY_CHANNEL:
            continue
        try:
            channel = read_channel(subentry.subentry_id, subentry.title, subentry.data)
        except InvalidRuleError as error:
            LOGGER.error("The channel %s cannot be used: %s must be %s", subentry.title, error.setting, error.allowed)
            continue
        found.append((subentry.data.get(CONF_PRIORITY, FIRST), channel.name.casefold(), channel.channel_id, channel))
    return tuple(each[-1] for each in sorted(found, key=lambda each: each[:3]))


def has_channel(channels: Iterable[Channel], topic: Topic) -> bool:
    """Whether any channel is told of a topic."""
    usual = topic not in BY_NAME_ONLY
    return any(each.enabled and (topic in each.topics or (usual and not each.topics)) for each in channels)


def read_channel(channel_id: str, name: str, data: Mapping[str, Any]) -> Channel:
    """Return a channel of what is kept, or was entered, of it. Raises ``InvalidRuleError``."""
    kind = _word(ChannelKind, CONF_KIND, data.get(CONF_KIND))
    usual = USUAL[kind]
    chosen: dict[str, Any] = {name: bool(data[name]) for name in _FLAGS if name in data}
    chosen |= {name: float(data[name]) for name in _NUMBERS if name in data}
    channel = Channel(
        channel_id=channel_id,
        name=name,
        kind=kind,
        target=str(data.get(CONF_TARGET, "")),
        language=str(data.get(CONF_LANGUAGE, "en")),
        max_length=int(data.get("max_length", usual.max_length)),
        pictures=_word(Pictures, "pictures", data.get("pictures", usual.pictures.value)),
        topics=tuple(_word(Topic, "topics", each) for each in data.get("topics", ())),
        buttons=tuple(_word(Button, "buttons", each) for each in data.get("buttons", ())),
        **{"min_interval": usual.min_interval, "gather": usual.gather, **chosen},
    )
    check_channel(channel)
    return channel


def is_of_chat(hass: HomeAssistant, channel: Channel, chat_id: object) -> bool:
    """Whether a channel goes to a chat of Telegram: by its number, or by the entity that Home Assistant has of it."""
    if channel.kind is not ChannelKind.TELEGRAM:
        return False
    known = er.async_get(hass).async_get(channel.target)
    entry = None if known is None else hass.config_entries.async_get_entry(known.config_entry_id or "")
    subentry = None if entry is None or known is None else entry.subentries.get(known.config_subentry_id or "")
    found = channel.target if subentry is None else subentry.data.get("chat_id")
    return str(found) == str(chat_id)


def _word[W: StrEnum](words: type[W], setting: str, value: object) -> W:
    try:
        return words(str(value))
    except ValueError as error:
        raise InvalidRuleError(setting, ", ".join(words)) from error
