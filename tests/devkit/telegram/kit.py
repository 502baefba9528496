"""Asks a Bot API as any client may, and makes pictures to send."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
import json
from typing import Any

import aiohttp
from PIL import Image

from devkit.telegram import FakeTelegram

ANN = 1001


def jpeg(shade: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a picture of one shade."""
    content = BytesIO()
    Image.new("RGB", size, (shade, 90, 120)).save(content, "JPEG")
    return content.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: the status, and what was in it."""

    status: int
    content: Mapping[str, Any]

    @property
    def result(self) -> Any:
        """What was asked for; there must be such."""
        assert self.content["ok"], self.content
        return self.content["result"]

    @property
    def refusal(self) -> str:
        """The words of an error; there must be one."""
        assert not self.content["ok"], self.content
        return str(self.content["description"])


class Client:
    """Asks for methods with forms, as bots do."""

    def __init__(self, telegram: FakeTelegram, session: aiohttp.ClientSession) -> None:
        self.telegram = telegram
        self.session = session

    async def ask(
        self, method: str, *, files: Mapping[str, bytes] | None = None, token: str = "", **params: object
    ) -> Reply:
        """Ask for a method; a value that is no text goes as JSON."""
        form = aiohttp.FormData()
        for key, value in params.items():
            form.add_field(key, value if isinstance(value, str) else json.dumps(value))
        for key, content in (files or {}).items():
            form.add_field(key, content, filename=f"{key}.jpg", content_type="image/jpeg")
        url = f"{self.telegram.url}/bot{token or self.telegram.token}/{method}"
        async with self.session.post(url, data=form) as response:
            return Reply(status=response.status, content=await response.json())

    async def send(self, text: str, chat_id: int = ANN, **params: Any) -> Reply:
        """Send a message."""
        return await self.ask("sendMessage", chat_id=chat_id, text=text, **params)

    async def album(self, *pictures: bytes, captions: Mapping[int, str] | None = None) -> Reply:
        """Send pictures as an album."""
        files = {f"file{index}": content for index, content in enumerate(pictures)}
        media = [
            {"type": "photo", "media": f"attach://{name}", "caption": (captions or {}).get(index, "")}
            for index, name in enumerate(files)
        ]
        return await self.ask("sendMediaGroup", files=files, chat_id=ANN, media=media)
