"""A snapshot processor that gives out pictures over real HTTP, well or badly."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

TOKEN = "token-of-the-app-0123456789"
JPEG = b"\xff\xd8\xff\xe0 " + bytes(range(256)) * 800 + b"\xff\xd9"
MARKED = b"\xff\xd8\xff\xe0 with boxes \xff\xd9"
SMALL = b"\xff\xd8\xff\xe0 small \xff\xd9"
PAGE = 2
TAKEN = 1_764_120_000.0
# What each picture is told to be instead of what it is.
ODD: dict[str, object] = {}

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Client = TestClient[web.Request, web.Application]


class Mood(StrEnum):
    """How the app answers."""

    WELL = "well"
    HANGING = "hanging"
    FAILING = "failing"
    REDIRECTING = "redirecting"
    BREAKING_OFF = "breaking off"
    DRAWING_HTML = "drawing html"
    NO_JSON = "no json"
    NO_OBJECT = "no object"
    EMPTY_OBJECT = "empty object"
    ENDLESS = "endless"


_BAD: dict[Mood, Callable[[], web.Response]] = {
    Mood.FAILING: lambda: web.Response(status=503, text="the ledger is broken"),
    Mood.REDIRECTING: lambda: web.Response(status=302, headers={"Location": "http://192.0.2.1/elsewhere"}),
    Mood.NO_JSON: lambda: web.Response(text="<html>router</html>", content_type="text/html"),
    Mood.NO_OBJECT: lambda: web.json_response([]),
    Mood.EMPTY_OBJECT: lambda: web.json_response({}),
}


@dataclass
class FakeApp:
    """Keeps three pictures of a porch on one day, and one of a yard."""

    mood: Mood = Mood.WELL
    # What it says of the newest picture.
    summary: str = "2 person(s)"
    asked: list[web.Request] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Prepare a server on a port of its own."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/api/cameras", self._cameras)
        app.router.add_get("/api/cameras/{slug}/days", self._days)
        app.router.add_get("/api/cameras/{slug}/days/{day}", self._pictures)
        app.router.add_get("/api/images/{id}", self._picture)
        app.router.add_get("/api/images/{id}/{kind}", self._picture)
        self._server = TestServer(app, host="127.0.0.1")

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self._server.make_url("/")).rstrip("/")

    async def start(self) -> None:
        """Begin to listen."""
        await self._server.start_server()

    async def stop(self) -> None:
        """Listen no more, and let go of who still waits."""
        self.left.set()
        await self._server.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked.append(request)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "token"}, status=401)
        if self.mood is Mood.HANGING:
            await self.left.wait()
        if self.mood is Mood.ENDLESS:
            return await self._without_end(request)
        return _BAD[self.mood]() if self.mood in _BAD else await handler(request)

    async def _without_end(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_type = "image/jpeg"
        await response.prepare(request)
        while not self.left.is_set():
            await response.write(bytes(1024 * 1024))
        return response

    async def _cameras(self, _: web.Request) -> web.Response:
        porch = {"key": "Porch Camera", "label": "Porch Camera", "slug": "porch-camera", "images": 3, "newest": TAKEN}
        yard = {"key": "Yard", "label": "", "slug": "yard", "images": 1, "newest": None}
        broken: list[Any] = [{"slug": "../etc", "images": 1}, {"label": "no slug"}, 5]
        return web.json_response({"cameras": [porch, yard, *broken]})

    async def _days(self, request: web.Request) -> web.Response:
        days: list[Any] = [{"day": "2025-11-26", "images": 3}, {"day": "2025-11-25", "images": 0}, {"day": "soon"}]
        return web.json_response({"days": days if request.match_info["slug"] == "porch-camera" else []})

    async def _pictures(self, request: web.Request) -> web.Response:
        begin = int(request.query.get("before", "0-0").split("-")[0])
        listed = [
            {
                "id": 17 - number,
                "name": f"upload_porch-camera_{number}.jpg",
                "taken_at": TAKEN - number,
                "size": len(JPEG),
                "people": 0 if number else 2,
                "summary": None if number else self.summary,
                "marked": not number,
                "reason": None,
                **ODD,
            }
            for number in range(3)
        ]
        following = f"{begin + PAGE}-0" if begin + PAGE < len(listed) else None
        return web.json_response({"images": listed[begin : begin + PAGE], "next": following})

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        contents = {None: JPEG, "marked": MARKED, "thumbnail": SMALL}
        content = contents.get(request.match_info.get("kind"))
        if request.match_info["id"] != "17" or content is None:
            return web.Response(status=404)
        headers = {"ETag": '"17"', "Cache-Control": "private, max-age=86400", "Set-Cookie": "app=1"}
        if request.headers.get("If-None-Match") == '"17"':
            return web.Response(status=304, headers=headers)
        if self.mood is Mood.DRAWING_HTML:
            return web.Response(text="<script>alert(1)</script>", content_type="text/html", headers=headers)
        if self.mood is Mood.BREAKING_OFF:
            return await self._break_off(request, headers)
        return web.Response(body=content, content_type="image/jpeg", headers=headers)

    async def _break_off(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(headers=headers)
        response.content_type, response.content_length = "image/jpeg", len(JPEG)
        await response.prepare(request)
        await response.write(JPEG[: len(JPEG) // 2])
        assert request.transport is not None
        request.transport.abort()
        return response
