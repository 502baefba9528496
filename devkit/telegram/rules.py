"""What Telegram refuses: texts, captions, pictures, albums and keyboards beyond its limits."""

from collections.abc import Mapping
from io import BytesIO
import json
from typing import Any, Final

from PIL import Image

from .faults import BadRequestError
from .markup import plain
from .messages import Button

MOST_TEXT: Final = 4096
MOST_CAPTION: Final = 1024
MOST_ANSWER: Final = 200
MOST_BUTTON_DATA: Final = 64
"""Bytes."""
MOST_BUTTONS: Final = 100
MOST_PHOTO: Final = 10 * 1024 * 1024
"""Bytes."""
MOST_SIDES: Final = 10_000
MOST_RATIO: Final = 20
ALBUM: Final = range(2, 11)


def text_of(params: Mapping[str, Any]) -> str:
    """Return a message's text as it is shown. Raises ``BadRequestError``."""
    text = plain(str(params.get("text", "")), params.get("parse_mode")).strip()
    if not text:
        raise BadRequestError("message text is empty")
    if len(text) > MOST_TEXT:
        raise BadRequestError("message is too long")
    return text


def caption_of(params: Mapping[str, Any]) -> str:
    """Return a caption as it is shown; it may be empty. Raises ``BadRequestError``."""
    caption = plain(str(params.get("caption", "")), params.get("parse_mode")).strip()
    if len(caption) > MOST_CAPTION:
        raise BadRequestError("message caption is too long")
    return caption


def size_of(content: bytes) -> tuple[int, int]:
    """Return a photo's width and height in pixels. Raises ``BadRequestError`` for what is none, or too large."""
    if not content:
        raise BadRequestError("file must be non-empty")
    if len(content) > MOST_PHOTO:
        raise BadRequestError(
            f"file of size {len(content)} bytes is too big for a photo; the maximum size is {MOST_PHOTO} bytes"
        )
    try:
        with Image.open(BytesIO(content)) as image:
            width, height = image.size
            image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise BadRequestError("IMAGE_PROCESS_FAILED") from error
    if width + height > MOST_SIDES or max(width, height) > MOST_RATIO * min(width, height):
        raise BadRequestError("PHOTO_INVALID_DIMENSIONS")
    return width, height


def album_of(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return an album's items as they came. Raises ``BadRequestError``."""
    items = decoded(params, "media")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadRequestError("media must be an array of objects")
    if len(items) >= ALBUM.stop:
        raise BadRequestError("too many messages to send as an album")
    if len(items) not in ALBUM:
        raise BadRequestError("an album has at least 2 items")
    if any(item.get("type") != "photo" for item in items):
        raise BadRequestError("only photos are known here")
    return items


def keyboard_of(params: Mapping[str, Any]) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons under a message; a keyboard in place of the user's has none. Raises ``BadRequestError``."""
    markup = decoded(params, "reply_markup")
    if markup is None:
        return ()
    if not isinstance(markup, dict):
        raise BadRequestError("object expected as reply markup")
    rows = tuple(tuple(_button(each) for each in row) for row in markup.get("inline_keyboard", ()))
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise BadRequestError("too many inline keyboard buttons")
    return rows


def decoded(params: Mapping[str, Any], key: str) -> Any:
    """Return a parameter that is JSON within the form, or None. Raises ``BadRequestError``."""
    value = params.get(key)
    if not isinstance(value, str) or not value:
        return value or None
    try:
        return json.loads(value)
    except ValueError as error:
        raise BadRequestError(f"can't parse {key} JSON object") from error


def whole(params: Mapping[str, Any], key: str, default: int = 0) -> int:
    """Return a parameter that is a whole number. Raises ``BadRequestError``."""
    try:
        return int(params.get(key) or default)
    except TypeError, ValueError:
        raise BadRequestError(f"{key} must be a number") from None


def _button(each: Mapping[str, str]) -> Button:
    button = Button(text=each.get("text", ""), data=each.get("callback_data", ""), url=each.get("url", ""))
    if not button.text:
        raise BadRequestError("inline keyboard button text must be non-empty")
    if not button.data and not button.url:
        raise BadRequestError("text buttons are unallowed in the inline keyboard")
    if len(button.data.encode()) > MOST_BUTTON_DATA:
        raise BadRequestError("BUTTON_DATA_INVALID")
    return button
