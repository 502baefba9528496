"""Answers get through although Telegram does not take them at first."""

from http import HTTPStatus

from homeassistant.components.telegram_bot.helpers import signal
from homeassistant.helpers.dispatcher import async_dispatcher_send
import pytest

from custom_components.event_hub import chat_answers
from custom_components.event_hub.chat import MOST_WAITING
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.telling.model import Telling
from devkit.polling import until
from devkit.telegram import Blocked, Broken, Cut, Fault, Flood
from tests.integration.alarm.kit import House
from tests.integration.notify.kit import add_channel

from .kit import ANN, Talk

pytestmark = pytest.mark.usefixtures("quick_retries")


@pytest.mark.parametrize("fault", [Flood(retry_after=1), Broken(status=HTTPStatus.BAD_GATEWAY), Cut()])
async def test_an_answer_is_sent_again(talk: Talk, house: House, fault: Fault) -> None:
    talk.telegram.fail(fault, on="sendMessage")
    assert (await talk.ask("/arm away")).startswith("Home is being armed")
    assert house.phase is Phase.ARMING
    assert talk.telegram.requests.count("sendMessage") == 2


async def test_answers_keep_their_order(talk: Talk) -> None:
    talk.telegram.fail(Broken(), 3, on="sendMessage")
    for text in ("/arm", "/why", "/snapshot"):
        talk.telegram.say(ANN, text)
    await until(lambda: len(talk.telegram.sent) == 3)
    assert [sent.text.split()[:2] for sent in talk.telegram.sent] == [
        ["In", "which"],
        ["Which", "input:"],
        ["No", "camera"],
    ]


async def test_what_was_done_is_told_otherwise_when_the_chat_cannot_be_reached(
    talk: Talk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_answers, "PATIENCE", 0.2)
    told: list[Telling] = []
    monkeypatch.setattr(house.home.hub.telling, "post", told.append)
    talk.telegram.fail(Broken(), 100, on="sendMessage")
    talk.telegram.say(ANN, "/arm away")
    await until(lambda: told)
    assert house.phase is Phase.ARMING
    assert [(each.label, (each.detail or "")[:19]) for each in told] == [("Ann Example", "Home is being armed")]


async def test_what_was_done_is_told_otherwise_when_the_hub_starts_anew_meanwhile(talk: Talk, house: House) -> None:
    add_channel(house.home, "SMS", "action", "script.not_there")
    talk.telegram.fail(Broken(), 100, on="sendMessage")
    talk.telegram.say(ANN, "/arm away")
    await until(lambda: "sendMessage" in talk.telegram.requests)
    assert house.phase is Phase.ARMING
    await house.home.reload()
    left = [posting.telling for posting in house.home.hub.telling.outbox.postings.values()]
    assert [(each.label, (each.detail or "")[:19]) for each in left] == [("Ann Example", "Home is being armed")]


async def test_an_answer_to_somebody_who_blocks_the_bot_is_given_up_at_once(talk: Talk, house: House) -> None:
    talk.telegram.fail(Blocked(), on="sendMessage")
    talk.telegram.say(ANN, "/arm away")
    await until(lambda: house.phase is Phase.ARMING)
    await talk.ask("/help")
    assert [sent.text.split()[0] for sent in talk.telegram.sent] == ["/help:"]


async def test_too_many_commands_at_once_are_not_all_done(talk: Talk) -> None:
    for number in range(30):
        bot = {"config_entry_id": talk.bot.entry.entry_id}
        said = {"command": "/status", "args": [], "user_id": ANN, "chat_id": ANN, "id": number, "bot": bot}
        async_dispatcher_send(talk.hass, signal(talk.bot.entry.runtime_data.bot), "telegram_command", said)
    await until(lambda: any(sent.text.startswith("Too many commands") for sent in talk.telegram.sent))
    await talk.ask("/help")
    assert sum(sent.text.startswith("Too many commands") for sent in talk.telegram.sent) == 1
    assert sum(sent.text.startswith("Home is disarmed") for sent in talk.telegram.sent) <= MOST_WAITING
