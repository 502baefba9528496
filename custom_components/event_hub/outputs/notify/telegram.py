"""Sends a message through Home Assistant's ``telegram_bot``: text, a photo, or an album, with buttons below.

What Telegram refuses with a picture or a button in it is sent again as plain text: the words matter most.
"""

from ipaddress import ip_address
from typing import Any, Final

from homeassistant.core import HomeAssistant
from yarl import URL

from ...const import LOGGER
from ...engine.telling.model import Button
from .calling import async_call
from .message import Message, Problem, SendError
from .words import words_of

ALBUM_LIMIT: Final = 10
DATA_LIMIT: Final = 64
CAPTION_LIMIT: Final = 1024
TEXT_LIMIT: Final = 4096

type _Rows = list[list[list[str]]]


async def async_send(hass: HomeAssistant, target: str, message: Message) -> None:
    """Send a message to a chat: its entity, or its number. Raises ``SendError``."""
    to: dict[str, Any] = {"entity_id": target} if target.startswith("notify.") else {"chat_id": int(target)}
    rich = _rich(message)
    if rich is not None:
        try:
            await async_call(hass, rich[0], to | rich[1])
        except SendError as error:
            if not (error.failure.problem is Problem.REFUSED and error.failure.permanent):
                raise
            LOGGER.warning("Telegram refused a message with pictures or buttons (%s); it gets the text", error)
        else:
            return
    await async_call(hass, "telegram_bot.send_message", to | _plain(message))


def _rich(message: Message) -> tuple[str, dict[str, Any]] | None:
    """Return the action and its data for a message with pictures or buttons, ``None`` for one without."""
    files = [picture.path for picture in message.pictures[:ALBUM_LIMIT]]
    keyboard = _keyboard(message)
    buttons: dict[str, Any] = {"inline_keyboard": keyboard} if keyboard else {}
    if len(files) > 1:
        media: list[dict[str, str]] = [{"media_type": "photo", "file": path} for path in files]
        # The only caption of an album is shown below it as a whole.
        media[0]["caption"] = message.text
        return "telegram_bot.send_media_group", {"media": media, "parse_mode": "plain_text"}
    if files:
        caption = {"file": files[0], "caption": message.text, "parse_mode": "plain_text"}
        return "telegram_bot.send_photo", caption | buttons
    return ("telegram_bot.send_message", _plain(message) | buttons) if buttons else None


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
