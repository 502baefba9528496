"""A home with a partition, an address from outside, and a Telegram to talk to."""

from collections.abc import AsyncGenerator, Generator, Iterator, Mapping

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub import hub as hub_module
from custom_components.event_hub.storage import code_hash
from custom_components.event_hub.storage.journal_file import JournalFile
from devkit.telegram import FakeTelegram
from tests.devkit.telegram.home import Bot, running_bot
from tests.devkit.telegram.kit import ANN
from tests.integration.alarm.kit import Disk, House, record_sirens
from tests.integration.clock import Clock
from tests.integration.kit import Home

from .kit import ADDRESS, PHONE, SMS, Receiver, receiver


@pytest.fixture(autouse=True)
async def _settings(hass: HomeAssistant) -> None:
    hass.config.external_url = ADDRESS
    await hass.config.async_set_time_zone("Europe/Berlin")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that every run of the hub looks at."""
    clock = Clock()
    monkeypatch.setattr(hub_module, "time", clock)
    return clock


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch, clock: Clock, hass: HomeAssistant, home: Home) -> House:
    """Return a home with a partition."""
    monkeypatch.setattr(code_hash, "COST", 4)
    house = House(home, clock, record_sirens(hass))
    await house.set_up()
    return house


@pytest.fixture
def sms(hass: HomeAssistant, clock: Clock) -> Receiver:
    """Return who gets an SMS."""
    return receiver(hass, SMS, clock)


@pytest.fixture
def phone(hass: HomeAssistant, clock: Clock) -> Receiver:
    """Return a phone with Home Assistant's app."""
    return receiver(hass, PHONE, clock)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Return the disk that the journals are on."""
    disk = Disk()

    def append(file: JournalFile, changes: Mapping[str, bytes]) -> None:
        disk.append(file, changes)

    monkeypatch.setattr(JournalFile, "append", append)
    yield disk
    disk.go_on()


@pytest.fixture
def telegram(request: pytest.FixtureRequest) -> Generator[FakeTelegram]:
    """Return a Telegram with one user who has started the bot."""
    request.getfixturevalue("socket_enabled")
    with FakeTelegram() as telegram:
        telegram.add_user(ANN, "Ann", "Example")
        yield telegram


@pytest.fixture
async def bot(hass: HomeAssistant, telegram: FakeTelegram) -> AsyncGenerator[Bot]:
    """Return Home Assistant's own Telegram bot."""
    async with running_bot(hass, telegram) as bot:
        yield bot


@pytest.fixture
async def chat(bot: Bot) -> str:
    """Return the notify entity of the user's chat."""
    return await bot.allow(ANN)
