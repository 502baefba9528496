"""The pictures of what is told: copies of their own, as a camera's newest may be another by the time it is told.

They lie in a folder that Home Assistant may hand files out of to its own actions, and are shown over HTTP to those
who have a signed path, for as long as they are kept.
"""

import asyncio
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
import re
import secrets
import time
from typing import Final

from aiohttp import web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from .const import DOMAIN, LOGGER
from .storage.images import StoredImage, content_type

FOLDER: Final = "told"
URL: Final = "/api/event_hub/told"
KEPT_FOR: Final = timedelta(days=7)
MOST_KEPT: Final = 500
# Written files between two looks at what is too old.
PRUNE_EVERY: Final = 25

_SUFFIXES: Final = {"image/jpeg": ".jpg", "image/png": ".png"}
_NAME: Final = re.compile(r"[0-9a-f]{32}\.(?:jpg|png)")


def folder_of(hass: HomeAssistant) -> Path:
    """Return where the pictures lie."""
    return Path(hass.config.path(DOMAIN)) / FOLDER


class ToldPictures:
    """Keeps copies of pictures. All methods belong in the event loop."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Keep them in the hub's folder; nothing is read."""
        self._hass = hass
        self._folder = folder_of(hass)
        self._writing: dict[str, asyncio.Future[None]] = {}
        self._written = 0

    @callback
    def keep(self, image: StoredImage) -> str:
        """Keep a copy; returns its name at once, while it is being written."""
        name = secrets.token_hex(16) + _SUFFIXES.get(image.content_type, ".jpg")
        self._written += 1
        prune = self._written % PRUNE_EVERY == 1
        writing = self._hass.async_add_executor_job(partial(_write, self._folder, name, image.content, prune=prune))
        self._writing[name] = writing
        writing.add_done_callback(partial(self._done, name))
        return name

    async def async_path(self, name: str | None) -> str | None:
        """Return the file of a picture that actions may read, once it is there; ``None`` if it is not kept."""
        if name is None or _NAME.fullmatch(name) is None:
            return None
        if (writing := self._writing.get(name)) is not None:
            await asyncio.wait([writing])
        path = self._folder / name
        if not await self._hass.async_add_executor_job(path.is_file):
            return None
        # Anew each time: reloading the core configuration forgets it.
        self._hass.config.allowlist_external_dirs.add(str(self._folder))
        return str(path)

    @callback
    def signed(self, name: str) -> str:
        """Return a path within Home Assistant that shows a picture without a login, while it is kept."""
        return async_sign_path(self._hass, f"{URL}/{name}", KEPT_FOR, use_content_user=True)

    async def async_idle(self) -> None:
        """Wait until everything is written."""
        if self._writing:
            await asyncio.wait(tuple(self._writing.values()))

    def _done(self, name: str, writing: asyncio.Future[None]) -> None:
        del self._writing[name]
        if not writing.cancelled() and (error := writing.exception()) is not None:
            LOGGER.warning("A picture of what is told could not be saved: %s", error)


class ToldPictureView(HomeAssistantView):
    """Shows a picture to whoever is logged in or has a signed path."""

    url = f"{URL}/{{name:{_NAME.pattern}}}"
    name = "api:event_hub:told"

    async def get(self, request: web.Request, name: str) -> web.Response:
        """Answer with the picture; 404 where it is not kept any more."""
        hass = request.app[KEY_HASS]
        content = await hass.async_add_executor_job(_read, folder_of(hass) / name)
        media_type = None if content is None else content_type(content)
        if media_type is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=86400"}
        return web.Response(body=content, content_type=media_type, headers=headers)


def _write(folder: Path, name: str, content: bytes, *, prune: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if prune:
        _prune(folder)
    part = folder / f"{name}.part"
    part.write_bytes(content)
    part.replace(folder / name)


def _prune(folder: Path) -> None:
    """Delete what is too old, and the oldest of too many."""
    found = []
    for path in folder.iterdir():
        try:
            found.append((path.stat().st_mtime, path))
        except FileNotFoundError:
            continue
    found.sort(reverse=True)
    oldest = time.time() - KEPT_FOR.total_seconds()
    for number, (at, path) in enumerate(found):
        if number >= MOST_KEPT or at < oldest:
            path.unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
