"""What a bot sends, changes and takes away is kept, with its time, chat, text and pictures."""

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from devkit.telegram import Button, FakeTelegram, Sent

from .kit import ANN, Client, jpeg

KEYBOARD = {"inline_keyboard": [[{"text": "View", "callback_data": "/view 7"}, {"text": "Web", "url": "https://a.b/"}]]}
BUTTONS = ((Button(text="View", data="/view 7"), Button(text="Web", url="https://a.b/")),)


async def test_the_bot_says_who_it_is(client: Client) -> None:
    me = (await client.ask("getMe")).result
    assert me["is_bot"]
    assert me["id"] == int(client.telegram.token.split(":")[0])


async def test_a_method_is_known_in_any_letter_case(client: Client) -> None:
    assert (await client.ask("GETME")).result["is_bot"]


async def test_a_message_is_kept_with_its_time_and_chat(telegram: FakeTelegram, client: Client) -> None:
    told = (await client.send("Front door", reply_markup=KEYBOARD, disable_notification=True)).result
    assert told["text"] == "Front door"
    assert told["reply_markup"] == KEYBOARD
    (sent,) = telegram.sent
    assert sent == Sent(
        method="sendMessage",
        at=sent.at,
        chat_id=ANN,
        message_ids=(told["message_id"],),
        text="Front door",
        raw="Front door",
        buttons=BUTTONS,
        silent=True,
    )
    assert abs(sent.at - told["date"]) < 2


async def test_the_time_is_that_of_the_clock_it_was_given() -> None:
    with FakeTelegram(clock=lambda: 1_700_000_000.5) as telegram:
        telegram.add_user(ANN)
        async with aiohttp.ClientSession() as session:
            told = (await Client(telegram, session).send("Hello")).result
        assert (told["date"], telegram.sent[0].at) == (1_700_000_000, 1_700_000_000.5)


