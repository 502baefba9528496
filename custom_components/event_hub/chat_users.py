"""Who may command the hub in a chat: people and groups by their Telegram numbers, chosen in the options."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

CONF_CHAT_USERS: Final = "chat_users"
TELEGRAM: Final = "telegram_bot"
# Telegram's own numbers stay far below that.
_MOST: Final = 2**53


def chat_users(entry: ConfigEntry[Any]) -> frozenset[int]:
    """Return the numbers of the users, and of the groups (negative), that may command the hub."""
    kept = entry.options.get(CONF_CHAT_USERS, ())
    return frozenset(each for each in kept if isinstance(each, int)) if isinstance(kept, list | tuple) else frozenset()


def may_command(allowed: frozenset[int], *, user_id: object, chat_id: object) -> bool:
    """Say whether a user may give commands in a chat: their own, or a group that was chosen as well.

    Everybody in a group reads the answers, so being allowed oneself is not enough there.
    """
    is_person = isinstance(user_id, int) and user_id > 0
    return is_person and user_id in allowed and (chat_id == user_id or chat_id in allowed)


def chat_schema(hass: HomeAssistant) -> vol.Schema:
    """Return the form: the chats that the bots of Home Assistant know, and any other number by hand."""
    options = [SelectOptionDict(value=str(number), label=label) for number, label in _known_chats(hass).items()]
    config = SelectSelectorConfig(options=options, multiple=True, custom_value=True, mode=SelectSelectorMode.DROPDOWN)
    return vol.Schema({vol.Optional(CONF_CHAT_USERS): SelectSelector(config)})


def chosen_chats(entry: ConfigEntry[Any]) -> dict[str, Any]:
    """Return what the form shows as chosen: people first."""
    return {CONF_CHAT_USERS: [str(number) for number in sorted(chat_users(entry), reverse=True)]}


def read_chat_users(answers: Mapping[str, Any]) -> list[int]:
    """Return the numbers of a filled-in form. Raises ``ValueError`` for what is no number of Telegram's."""
    return list(dict.fromkeys(_numbers(answers.get(CONF_CHAT_USERS, ()))))


def chat_title(hass: HomeAssistant, chat_id: object) -> str | None:
    """Return what Home Assistant calls a chat, ``None`` for one that it does not know."""
    return next((title for number, title in _chats(hass) if number == chat_id), None)


def _numbers(words: Iterable[str]) -> Iterable[int]:
    for word in words:
        number = int(word.strip())
        if not 0 < abs(number) < _MOST:
            raise ValueError("no number of Telegram's")
        yield number


def _known_chats(hass: HomeAssistant) -> dict[int, str]:
    return {number: f"{title} ({number})" for number, title in _chats(hass)}


def _chats(hass: HomeAssistant) -> Iterable[tuple[int, str]]:
    for entry in hass.config_entries.async_entries(TELEGRAM):
        for subentry in entry.subentries.values():
            number = subentry.data.get("chat_id")
            if isinstance(number, int):
                yield number, subentry.title
