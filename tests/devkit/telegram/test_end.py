"""Once a fake Telegram has ended, nothing of it is left."""

import threading

import aiohttp

from devkit.telegram import FakeTelegram

from .kit import ANN, Client, jpeg


async def test_no_thread_that_wrote_a_large_picture_outlives_it() -> None:
    before = set(threading.enumerate())
    with FakeTelegram() as telegram:
        telegram.add_user(ANN)
        async with aiohttp.ClientSession() as session:
            large = jpeg() + bytes(4 * 1024 * 1024)
            assert (await Client(telegram, session).ask("sendPhoto", files={"photo": large}, chat_id=ANN)).status == 200
        during = set(threading.enumerate()) - before
        assert len(during) > 1
    assert not [thread.name for thread in during if thread.is_alive()]
