"""What the API for images answers: JSON lists of cameras, days and images, and the files themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
import contextlib
from dataclasses import asdict, dataclass
from http import HTTPStatus
import io
import json
import logging
import math
import os
from pathlib import Path
import re
import sqlite3
from typing import Any, Final

from aiohttp import web

from hub_relay.logs import Throttle

from .api_thumbnails import DamagedError, Memory, make_thumbnail
from .catalogue import Catalogue, Position

LOG: Final = logging.getLogger(__name__)
USUAL_LIMIT: Final = 500
HIGHEST_LIMIT: Final = 1000
THUMBNAILS_KEPT: Final = 8 * 2**20
# One of these, or a piece of a file, must have been taken by a client within this time, in seconds.
SLOWEST: Final = 10.0
_PIECE: Final = 128 * 1024
_CACHE: Final = {"Cache-Control": "private, max-age=86400"}
_GONE: Final = "This picture is not there any more"
_PNG: Final = b"\x89PNG"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SLUG: Final = re.compile(r"[^/\x00-\x1f]{1,255}")
_ID: Final = re.compile(r"[0-9]{1,18}")


class RefusedError(Exception):
    """A request that is not answered with what it asks for: the status, and why in a sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        """Say why."""
        super().__init__(sentence)
        self.status = status


class Shelf:
    """Reads the catalogue in one thread, where it is opened, and opened anew after it could not be read."""

    def __init__(self, open_catalogue: Callable[[], Catalogue]) -> None:
        """Open it when it is first asked."""
        self._open = open_catalogue
        self._catalogue: Catalogue | None = None
        self._thread = ThreadPoolExecutor(1, "catalogue")
        self._complaints = Throttle()

    async def ask[T](self, question: Callable[[Catalogue], T]) -> T:
        """Return the answer. Raises ``RefusedError`` when the ledger cannot be read."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, question)
        except (sqlite3.Error, OSError) as error:
            if self._complaints.due("ledger"):
                LOG.error("The list of pictures cannot be read: %s", error)  # noqa: TRY400 - the sentence says it all
            sentence = "The list of pictures cannot be read: look at the app's log"
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, sentence) from error

    def close(self) -> None:
        """Give everything back; what is asked at this moment is answered before."""
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _ask[T](self, question: Callable[[Catalogue], T]) -> T:
        if self._catalogue is None:
            self._catalogue = self._open()
        try:
            return question(self._catalogue)
        except (sqlite3.Error, OSError):
            self._close()
            raise

    def _close(self) -> None:
        catalogue, self._catalogue = self._catalogue, None
        if catalogue is not None:
            with contextlib.suppress(sqlite3.Error, OSError):
                catalogue.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A picture's file, and the tag that changes with it."""

    path: Path
    tag: str


