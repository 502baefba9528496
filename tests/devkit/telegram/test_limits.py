"""Whatever Telegram refuses is refused, in its words; what is just within a limit is taken."""

import itertools

import pytest

from devkit.telegram import FakeTelegram, Pace
from devkit.telegram.faults import TooManyRequestsError
from devkit.telegram.rules import MOST_PHOTO

from .kit import ANN, Client, jpeg


def keyboard(data: str) -> dict[str, object]:
    """Return a keyboard with one button."""
    return {"inline_keyboard": [[{"text": "View", "callback_data": data}]]}


def padded(size: int) -> bytes:
    """Return a picture of so many bytes."""
    content = jpeg()
    return content + bytes(size - len(content))


def taken_at(pace: Pace, count: int, now: float) -> float:
    """Return when messages are taken: now, or after the time that one is told to wait."""
    try:
        pace.take(ANN, count, now)
    except TooManyRequestsError as error:
        later = now + (error.retry_after or 0)
        pace.take(ANN, count, later)
        return later
    return now


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("a" * 4096, None),
        ("a" * 4097, "Bad Request: message is too long"),
        ("🏠" * 4096, None),
        ("🏠" * 4097, "Bad Request: message is too long"),
        (" \n", "Bad Request: message text is empty"),
    ],
)
async def test_a_message_has_4096_characters_at_most(
    telegram: FakeTelegram, client: Client, text: str, refusal: str | None
) -> None:
    reply = await client.send(text)
    assert (reply.status, reply.content.get("description")) == ((400, refusal) if refusal else (200, None))
    assert len(telegram.sent) == (refusal is None)


async def test_the_marks_of_a_format_do_not_count(client: Client) -> None:
    assert (await client.send("*" + "a" * 4096 + "*", parse_mode="Markdown")).result["text"] == "a" * 4096


@pytest.mark.parametrize(("length", "status"), [(1024, 200), (1025, 400)])
async def test_a_caption_has_1024_characters_at_most(client: Client, length: int, status: int) -> None:
    photo = await client.ask("sendPhoto", files={"photo": jpeg()}, chat_id=ANN, caption="a" * length)
    album = await client.album(jpeg(1), jpeg(2), captions={1: "a" * length})
    assert (photo.status, album.status) == (status, status)
    if status == 400:
        assert photo.refusal == album.refusal == "Bad Request: message caption is too long"


@pytest.mark.parametrize(("count", "status"), [(1, 400), (2, 200), (10, 200), (11, 400)])
async def test_an_album_has_2_to_10_pictures(telegram: FakeTelegram, client: Client, count: int, status: int) -> None:
    assert (await client.album(*map(jpeg, range(count)))).status == status
    assert [len(sent.pictures) for sent in telegram.sent] == ([count] if status == 200 else [])


async def test_an_album_with_a_wrong_picture_is_refused_as_a_whole(telegram: FakeTelegram, client: Client) -> None:
    assert (await client.album(jpeg(), b"no picture")).refusal == "Bad Request: IMAGE_PROCESS_FAILED"
    assert telegram.sent == ()


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (padded(MOST_PHOTO), None),
        (padded(MOST_PHOTO + 1), "too big for a photo"),
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (jpeg()[:200], "IMAGE_PROCESS_FAILED"),
        (jpeg(size=(2100, 100)), "PHOTO_INVALID_DIMENSIONS"),
        (jpeg(size=(5001, 5000)), "PHOTO_INVALID_DIMENSIONS"),
    ],
    ids=["10 MB", "over 10 MB", "no picture", "half a picture", "too narrow", "too many pixels"],
)
async def test_a_photo_has_limits_of_its_own(client: Client, content: bytes, refusal: str | None) -> None:
    reply = await client.ask("sendPhoto", files={"photo": content}, chat_id=ANN)
    if refusal is None:
        assert reply.result["photo"][0]["file_size"] == len(content)
    else:
        assert refusal in reply.refusal


@pytest.mark.parametrize(("data", "status"), [("/" + "a" * 63, 200), ("/" + "a" * 64, 400), ("ü" * 33, 400)])
async def test_a_button_carries_64_bytes_at_most(client: Client, data: str, status: int) -> None:
    reply = await client.send("Look", reply_markup=keyboard(data))
    assert reply.status == status
    if status == 400:
        assert reply.refusal == "Bad Request: BUTTON_DATA_INVALID"


async def test_nobody_is_written_to_who_has_not_started_the_bot(telegram: FakeTelegram, client: Client) -> None:
    assert (await client.send("Hello", chat_id=4711)).refusal == "Bad Request: chat not found"
    telegram.say(4711, "/start")
    assert (await client.send("Hello", chat_id=4711)).status == 200


async def test_who_blocks_the_bot_is_not_written_to(telegram: FakeTelegram, client: Client) -> None:
    telegram.block(ANN)
    reply = await client.send("Hello")
    assert (reply.status, reply.refusal) == (403, "Forbidden: bot was blocked by the user")
    telegram.unblock(ANN)
    assert (await client.send("Hello")).status == 200


async def test_who_sends_too_fast_is_told_to_wait(telegram: FakeTelegram, client: Client) -> None:
    telegram.limit(Pace(messages=3, seconds=600))
    assert (await client.album(jpeg(1), jpeg(2))).status == 200
    assert (await client.send("Third")).status == 200
    reply = await client.send("Fourth")
    assert reply.status == 429
    assert reply.content["parameters"] == {"retry_after": 600}
    assert reply.refusal == "Too Many Requests: retry after 600"
    assert len(telegram.sent) == 2


def test_waiting_as_long_as_told_is_long_enough() -> None:
    pace = Pace(messages=4, seconds=60)
    taken: list[float] = []
    for count in itertools.islice(itertools.cycle((1, 3, 2)), 50):
        earliest = taken[-1] + 7 if taken else 1000.0
        taken += [taken_at(pace, count, earliest)] * count
    assert all(later - earlier >= 60 for earlier, later in zip(taken, taken[4:], strict=False))
    assert len(taken) == 100


def test_each_chat_has_a_pace_of_its_own() -> None:
    pace = Pace(messages=1, seconds=60)
    pace.take(1, 1, 0.0)
    pace.take(2, 1, 0.0)
    with pytest.raises(TooManyRequestsError):
        pace.take(1, 1, 59.0)
