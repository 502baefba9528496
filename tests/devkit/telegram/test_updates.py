"""What users write and press waits until the bot has confirmed it."""

import asyncio
from typing import Any

import pytest

from devkit.polling import until
from devkit.telegram import Answer, FakeTelegram
from devkit.telegram.updates import Updates

from .kit import ANN, Client

KEYBOARD = {"inline_keyboard": [[{"text": "Silence", "callback_data": "/silence 7"}]]}


async def test_what_a_user_writes_is_fetched_with_its_command_marked(telegram: FakeTelegram, client: Client) -> None:
    number = telegram.say(ANN, "🏠 then /arm away")
    telegram.say(ANN, "/status@home_bot")
    first, second = [update["message"] for update in (await client.ask("getUpdates")).result]
    assert first["message_id"] == number
    assert (first["from"]["id"], first["from"]["last_name"], first["chat"]["type"]) == (ANN, "Example", "private")
    assert first["entities"] == [{"type": "bot_command", "offset": 8, "length": 4}]
    assert second["entities"] == [{"type": "bot_command", "offset": 0, "length": 16}]


async def test_an_address_is_no_command(telegram: FakeTelegram, client: Client) -> None:
    telegram.say(ANN, "see https://a.b/arm")
    assert "entities" not in (await client.ask("getUpdates")).result[0]["message"]


async def test_an_update_comes_again_until_it_is_confirmed(telegram: FakeTelegram, client: Client) -> None:
    telegram.say(ANN, "one")
    telegram.say(ANN, "two")
    first = (await client.ask("getUpdates", limit=1)).result
    assert [update["message"]["text"] for update in first] == ["one"]
    assert (await client.ask("getUpdates", limit=1)).result == first
    rest = (await client.ask("getUpdates", offset=first[0]["update_id"] + 1)).result
    assert [update["message"]["text"] for update in rest] == ["two"]
    assert telegram.pending == 1
    assert (await client.ask("getUpdates", offset=rest[0]["update_id"] + 1)).result == []
    assert telegram.pending == 0


async def test_a_negative_offset_keeps_the_newest_only(telegram: FakeTelegram, client: Client) -> None:
    for text in ("one", "two", "three"):
        telegram.say(ANN, text)
    assert [update["message"]["text"] for update in (await client.ask("getUpdates", offset=-1)).result] == ["three"]
    assert telegram.pending == 1


async def test_who_waits_is_told_at_once(telegram: FakeTelegram, client: Client) -> None:
    waiting = asyncio.create_task(client.ask("getUpdates", timeout=50))
    await until(lambda: telegram.requests == ("getUpdates",))
    telegram.say(ANN, "/status")
    async with asyncio.timeout(40):
        (update,) = (await waiting).result
    assert update["message"]["text"] == "/status"


async def test_waiting_ends_with_nothing() -> None:
    assert await Updates().take(0, 100, 0.01) == []


async def test_a_second_one_who_waits_ends_the_first(telegram: FakeTelegram, client: Client) -> None:
    waiting = asyncio.create_task(client.ask("getUpdates", timeout=50))
    await until(lambda: telegram.requests == ("getUpdates",))
    while not waiting.done():
        assert (await client.ask("getUpdates")).result == []
    reply = await waiting
    assert reply.status == 409
    assert "terminated by other getUpdates request" in reply.refusal


async def test_the_kinds_that_the_bot_wants_are_remembered(telegram: FakeTelegram, client: Client) -> None:
    await client.ask("getUpdates", allowed_updates=["callback_query"])
    telegram.say(ANN, "/status")
    assert (await client.ask("getUpdates")).result == []
    await client.ask("getUpdates", allowed_updates=[])
    telegram.say(ANN, "/status")
    assert len((await client.ask("getUpdates")).result) == 1


async def test_a_webhook_stands_in_the_way_of_fetching(telegram: FakeTelegram, client: Client) -> None:
    telegram.say(ANN, "/status")
    assert "HTTPS" in (await client.ask("setWebhook", url="http://home.example/")).refusal
    assert (await client.ask("setWebhook", url="https://home.example/")).result is True
    assert telegram.webhook == "https://home.example/"
    info = (await client.ask("getWebhookInfo")).result
    assert (info["url"], info["pending_update_count"]) == ("https://home.example/", 1)
    assert (await client.ask("getUpdates")).status == 409
    await client.ask("deleteWebhook", drop_pending_updates=True)
    assert (await client.ask("getUpdates")).result == []


async def test_a_pressed_button_is_answered_once(telegram: FakeTelegram, client: Client) -> None:
    number = (await client.send("Alarm", reply_markup=KEYBOARD)).result["message_id"]
    query_id = telegram.press("/silence 7")
    (update,) = (await client.ask("getUpdates")).result
    query = update["callback_query"]
    assert (query["id"], query["data"], query["from"]["id"]) == (query_id, "/silence 7", ANN)
    assert query["message"]["message_id"] == number
    answer: dict[str, Any] = {"callback_query_id": query_id, "text": "Silent", "show_alert": True}
    assert (await client.ask("answerCallbackQuery", **answer)).result is True
    (answered,) = telegram.answers
    assert answered == Answer(query_id=query_id, at=answered.at, text="Silent", alert=True)
    assert "query is too old" in (await client.ask("answerCallbackQuery", **answer)).refusal


async def test_in_a_group_anybody_may_press(telegram: FakeTelegram, client: Client) -> None:
    telegram.add_group(-77)
    await client.send("Alarm", chat_id=-77, reply_markup=KEYBOARD)
    telegram.press("/silence 7", user_id=4711)
    (update,) = (await client.ask("getUpdates")).result
    assert update["callback_query"]["from"]["id"] == 4711
    assert update["callback_query"]["message"]["chat"]["id"] == -77


async def test_a_button_that_nobody_sees_cannot_be_pressed(telegram: FakeTelegram, client: Client) -> None:
    number = (await client.send("Alarm", reply_markup=KEYBOARD)).result["message_id"]
    await client.ask("editMessageText", chat_id=ANN, message_id=number, text="Silent")
    with pytest.raises(LookupError):
        telegram.press("/silence 7")
