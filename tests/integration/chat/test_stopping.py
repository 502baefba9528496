"""The hub stops while somebody asks for something: what is changed is answered, and nothing takes for ever."""

import asyncio
from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntryState
import pytest

from custom_components.event_hub import chat
from custom_components.event_hub.chat_asked import Answer, Asked
from custom_components.event_hub.chat_bots import ChatBots
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.chat.commands import Verb
from devkit.polling import until
from tests.integration.alarm.conftest import disk
from tests.integration.alarm.kit import ANNS_CODE, HOME, Disk, House

from .kit import ANN, Talk

__all__ = ["disk"]


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Return what is set once the chats are no longer listened to."""
    event, stop = asyncio.Event(), ChatBots.stop

    def stopped(bots: ChatBots) -> None:
        stop(bots)
        event.set()

    monkeypatch.setattr(ChatBots, "stop", stopped)
    return event


async def test_what_is_under_way_to_the_disk_is_answered_before_the_hub_stops(
    talk: Talk, house: House, disk: Disk, deaf: asyncio.Event
) -> None:
    await house.arm()
    desk = house.desk
    disk.hang()
    talk.telegram.say(ANN, f"/disarm {ANNS_CODE}")
    await until(lambda: desk.standing(HOME).phase is Phase.DISARMED)
    stopping = talk.hass.async_create_task(talk.hass.config_entries.async_unload(house.home.entry.entry_id))
    await deaf.wait()
    disk.go_on()
    assert await stopping
    assert [sent.text for sent in talk.telegram.sent] == ["Home is disarmed."]
    assert talk.telegram.written(ANN) == ()


async def test_what_never_ends_does_not_keep_the_hub_from_stopping(
    talk: Talk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang(_: Asked) -> Answer:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    handlers: Mapping[Verb, chat.Handler] = {**chat.HANDLERS, Verb.STATUS: hang}
    monkeypatch.setattr(chat, "HANDLERS", handlers)
    monkeypatch.setattr(chat, "LAST_PATIENCE", 0.05)
    talk.telegram.say(ANN, "/status")
    await begun.wait()
    assert await talk.hass.config_entries.async_unload(house.home.entry.entry_id)
    assert ended.is_set()
    assert house.home.entry.state is ConfigEntryState.NOT_LOADED