class Answers:
    """Answers requests that were let in. For one event loop; ``close`` at its end."""

    def __init__(self, open_catalogue: Callable[[], Catalogue], *, slowest: float = SLOWEST) -> None:
        """Ask this catalogue; who does not take a piece within ``slowest`` seconds is cut off."""
        self._shelf = Shelf(open_catalogue)
        self._slowest = slowest
        # One, because the detectors need the processor more.
        self._painter = ThreadPoolExecutor(1, "thumbnails")
        self._thumbnails = Memory(THUMBNAILS_KEPT)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Send the answer and return it. Raises ``RefusedError``, and ``TimeoutError`` for a slow client."""
        match request.path.split("/")[1:]:
            case ["api", "cameras"]:
                cameras = await self._shelf.ask(lambda catalogue: catalogue.cameras())
                return await self._send(request, {"cameras": [asdict(camera) for camera in cameras]})
            case ["api", "cameras", slug, "days"] if _SLUG.fullmatch(slug):
                days = await self._shelf.ask(lambda catalogue: catalogue.days(slug))
                return await self._send(request, {"days": [asdict(day) for day in days]})
            case ["api", "cameras", slug, "days", day] if _SLUG.fullmatch(slug) and _DAY.fullmatch(day):
                return await self._send(request, await self._images(request.query, slug, day))
            case ["api", "images", number, *kind] if _ID.fullmatch(number):
                return await self._picture(request, int(number), kind)
        raise RefusedError(HTTPStatus.NOT_FOUND, "There is nothing at this address")

    def close(self) -> None:
        """Give back files and threads; waits for a thumbnail that is being made."""
        self._painter.shutdown(cancel_futures=True)
        self._shelf.close()

    async def _images(self, query: Mapping[str, str], slug: str, day: str) -> dict[str, Any]:
        limit, before = _limit(query.get("limit")), _position(query.get("before"))
        # One more, to know whether there are others behind them.
        found = await self._shelf.ask(lambda catalogue: catalogue.images(slug, day, limit=limit + 1, before=before))
        shown = found[:limit]
        last = shown[-1] if len(found) > limit else None
        following = None if last is None else f"{last.taken_at!r}_{last.id}"
        return {"images": [asdict(image) for image in shown], "next": following}

    async def _picture(self, request: web.BaseRequest, image: int, kind: list[str]) -> web.StreamResponse:
        if kind not in ([], ["marked"], ["thumbnail"]):
            raise RefusedError(HTTPStatus.NOT_FOUND, "There is nothing at this address")
        path = await self._shelf.ask(lambda catalogue: catalogue.path(image, marked=kind == ["marked"]))
        if path is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, _GONE)
        with _gone():
            file = await asyncio.to_thread(_file, path, image, kind)
            known = request.headers.get("If-None-Match", "").split(",")
            if any(tag.strip().removeprefix("W/") == file.tag for tag in known):
                headers = _CACHE | {"ETag": file.tag}
                return await self._whole(request, web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers))
            if kind == ["thumbnail"]:
                return await self._send_thumbnail(request, file)
            opened = await asyncio.to_thread(path.open, "rb", buffering=0)
        with opened:
            return await self._send_file(request, opened, file)

    async def _send(self, request: web.BaseRequest, content: Mapping[str, Any]) -> web.StreamResponse:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Cache-Control": "no-store"}
        return await self._whole(
            request, web.Response(body=body, headers=headers, content_type="application/json", charset="utf-8")
        )

    async def _send_thumbnail(self, request: web.BaseRequest, file: _File) -> web.StreamResponse:
        content = self._thumbnails.get(file.tag)
        if content is None:
            loop = asyncio.get_running_loop()
            try:
                content = await loop.run_in_executor(self._painter, make_thumbnail, file.path)
            except DamagedError as error:
                raise RefusedError(HTTPStatus.NOT_FOUND, "This picture is damaged") from error
            self._thumbnails.put(file.tag, content)
        headers = _CACHE | {"ETag": file.tag}
        return await self._whole(request, web.Response(body=content, headers=headers, content_type="image/jpeg"))

    async def _send_file(self, request: web.BaseRequest, opened: io.RawIOBase, file: _File) -> web.StreamResponse:
        size = os.fstat(opened.fileno()).st_size
        piece = await asyncio.to_thread(opened.read, _PIECE) or b""
        kind = "image/png" if piece.startswith(_PNG) else "image/jpeg"
        response = web.StreamResponse(headers=_CACHE | {"ETag": file.tag, "Content-Type": kind})
        response.content_length = size
        await response.prepare(request)
        left = size
        while left > 0:
            if not piece:
                raise ConnectionAbortedError("The file became shorter while it was sent")
            piece = piece[:left]
            await self._taken(response.write(piece))
            left -= len(piece)
            piece = await asyncio.to_thread(opened.read, _PIECE) or b""
        await self._taken(response.write_eof())
        return response

    async def _whole(self, request: web.BaseRequest, response: web.Response) -> web.StreamResponse:
        await response.prepare(request)
        await self._taken(response.write_eof())
        return response

    async def _taken(self, sending: Awaitable[None]) -> None:
        async with asyncio.timeout(self._slowest):
            await sending


@contextlib.contextmanager
def _gone() -> Iterator[None]:
    """Turn the absence of a file into a refusal: retention may remove it at any moment."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise RefusedError(HTTPStatus.NOT_FOUND, _GONE) from error


def _file(path: Path, image: int, kind: list[str]) -> _File:
    status = path.stat()
    # Not the id alone: a ledger that was lost begins to count anew.
    words = [str(image), *kind, f"{status.st_mtime_ns:x}", f"{status.st_size:x}"]
    return _File(path=path, tag='"' + "-".join(words) + '"')


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL_LIMIT
    if not _ID.fullmatch(text) or not 1 <= int(text) <= HIGHEST_LIMIT:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"limit must be 1 to {HIGHEST_LIMIT}")
    return int(text)


def _position(text: str | None) -> Position | None:
    if text is None:
        return None
    moment, _, image = text.rpartition("_")
    try:
        taken_at = float(moment)
    except ValueError:
        taken_at = math.nan
    if not math.isfinite(taken_at) or not _ID.fullmatch(image):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "before must be what an answer before called next")
    return Position(taken_at, int(image))
