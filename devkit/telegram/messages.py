"""What a bot sent, as a test wants to look at it, and as Telegram tells it to the bot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import re
from typing import Any, Final

_COMMAND: Final = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button under a message: its words, and what the bot gets when it is pressed (empty for a link)."""

    text: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that was sent, with its own caption."""

    content: bytes = field(repr=False)
    caption: str
    width: int
    height: int
    file_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One successful request of the bot to send or change something.

    ``text`` is the message or the first picture's caption as the user sees it; ``raw`` is what came, marks and all.
    ``at`` is in seconds since 1970. An album is one of these, with a message id for each picture.
    """

    method: str
    at: float
    chat_id: int
    message_ids: tuple[int, ...]
    text: str
    raw: str = ""
    parse_mode: str = ""
    pictures: tuple[Picture, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False
    reply_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How the bot answered the press of a button."""

    query_id: str
    at: float
    text: str
    alert: bool


@dataclass(slots=True, kw_only=True)
class Shown:
    """A message as it stands in a chat."""

    message_id: int
    chat_id: int
    date: int
    text: str
    picture: Picture | None = None
    buttons: tuple[tuple[Button, ...], ...] = ()
    album: str = ""
    edited: int | None = None


def resource(shown: Shown, *, sender: Mapping[str, Any], chat: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bot's message as the Bot API tells it."""
    told: dict[str, Any] = {
        "message_id": shown.message_id,
        "from": dict(sender),
        "chat": dict(chat),
        "date": shown.date,
    }
    if shown.edited is not None:
        told["edit_date"] = shown.edited
    if shown.picture is None:
        told["text"] = shown.text
    else:
        told["photo"] = [photo_size(shown.picture)]
        if shown.text:
            told["caption"] = shown.text
    if shown.album:
        told["media_group_id"] = shown.album
    if shown.buttons:
        told["reply_markup"] = {"inline_keyboard": [[_told(each) for each in row] for row in shown.buttons]}
    return told


def photo_size(picture: Picture) -> dict[str, Any]:
    """Return a picture as the Bot API tells it, in the one size that is kept."""
    return {
        "file_id": picture.file_id,
        "file_unique_id": f"u{picture.file_id}",
        "width": picture.width,
        "height": picture.height,
        "file_size": len(picture.content),
    }


def command_entities(text: str) -> Sequence[Mapping[str, Any]]:
    """Return where a user's text has commands, in UTF-16 units as Telegram counts."""
    return [
        {"type": "bot_command", "offset": _units(text[: found.start()]), "length": _units(found[0])}
        for found in _COMMAND.finditer(text)
    ]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _told(button: Button) -> dict[str, str]:
    return {"text": button.text, **({"url": button.url} if button.url else {"callback_data": button.data})}
