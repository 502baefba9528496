"""Home Assistant's real `telegram_bot` at the fake: what we build on is as we think it is."""

import asyncio
from pathlib import Path
from typing import Any

from homeassistant.core import Event, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from devkit.polling import until
from devkit.telegram import Button

from .home import Bot
from .kit import ANN, jpeg

BEN = 1002


@pytest.fixture
async def ann(bot: Bot) -> str:
    """Return the notify entity of the allowed user."""
    return await bot.allow(ANN)


@pytest.fixture
def pictures(hass: HomeAssistant, tmp_path: Path) -> list[Path]:
    """Return three pictures where Home Assistant may read."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    paths = [tmp_path / f"{shade}.jpg" for shade in (10, 20, 30)]
    for shade, path in enumerate(paths):
        path.write_bytes(jpeg(shade))
    return paths


def contents(paths: list[Path]) -> list[bytes]:
    """Return what files have in them."""
    return [path.read_bytes() for path in paths]


async def test_a_chat_is_a_notify_entity_named_after_the_user(hass: HomeAssistant, bot: Bot, ann: str) -> None:
    assert ann == "notify.ann_example"
    assert bot.entry.title == "Home"
    (subentry,) = bot.entry.subentries.values()
    assert (subentry.title, dict(subentry.data), subentry.unique_id) == ("Ann Example", {"chat_id": ANN}, str(ANN))
    assert hass.states.get("event.home_update_event") is not None


async def test_a_chat_that_never_started_the_bot_cannot_be_allowed(hass: HomeAssistant, bot: Bot) -> None:
    subentries = hass.config_entries.subentries
    form = await subentries.async_init((bot.entry.entry_id, "allowed_chat_ids"), context={"source": "user"})
    again = await subentries.async_configure(form["flow_id"], {"chat_id": 4711})
    assert again["errors"] == {"base": "chat_not_found"}


async def test_an_entity_is_sent_a_message(bot: Bot, ann: str) -> None:
    told = await bot.act("send_message", entity_id=ann, title="Alarm", message="Front door")
    (sent,) = bot.telegram.sent
    assert (sent.chat_id, sent.text) == (ANN, "Alarm\nFront door")
    assert told == {"chats": [{"chat_id": ANN, "message_id": sent.message_ids[0], "entity_id": ann}]}


@pytest.mark.parametrize("by", ["chat_id", "chat_id and config_entry_id", "nothing"])
async def test_a_chat_is_addressed_in_other_ways_too(bot: Bot, ann: str, by: str) -> None:
    data: dict[str, Any] = {"chat_id": ANN} if "chat_id" in by else {}
    if "entry" in by:
        data["config_entry_id"] = bot.entry.entry_id
    told = await bot.act("send_message", message="Front door", **data)
    assert [chat["entity_id"] for chat in told["chats"]] == [ann]
    assert [sent.chat_id for sent in bot.telegram.sent] == [ANN]


async def test_the_notify_entity_takes_a_message_too(hass: HomeAssistant, bot: Bot, ann: str) -> None:
    data = {"entity_id": ann, "title": "Alarm", "message": "Front door"}
    await hass.services.async_call("notify", "send_message", data, blocking=True)
    assert [sent.text for sent in bot.telegram.sent] == ["Alarm\nFront door"]


@pytest.mark.parametrize(
    ("parse_mode", "raw", "shown"),
    [("plain_text", "front_door *", "front_door *"), ("html", "<b>front_door</b>", "front_door")],
)
async def test_the_format_is_chosen_with_each_message(
    bot: Bot, ann: str, parse_mode: str, raw: str, shown: str
) -> None:
    await bot.act("send_message", entity_id=ann, message=raw, parse_mode=parse_mode)
    assert [(sent.raw, sent.text) for sent in bot.telegram.sent] == [(raw, shown)]


async def test_buttons_are_sent_in_rows(bot: Bot, ann: str) -> None:
    rows = [[["View", "/view 7"], ["Web", "https://a.b/"]], "Silence:/silence 7, Disarm:/disarm"]
    await bot.act("send_message", entity_id=ann, message="Alarm", inline_keyboard=rows)
    first, second = bot.telegram.sent[0].buttons
    assert first == (Button(text="View", data="/view 7"), Button(text="Web", url="https://a.b/"))
    assert [button.data for button in second] == ["/silence 7", "/disarm"]


async def test_a_picture_is_sent_from_an_allowed_file(bot: Bot, ann: str, pictures: list[Path]) -> None:
    told = await bot.act("send_photo", entity_id=ann, file=str(pictures[0]), caption="Hall")
    (sent,) = bot.telegram.sent
    assert [picture.content for picture in sent.pictures] == contents(pictures[:1])
    assert (sent.text, told["chats"][0]["message_id"]) == ("Hall", sent.message_ids[0])


async def test_a_picture_is_sent_from_an_address_with_a_login(bot: Bot, ann: str, gallery: str) -> None:
    await bot.act("send_photo", entity_id=ann, url=gallery, authentication="bearer_token", password="secret")
    assert bot.telegram.sent[0].pictures[0].content == jpeg(77)


async def test_an_album_is_sent_from_files(bot: Bot, ann: str, pictures: list[Path]) -> None:
    media = [{"media_type": "photo", "file": str(path), "caption": path.stem} for path in pictures]
    told = await bot.act("send_media_group", entity_id=[ann], media=media)
    (sent,) = bot.telegram.sent
    assert [picture.content for picture in sent.pictures] == contents(pictures)
    assert [picture.caption for picture in sent.pictures] == ["10", "20", "30"]
    assert told["chats"][0]["message_id"] == list(sent.message_ids)


async def test_a_message_is_edited_and_deleted(bot: Bot, ann: str) -> None:
    await bot.act("send_message", entity_id=ann, message="Alarm", inline_keyboard=["Silence:/silence"])
    service = bot.hass.services
    number = bot.telegram.sent[0].message_ids[0]
    edit = {"entity_id": ann, "message_id": number}
    await service.async_call("telegram_bot", "edit_message", {**edit, "message": "Silent"}, blocking=True)
    assert [(shown.text, shown.buttons) for shown in bot.telegram.shown(ANN)] == [("Silent", ())]
    await service.async_call("telegram_bot", "delete_message", edit, blocking=True)
    assert bot.telegram.shown(ANN) == ()


async def one(events: list[Event[dict[str, Any]]]) -> dict[str, Any]:
    """Return the data of the one event that comes."""
    await until(lambda: events)
    assert len(events) == 1
    return dict(events[0].data)


@pytest.mark.usefixtures("ann")
async def test_a_command_is_an_event_with_its_words(hass: HomeAssistant, bot: Bot) -> None:
    events = async_capture_events(hass, "telegram_command")
    number = bot.telegram.say(ANN, "/inputoff Front  Door")
    data = await one(events)
    assert (data["command"], data["args"]) == ("/inputoff", ["Front", "Door"])
    assert (data["user_id"], data["chat_id"], data["id"]) == (ANN, ANN, number)
    assert (data["from_first"], data["from_last"]) == ("Ann", "Example")
    assert data["bot"]["config_entry_id"] == bot.entry.entry_id


@pytest.mark.usefixtures("ann")
async def test_other_words_are_an_event_of_their_own(hass: HomeAssistant, bot: Bot) -> None:
    events = async_capture_events(hass, "telegram_text")
    bot.telegram.say(ANN, "is everything closed?")
    assert (await one(events))["text"] == "is everything closed?"


async def test_a_pressed_button_is_an_event_and_is_answered(hass: HomeAssistant, bot: Bot, ann: str) -> None:
    events = async_capture_events(hass, "telegram_callback")
    await bot.act("send_message", entity_id=ann, message="Alarm", inline_keyboard=["Silence:/silence 7"])
    query_id = bot.telegram.press("/silence 7")
    data = await one(events)
    assert (data["command"], data["args"], data["data"]) == ("/silence", ["7"], "/silence 7")
    assert (data["id"], data["chat_id"], data["user_id"]) == (query_id, ANN, ANN)
    assert data["message"]["message_id"] == bot.telegram.sent[0].message_ids[0]
    answer = {"callback_query_id": query_id, "message": "Silent", "config_entry_id": bot.entry.entry_id}
    await hass.services.async_call("telegram_bot", "answer_callback_query", answer, blocking=True)
    assert [(answered.query_id, answered.text) for answered in bot.telegram.answers] == [(query_id, "Silent")]


@pytest.mark.usefixtures("ann")
async def test_somebody_who_is_not_allowed_is_logged_and_makes_no_event(
    hass: HomeAssistant, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    events = async_capture_events(hass, "telegram_command")
    bot.telegram.say(BEN, "/disarm 1234")
    bot.telegram.say(ANN, "/status")
    assert (await one(events))["user_id"] == ANN
    assert f"neither user id {BEN} nor chat id {BEN}" in caplog.text


async def test_an_allowed_user_in_a_group_that_is_not_allowed_makes_an_event(
    hass: HomeAssistant, bot: Bot, ann: str
) -> None:
    assert ann
    events = async_capture_events(hass, "telegram_command")
    bot.telegram.add_group(-77)
    bot.telegram.say(ANN, "/status", chat_id=-77)
    data = await one(events)
    assert (data["user_id"], data["chat_id"]) == (ANN, -77)


async def test_many_chats_in_one_call_are_told_each(bot: Bot, ann: str) -> None:
    bot.telegram.add_user(BEN, "Ben")
    ben = await bot.allow(BEN)
    told = await bot.act("send_message", entity_id=[ann, ben], message="Front door")
    assert {chat["entity_id"] for chat in told["chats"]} == {ann, ben}
    assert {sent.chat_id for sent in bot.telegram.sent} == {ANN, BEN}


@pytest.mark.usefixtures("ann")
async def test_what_waited_while_nobody_polled_comes_once(hass: HomeAssistant, bot: Bot) -> None:
    events = async_capture_events(hass, "telegram_command")
    await hass.config_entries.async_unload(bot.entry.entry_id)
    bot.telegram.say(ANN, "/status")
    await hass.config_entries.async_setup(bot.entry.entry_id)
    await one(events)
    async with asyncio.timeout(40):
        await hass.config_entries.async_reload(bot.entry.entry_id)
    await until(lambda: bot.telegram.pending == 0)
    assert len(events) == 1