async def test_a_test_that_stops_the_time_stops_it_here_too(
    telegram: FakeTelegram, client: Client, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-11-26T10:00:00Z")
    await client.send("First")
    freezer.tick(12)
    await client.send("Second")
    first, second = telegram.sent
    assert (first.at, second.at - first.at) == (freezer().timestamp() - 12, 12)


async def test_a_picture_is_kept_byte_for_byte(telegram: FakeTelegram, client: Client) -> None:
    content = jpeg()
    told = (await client.ask("sendPhoto", files={"photo": content}, chat_id=ANN, caption="*Hall*")).result
    (sent,) = telegram.sent
    assert sent.pictures[0].content == content
    assert (told["photo"][0]["width"], told["photo"][0]["height"]) == (64, 48)
    assert (sent.text, told["caption"]) == ("*Hall*", "*Hall*")


async def test_an_album_keeps_the_order_of_its_pictures(telegram: FakeTelegram, client: Client) -> None:
    pictures = [jpeg(shade) for shade in (10, 20, 30)]
    told = (await client.album(*pictures, captions={0: "First", 2: "Third"})).result
    (sent,) = telegram.sent
    assert [picture.content for picture in sent.pictures] == pictures
    assert [picture.caption for picture in sent.pictures] == ["First", "", "Third"]
    assert sent.message_ids == tuple(message["message_id"] for message in told)
    assert len({message["media_group_id"] for message in told}) == 1


async def test_a_picture_that_was_sent_can_be_fetched_again(client: Client) -> None:
    content = jpeg()
    told = (await client.ask("sendPhoto", files={"photo": content}, chat_id=ANN)).result
    file = (await client.ask("getFile", file_id=told["photo"][0]["file_id"])).result
    url = f"{client.telegram.url}/file/bot{client.telegram.token}/{file['file_path']}"
    async with client.session.get(url) as response:
        assert await response.read() == content


async def test_what_was_edited_shows_the_new_and_tells_of_the_change(telegram: FakeTelegram, client: Client) -> None:
    number = (await client.send("Armed?", reply_markup=KEYBOARD)).result["message_id"]
    edit = {"chat_id": ANN, "message_id": number}
    await client.ask("editMessageText", text="Armed.", **edit)
    assert [(shown.text, shown.buttons) for shown in telegram.shown(ANN)] == [("Armed.", ())]
    await client.ask("editMessageReplyMarkup", reply_markup=KEYBOARD, **edit)
    assert telegram.shown(ANN)[0].buttons == BUTTONS
    assert [sent.method for sent in telegram.changed] == ["editMessageText", "editMessageReplyMarkup"]
    assert len(telegram.sent) == 1


async def test_an_edit_that_changes_nothing_is_refused(client: Client) -> None:
    number = (await client.send("Armed.")).result["message_id"]
    again = await client.ask("editMessageText", text="Armed.", chat_id=ANN, message_id=number)
    assert again.status == 400
    assert "message is not modified" in again.refusal


async def test_the_caption_of_a_picture_is_edited_and_its_text_is_not(telegram: FakeTelegram, client: Client) -> None:
    told = (await client.ask("sendPhoto", files={"photo": jpeg()}, chat_id=ANN, caption="Hall")).result
    edit = {"chat_id": ANN, "message_id": told["message_id"]}
    assert "no text" in (await client.ask("editMessageText", text="Garden", **edit)).refusal
    assert (await client.ask("editMessageCaption", caption="Garden", **edit)).result["caption"] == "Garden"
    assert telegram.shown(ANN)[0].text == "Garden"


async def test_a_deleted_message_is_shown_no_more(telegram: FakeTelegram, client: Client) -> None:
    number = (await client.send("Gone soon")).result["message_id"]
    assert (await client.ask("deleteMessage", chat_id=ANN, message_id=number)).result is True
    assert telegram.shown(ANN) == ()
    assert "not found" in (await client.ask("deleteMessage", chat_id=ANN, message_id=number)).refusal


async def test_a_group_is_written_to_like_a_user(telegram: FakeTelegram, client: Client) -> None:
    telegram.add_group(-77, "Family")
    assert (await client.send("Hello", chat_id=-77)).result["chat"]["title"] == "Family"
    assert telegram.sent[0].chat_id == -77


async def test_an_answer_to_a_command_names_it(telegram: FakeTelegram, client: Client) -> None:
    asked = telegram.say(ANN, "/status")
    await client.send("All is closed", reply_parameters={"message_id": asked})
    assert telegram.sent[0].reply_to == asked


@pytest.mark.parametrize("token", ["1:wrong", "123456789:short"])
async def test_a_wrong_token_is_refused(client: Client, token: str) -> None:
    reply = await client.ask("getMe", token=token)
    assert (reply.status, reply.refusal) == (401, "Unauthorized")


async def test_a_bot_that_logged_out_is_refused(client: Client) -> None:
    assert (await client.ask("logOut")).result is True
    assert (await client.ask("getMe")).refusal == "Logged out"


async def test_an_unknown_method_is_not_found(client: Client) -> None:
    assert (await client.ask("sendPigeon")).status == 404


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"chat_id": 1001, "text": "Hello"}', 200), (b"{", 400), (b"7", 400), (b"", 400)]
)
async def test_what_is_asked_for_may_come_as_json(
    telegram: FakeTelegram, client: Client, body: bytes, status: int
) -> None:
    url = f"{telegram.url}/bot{telegram.token}/sendMessage"
    async with client.session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
        assert response.status == status
    assert len(telegram.sent) == (status == 200)


@pytest.mark.parametrize("number", ["seven", {"a": 1}])
async def test_a_number_that_is_none_is_refused(client: Client, number: object) -> None:
    assert (await client.ask("deleteMessage", chat_id=ANN, message_id=number)).status == 400
    assert (await client.ask("sendMessage", chat_id=number, text="Hello")).status == 400
