"""What waits to be fetched by the bot: kept until it is confirmed, as long as it takes."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from .faults import RefusedError

_FIRST: Final = 700_000_001
_ALL: Final = frozenset({"message", "edited_message", "callback_query"})


class Updates:
    """The queue of a bot's updates. Everything runs in the server's event loop."""

    def __init__(self) -> None:
        """Start with none, and with no webhook."""
        self.webhook = ""
        self._kept: list[Mapping[str, Any]] = []
        self._next = _FIRST
        self._wanted = _ALL
        self._poll: asyncio.Future[str] | None = None

    def __len__(self) -> int:
        """Return how many are not yet confirmed."""
        return len(self._kept)

    def put(self, kind: str, content: Mapping[str, Any]) -> None:
        """Add one, unless the bot said that it wants none of its kind."""
        if kind in self._wanted:
            self._kept.append({"update_id": self._next, kind: content})
            self._next += 1
            self._end_poll("news")

    def want(self, kinds: Sequence[str] | None) -> None:
        """Remember which kinds the bot wants; none at all means all, and what was said last counts on."""
        if kinds is not None:
            self._wanted = frozenset(kinds) or _ALL

    def drop(self) -> None:
        """Forget what waits."""
        self._kept.clear()

    async def take(self, offset: int, limit: int, patience: float) -> list[Mapping[str, Any]]:
        """Confirm those before ``offset`` and return the next ones; wait up to ``patience`` seconds for the first.

        Another take ends one that waits. Raises ``RefusedError`` with 409 for that one, and while there is a webhook.
        """
        self._end_poll("another")
        if self.webhook:
            description = "can't use getUpdates method while webhook is active; use deleteWebhook to delete it first"
            raise RefusedError(HTTPStatus.CONFLICT, f"Conflict: {description}")
        if offset < 0:
            self._kept = self._kept[offset:]
        else:
            self._kept = [update for update in self._kept if update["update_id"] >= offset]
        if not self._kept and patience > 0:
            await self._wait(patience)
        return self._kept[:limit]

    async def _wait(self, patience: float) -> None:
        self._poll = poll = asyncio.get_running_loop().create_future()
        try:
            done, _ = await asyncio.wait([poll], timeout=patience)
        finally:
            if self._poll is poll:
                self._poll = None
        if done and poll.result() == "another":
            description = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise RefusedError(HTTPStatus.CONFLICT, f"Conflict: {description}")

    def _end_poll(self, why: str) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(why)
        self._poll = None
