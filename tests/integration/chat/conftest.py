"""A home with an alarm, whose hub is commanded by Ann over the real bot at a fake Telegram."""

from collections.abc import AsyncGenerator, Generator

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub import chat_answers
from custom_components.event_hub.chat_users import CONF_CHAT_USERS
from custom_components.event_hub.const import DOMAIN
from devkit.telegram import FakeTelegram
from tests.devkit.telegram.home import Bot, running_bot
from tests.integration.alarm.conftest import clock, house, quick_hashes, sirens
from tests.integration.alarm.kit import House
from tests.integration.clock import Clock

from .kit import ANN, FAMILY, Talk

__all__ = ["clock", "house", "quick_hashes", "sirens"]


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("socket_enabled")


@pytest.fixture
def entry() -> MockConfigEntry:
    """Return an entry that lets Ann command the hub, alone and in the family's group."""
    return MockConfigEntry(
        domain=DOMAIN, title="Event Hub", data={"mqtt": False}, options={CONF_CHAT_USERS: [ANN, FAMILY]}
    )


@pytest.fixture
def telegram(_sockets: None, clock: Clock) -> Generator[FakeTelegram]:
    with FakeTelegram(clock=clock.time) as telegram:
        telegram.add_user(ANN, "Ann", "Example")
        yield telegram


@pytest.fixture
async def bot(hass: HomeAssistant, telegram: FakeTelegram) -> AsyncGenerator[Bot]:
    async with running_bot(hass, telegram) as bot:
        await bot.allow(ANN)
        yield bot


@pytest.fixture
async def talk(bot: Bot, house: House) -> Talk:
    """Return Ann's chat."""
    return Talk(bot, house)


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an answer be sent again soon, and be given up soon."""
    monkeypatch.setattr(chat_answers, "FIRST_WAIT", 0.02)
    monkeypatch.setattr(chat_answers, "LONGEST_WAIT", 0.1)
    monkeypatch.setattr(chat_answers, "LAST_PATIENCE", 0.2)
