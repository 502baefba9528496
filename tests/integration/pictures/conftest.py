"""An app that gives out pictures, and a hub that knows where it is."""

from collections.abc import AsyncIterator

from aiohttp import ClientTimeout
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.transports import pictures
from tests.integration.kit import Home

from .fake_app import TOKEN, FakeApp


@pytest.fixture(autouse=True)
def sockets(socket_enabled: None) -> None:
    """Let sockets reach this machine."""
    del socket_enabled
    pytest_socket.socket_allow_hosts(["127.0.0.1"])


@pytest.fixture
async def app(sockets: None) -> AsyncIterator[FakeApp]:
    """Return an app that listens."""
    del sockets
    app = FakeApp()
    await app.start()
    yield app
    await app.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for an answer."""
    for name in ("LISTING_TIMEOUT", "PICTURE_TIMEOUT"):
        monkeypatch.setattr(pictures, name, ClientTimeout(total=0.2))


@pytest.fixture
def entry(app: FakeApp) -> MockConfigEntry:
    """Return an entry that knows the app as ``home``."""
    data = {"mqtt": False, "images": {"home": {"url": app.url, "token": TOKEN}}}
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", unique_id=DOMAIN, data=data)


@pytest.fixture
async def browser(hass: HomeAssistant, home: Home) -> Home:
    """Return a home with a media browser."""
    assert await async_setup_component(hass, "media_source", {})
    await hass.async_block_till_done()
    return home
