"""Two bots of one Home Assistant are in one group: what is written there is done once."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from homeassistant.components.telegram_bot.helpers import signal
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntryChange, ConfigEntryState
from homeassistant.helpers.dispatcher import async_dispatcher_send
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.chat_users import CONF_CHAT_USERS
from custom_components.event_hub.const import DOMAIN
from devkit.polling import until
from tests.integration.alarm.kit import House

from .kit import ANN, FAMILY, Talk
from .test_manners import answers

SUPERGROUP = -1_000_000_000_077
SECOND = "second_bot"
WRONG = "Home does not know that code."


@pytest.fixture
def entry() -> MockConfigEntry:
    """Return an entry that lets Ann command the hub, alone and in two groups."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Event Hub",
        data={"mqtt": False},
        options={CONF_CHAT_USERS: [ANN, FAMILY, SUPERGROUP]},
    )


@pytest.fixture
def bots(talk: Talk, house: House) -> dict[str, Any]:
    """Return the bots of the house by their entries: the real one, and one that only hears."""
    assert house
    second = MockConfigEntry(domain="telegram_bot", entry_id=SECOND, state=ConfigEntryState.LOADED)
    second.runtime_data = SimpleNamespace(bot=SimpleNamespace(id=4242))
    second.add_to_hass(talk.hass)
    async_dispatcher_send(talk.hass, SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntryChange.ADDED, second)
    return {talk.bot.entry.entry_id: talk.bot.entry.runtime_data.bot, SECOND: second.runtime_data.bot}


def hear(talk: Talk, bots: dict[str, Any], chat_id: int, **numbers: int) -> None:
    """Let each bot hear one message, which it knows by a number of its own."""
    for (entry_id, bot), number in zip(bots.items(), numbers.values(), strict=True):
        data = {
            "command": "/disarm",
            "args": ["1111"],
            "user_id": ANN,
            "chat_id": chat_id,
            "id": number,
            "date": datetime.fromtimestamp(int(talk.house.clock.time()), UTC),
            "bot": {"config_entry_id": entry_id, "username": "home_bot"},
        }
        async_dispatcher_send(talk.hass, signal(bot), "telegram_command", data)


@pytest.mark.parametrize(("chat_id", "numbers"), [(SUPERGROUP, (5, 5)), (FAMILY, (5, 5)), (FAMILY, (5, 9))], ids=str)
async def test_what_two_bots_of_a_group_hear_is_done_and_counted_once(
    talk: Talk, house: House, bots: dict[str, Any], chat_id: int, numbers: tuple[int, int]
) -> None:
    await house.arm()
    talk.telegram.add_group(chat_id)
    await talk.bot.allow(chat_id)
    hear(talk, bots, chat_id, first=numbers[0], second=numbers[1])
    await until(lambda: WRONG in [sent.text for sent in talk.telegram.sent])
    await answers(talk)
    assert house.shown.lockout.wrong == 1


async def test_what_is_written_again_is_done_again(talk: Talk, house: House, bots: dict[str, Any]) -> None:
    await house.arm()
    talk.telegram.add_group(FAMILY)
    await talk.bot.allow(FAMILY)
    hear(talk, bots, FAMILY, first=5, second=9)
    hear(talk, bots, FAMILY, first=6, second=10)
    await until(lambda: [sent.text for sent in talk.telegram.sent].count(WRONG) == 2)
    await answers(talk)
    assert house.shown.lockout.wrong == 2


async def test_what_is_written_to_each_bot_alone_is_done_for_each(
    talk: Talk, house: House, bots: dict[str, Any]
) -> None:
    await house.arm()
    hear(talk, bots, ANN, first=5, second=5)
    await until(lambda: house.shown.lockout.wrong == 2)
    await answers(talk)
    assert house.shown.lockout.wrong == 2
