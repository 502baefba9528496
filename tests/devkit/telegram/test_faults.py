"""Each way to fail is met as often as asked for, and by those methods only that were named."""

import asyncio
from http import HTTPStatus
import time

import aiohttp
import pytest

from devkit.polling import until
from devkit.telegram import Bad, Blocked, Broken, Cut, Down, FakeTelegram, Fault, Flood, Hang, Slow

from .kit import ANN, Client, Reply

GONE = (aiohttp.ClientConnectionError, aiohttp.ClientOSError)


async def give_up(hanging: asyncio.Task[Reply]) -> None:
    """End a request, and wait until its connection is closed."""
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging


@pytest.mark.parametrize(
    ("fault", "status", "refusal"),
    [
        (Flood(retry_after=12), 429, "Too Many Requests: retry after 12"),
        (Blocked(), 403, "Forbidden: bot was blocked by the user"),
        (Bad(description="PEER_ID_INVALID"), 400, "Bad Request: PEER_ID_INVALID"),
        (Broken(status=HTTPStatus.INTERNAL_SERVER_ERROR), 500, "Internal Server Error"),
    ],
)
async def test_a_refusal_comes_as_often_as_asked_for(
    telegram: FakeTelegram, client: Client, fault: Fault, status: int, refusal: str
) -> None:
    telegram.fail(fault, 2)
    for _ in range(2):
        reply = await client.send("Hello")
        assert (reply.status, reply.refusal) == (status, refusal)
    assert telegram.sent == ()
    assert (await client.send("Hello")).status == 200


async def test_a_gateway_answers_with_a_page(telegram: FakeTelegram, client: Client) -> None:
    telegram.fail(Broken())
    url = f"{telegram.url}/bot{telegram.token}/sendMessage"
    async with client.session.post(url, data={"chat_id": ANN, "text": "Hello"}) as response:
        assert (response.status, response.content_type) == (502, "text/html")
        assert "Bad Gateway" in await response.text()


async def test_only_the_methods_that_were_named_fail(telegram: FakeTelegram, client: Client) -> None:
    telegram.fail(Flood(retry_after=5), on="sendphoto")
    assert (await client.send("Hello")).status == 200
    assert (await client.ask("sendPhoto", chat_id=ANN)).status == 429


async def test_what_was_to_fail_is_taken_back(telegram: FakeTelegram, client: Client) -> None:
    telegram.fail(Flood(retry_after=5), 100)
    telegram.fail_no_more()
    assert (await client.send("Hello")).status == 200


@pytest.mark.parametrize("taken", [False, True])
async def test_a_connection_is_cut_before_or_after_the_message_is_taken(
    telegram: FakeTelegram, client: Client, taken: bool
) -> None:
    telegram.fail(Cut(taken=taken))
    with pytest.raises(GONE):
        await client.send("Hello")
    assert len(telegram.sent) == taken


@pytest.mark.parametrize("taken", [False, True])
async def test_who_hangs_lets_others_through(telegram: FakeTelegram, client: Client, taken: bool) -> None:
    telegram.fail(Hang(taken=taken))
    hanging = asyncio.create_task(client.send("Hanging"))
    await until(lambda: telegram.requests == ("sendMessage",))
    assert (await client.send("Hello")).status == 200
    assert not hanging.done()
    assert sorted(sent.text for sent in telegram.sent) == (["Hanging", "Hello"] if taken else ["Hello"])[-2:]
    await give_up(hanging)


@pytest.mark.parametrize(("taken", "shown"), [(False, []), (True, ["Hello"])])
async def test_a_slow_answer_comes_late_and_what_was_asked_is_done_before_or_after_the_wait(
    telegram: FakeTelegram, client: Client, taken: bool, shown: list[str]
) -> None:
    telegram.fail(Slow(seconds=0.3, taken=taken))
    began = time.monotonic()
    sending = asyncio.create_task(client.send("Hello"))
    await until(lambda: telegram.requests == ("sendMessage",))
    assert [sent.text for sent in telegram.sent] == shown
    assert (await sending).status == 200
    assert time.monotonic() - began >= 0.3
    assert [sent.text for sent in telegram.sent] == ["Hello"]


async def test_what_is_slow_is_not_done_for_somebody_who_is_gone(telegram: FakeTelegram, client: Client) -> None:
    telegram.fail(Slow(seconds=0.2))
    sending = asyncio.create_task(client.send("Hello"))
    await until(lambda: telegram.requests == ("sendMessage",))
    await give_up(sending)
    telegram.fail(Slow(seconds=0.4, taken=True))
    await client.send("After")
    assert [sent.text for sent in telegram.sent] == ["After"]


async def test_while_it_is_down_a_connection_is_refused(telegram: FakeTelegram, client: Client) -> None:
    assert (await client.send("Before")).status == 200
    with telegram.down():
        for _ in range(3):
            with pytest.raises(aiohttp.ClientConnectionError):
                await client.send("Meanwhile")
    assert (await client.send("After")).status == 200
    assert [sent.text for sent in telegram.sent] == ["Before", "After"]


async def test_while_the_line_is_cut_everything_is_reset(telegram: FakeTelegram, client: Client) -> None:
    with telegram.down(Down.CUT):
        with pytest.raises(GONE):
            await client.send("Meanwhile")
        assert telegram.requests == ("sendMessage",)
    assert (await client.send("After")).status == 200
    assert [sent.text for sent in telegram.sent] == ["After"]


async def test_while_the_line_is_dead_nobody_answers(telegram: FakeTelegram, client: Client) -> None:
    with telegram.down(Down.SILENT):
        hanging = asyncio.create_task(client.send("Meanwhile"))
        await until(lambda: telegram.requests == ("sendMessage",))
        assert not hanging.done()
    assert (await client.send("After")).status == 200
    assert [sent.text for sent in telegram.sent] == ["After"]
    await give_up(hanging)


@pytest.mark.parametrize("how", [Down.REFUSED, Down.CUT])
async def test_going_down_ends_a_long_poll(telegram: FakeTelegram, client: Client, how: Down) -> None:
    waiting = asyncio.create_task(client.ask("getUpdates", timeout=50))
    await until(lambda: telegram.requests == ("getUpdates",))
    with telegram.down(how):
        with pytest.raises(GONE):
            await waiting
        telegram.say(ANN, "/status")
    assert len((await client.ask("getUpdates")).result) == 1


async def test_it_ends_while_it_is_down_and_somebody_hangs() -> None:
    async with aiohttp.ClientSession() as session:
        with FakeTelegram() as telegram:
            telegram.fail(Hang(), on="getMe")
            hanging = asyncio.create_task(Client(telegram, session).ask("getMe"))
            await until(lambda: telegram.requests == ("getMe",))
            telegram.go_down(Down.SILENT)
        with pytest.raises(GONE):
            await hanging
