"""Sends a message through Home Assistant's ``telegram_bot``: text, a photo, or an album, with buttons below.

What Telegram refuses with a picture or a button in it is sent again as plain text: the words matter most. A refused
album goes picture by picture, so that one that Telegram does not like costs itself alone.
"""

from collections import OrderedDict
from ipaddress import ip_address
from typing import Any, Final

from homeassistant.core import HomeAssistant
from yarl import URL

from ...const import DOMAIN, LOGGER
from ...engine.telling.model import Button
from .calling import async_call
from .message import Attachment, Message, Problem, SendError
from .words import words_of

ALBUM_LIMIT: Final = 10
DATA_LIMIT: Final = 64
CAPTION_LIMIT: Final = 1024
TEXT_LIMIT: Final = 4096

# What is over with of messages that are under way: so much of it is remembered.
_REMEMBERED: Final = 200
_MEMORY: Final = f"{DOMAIN}_telegram_handled"

type _Rows = list[list[list[str]]]


async def async_send(hass: HomeAssistant, target: str, message: Message) -> None:
    """Send a message to a chat: its entity, or its number. Raises ``SendError``."""
    to: dict[str, Any] = {"entity_id": target} if target.startswith("notify.") else {"chat_id": int(target)}
    if message.quiet:
        to["disable_notification"] = True
    handled = _handled(hass)
    is_begun = any((target, each.path) in handled for each in message.pictures)
    if is_begun or (len(message.pictures) > 1 and await _async_is_refused(hass, to, message)):
        await _async_send_each(hass, target, to, message)
    elif len(message.pictures) <= 1:
        await _async_send_one(hass, to, message)


async def _async_is_refused(hass: HomeAssistant, to: dict[str, Any], message: Message) -> bool:
    """Send an album; says whether Telegram refused it."""
    action, data = _album(message)
    try:
        await async_call(hass, action, to | data)
    except SendError as error:
        if not _is_refusal(error):
            raise
        LOGGER.warning("Telegram refused an album (%s); its pictures go one by one", error)
        return True
    return False


async def _async_send_each(hass: HomeAssistant, target: str, to: dict[str, Any], message: Message) -> None:
    """Send each picture by itself, the first with the text. What is over with is not tried again after a failure."""
    handled = _handled(hass)
    words = (target, message.text)
    left = [each for each in message.pictures[:ALBUM_LIMIT] if (target, each.path) not in handled]
    for picture in left:
        text = "" if words in handled else message.text
        try:
            await async_call(hass, "telegram_bot.send_photo", to | _photo(picture, text))
        except SendError as error:
            if not _is_refusal(error):
                raise
            LOGGER.warning("Telegram refused a picture (%s)", error)
        else:
            handled[words] = None
        handled[(target, picture.path)] = None
        while len(handled) > _REMEMBERED:
            handled.popitem(last=False)
    if words not in handled:
        await async_call(hass, "telegram_bot.send_message", to | _plain(message))
    for key in (words, *((target, picture.path) for picture in message.pictures)):
        handled.pop(key, None)


def _handled(hass: HomeAssistant) -> OrderedDict[tuple[str, str], None]:
    """Return which pictures and texts are over with, by where they went: sent, or refused for good."""
    memory: OrderedDict[tuple[str, str], None] = hass.data.setdefault(_MEMORY, OrderedDict())
    return memory


def _is_refusal(error: SendError) -> bool:
    return error.failure.problem is Problem.REFUSED and error.failure.permanent


async def _async_send_one(hass: HomeAssistant, to: dict[str, Any], message: Message) -> None:
    rich = _rich(message)
    if rich is not None:
        try:
            await async_call(hass, rich[0], to | rich[1])
        except SendError as error:
            if not _is_refusal(error):
                raise
            LOGGER.warning("Telegram refused a message with pictures or buttons (%s); it gets the text", error)
        else:
            return
    await async_call(hass, "telegram_bot.send_message", to | _plain(message))


def _rich(message: Message) -> tuple[str, dict[str, Any]] | None:
    """Return the action and its data for a message with pictures or buttons, ``None`` for one without."""
    keyboard = _keyboard(message)
    buttons: dict[str, Any] = {"inline_keyboard": keyboard} if keyboard else {}
    if message.pictures:
        return "telegram_bot.send_photo", _photo(message.pictures[0], message.text) | buttons
    return ("telegram_bot.send_message", _plain(message) | buttons) if buttons else None


def _album(message: Message) -> tuple[str, dict[str, Any]]:
    files = [picture.path for picture in message.pictures[:ALBUM_LIMIT]]
    media: list[dict[str, str]] = [{"media_type": "photo", "file": path} for path in files]
    # The only caption of an album is shown below it as a whole.
    media[0]["caption"] = message.text
    return "telegram_bot.send_media_group", {"media": media, "parse_mode": "plain_text"}


def _photo(picture: Attachment, caption: str) -> dict[str, Any]:
    said = {"caption": caption} if caption else {}
    return {"file": picture.path, "parse_mode": "plain_text", **said}


def _plain(message: Message) -> dict[str, Any]:
    return {"message": message.text, "parse_mode": "plain_text"}


def _keyboard(message: Message) -> _Rows:
    """Return a row of buttons. Telegram refuses a message with a button to an address that is not public."""
    words = words_of(message.language)
    row = [
        [words.button(each.button), each.data]
        for each in message.buttons
        if not each.asks_code and len(each.data.encode()) <= DATA_LIMIT
    ]
    if message.link is not None and _is_public(message.link):
        row.append([words.button(Button.VIEW), message.link])
    return [row] if row else []


def _is_public(link: str) -> bool:
    url = URL(link)
    host = url.host or ""
    if url.scheme != "https" or "." not in host or host.endswith((".local", ".lan", ".internal", ".home.arpa")):
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return True
