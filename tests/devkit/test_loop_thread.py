"""What lives in a loop of its own goes on while nobody waits for it, and ends with it."""

import asyncio
import threading

import pytest

from devkit.loop_thread import LoopThread


def test_what_was_begun_goes_on_while_nobody_waits() -> None:
    answered = threading.Event()
    tasks = []

    async def begin() -> None:
        async def answer() -> None:
            await asyncio.sleep(0)
            answered.set()

        tasks.append(asyncio.create_task(answer()))

    with LoopThread("test") as loop:
        loop.run(begin())
        assert answered.wait(60)


def test_what_is_still_under_way_at_the_end_is_cancelled() -> None:
    tasks = []

    async def begin() -> None:
        tasks.append(asyncio.create_task(asyncio.Event().wait()))

    with LoopThread("test") as loop:
        loop.run(begin())
    assert tasks[0].cancelled()


def test_the_threads_that_it_started_end_with_it() -> None:
    async def elsewhere() -> threading.Thread:
        return await asyncio.to_thread(threading.current_thread)

    with LoopThread("test") as loop:
        thread = loop.run(elsewhere())
    assert not thread.is_alive()


def test_what_goes_wrong_comes_out() -> None:
    async def fail() -> None:
        raise LookupError("nobody")

    with LoopThread("test") as loop, pytest.raises(LookupError, match="nobody"):
        loop.run(fail())
