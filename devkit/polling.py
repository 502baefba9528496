"""Waits for what tells nobody when it has happened."""

import asyncio
from collections.abc import Callable
from typing import Final

POLL: Final = 0.005


async def until(condition: Callable[[], object], patience: float = 60.0) -> None:
    """Wait until ``condition`` holds. Raises ``TimeoutError`` after ``patience`` seconds."""
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(POLL)
