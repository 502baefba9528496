"""A fake Telegram of its own for each test, with one user who has started the bot."""

from collections.abc import AsyncGenerator, Generator

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
import pytest

from devkit.telegram import FakeTelegram

from .home import Bot, running_bot
from .kit import ANN, Client, jpeg


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("socket_enabled")


@pytest.fixture
def telegram(_sockets: None) -> Generator[FakeTelegram]:
    with FakeTelegram() as telegram:
        telegram.add_user(ANN, "Ann", "Example")
        yield telegram


@pytest.fixture
async def client(telegram: FakeTelegram) -> AsyncGenerator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(telegram, session)


@pytest.fixture
async def bot(hass: HomeAssistant, telegram: FakeTelegram) -> AsyncGenerator[Bot]:
    async with running_bot(hass, telegram) as bot:
        yield bot


@pytest.fixture
async def gallery(_sockets: None) -> AsyncGenerator[str]:
    """Return the address of a picture that is shown to those with the right token only."""

    async def show(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer secret":
            return web.Response(status=401)
        return web.Response(body=jpeg(77), content_type="image/jpeg")

    application = web.Application()
    application.router.add_get("/picture", show)
    async with TestServer(application) as server:
        yield str(server.make_url("/picture"))
