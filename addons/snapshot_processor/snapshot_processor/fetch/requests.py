"""Who waits for a camera's picture, and how one request serves as many of them as it may.

A picture counts for everybody who asked before the request for it went out. Those who come later share the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
import time
from typing import Final

from .error import TOO_SLOW, FetchError

# Between two tries, in seconds; doubled every time.
PAUSE: Final = 0.25
MOST_WAITING: Final = 100
STOPPED: Final = "The app was stopped before the camera answered"


class Outcome(StrEnum):
    """What became of asking a camera for its picture."""

    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"
    """Nobody asked the camera before the time was over in which the picture was wanted."""
    STOPPED = "stopped"
    """The app was told to stop before the camera answered; whoever wanted the picture may ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Somebody who waits for a picture until ``expires_at`` (unix seconds)."""

    id: str
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What is told to those who hold these ``tickets``.

    ``content`` is the picture of an outcome DONE, ``problem`` a sentence for people for any other; ``fetched_at`` in
    unix seconds.
    """

    camera: str
    tickets: tuple[str, ...]
    outcome: Outcome
    content: bytes | None = None
    problem: str | None = None
    fetched_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a camera is asked, and how long one try may take in seconds."""

    tries: int
    timeout: float
    pause: float = PAUSE


class CameraRequests:
    """The requests for one camera's picture, one at a time. For one event loop.

    ``fetch`` gets the seconds it may take and raises ``FetchError``; ``tell`` is called once for every ticket.
    """

    def __init__(
        self,
        camera: str,
        fetch: Callable[[float], Awaitable[bytes]],
        tell: Callable[[Fetched], None],
        *,
        patience: Patience,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Wait for the first one to ask; ``clock`` in unix seconds."""
        self._camera = camera
        self._fetch = fetch
        self._tell = tell
        self._patience = patience
        self._clock = clock
        self._waiting: list[Ticket] = []
        self._under_way: list[Ticket] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, ticket: Ticket) -> None:
        """Let somebody wait for the next request that goes out."""
        if len(self._waiting) >= MOST_WAITING:
            self._told([ticket], Outcome.FAILED, "Too many wait for this camera already")
            return
        self._waiting.append(ticket)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._serve())

    async def close(self) -> None:
        """Break off what is under way, and say so to everybody who waits."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._told(self._under_way + self._waiting, Outcome.STOPPED, STOPPED)

    async def _serve(self) -> None:
        while self._waiting:
            await self._serve_some()
        self._task = None

    async def _serve_some(self) -> None:
        """Ask the camera, several times if need be. Who came too late for the first try has tries of their own."""
        self._under_way = self._join()
        first = len(self._under_way)
        problem = TOO_SLOW
        for number in range(self._patience.tries):
            if number:
                await asyncio.sleep(self._patience.pause * 2 ** (number - 1))
                self._under_way += self._join()
            left = max((ticket.expires_at for ticket in self._under_way), default=0) - self._clock()
            if left <= 0:
                break
            try:
                content = await self._fetch(min(self._patience.timeout, left))
            except FetchError as error:
                problem = str(error)
                if error.final:
                    break
            else:
                served, self._under_way = self._under_way, []
                self._told(served, Outcome.DONE, content=content)
                return
        failed, later, self._under_way = self._under_way[:first], self._under_way[first:], []
        self._waiting[:0] = later
        self._told(failed, Outcome.FAILED, problem)

    def _join(self) -> list[Ticket]:
        """Return those for whom a request that goes out now counts."""
        now = self._clock()
        late = [ticket for ticket in self._waiting if ticket.expires_at <= now]
        in_time = [ticket for ticket in self._waiting if ticket.expires_at > now]
        self._waiting = []
        self._told(late, Outcome.EXPIRED, "It was too late to ask the camera")
        return in_time

    def _told(
        self, tickets: list[Ticket], outcome: Outcome, problem: str | None = None, content: bytes | None = None
    ) -> None:
        if tickets:
            self._tell(
                Fetched(
                    camera=self._camera,
                    tickets=tuple(ticket.id for ticket in tickets),
                    outcome=outcome,
                    content=content,
                    problem=problem,
                    fetched_at=self._clock(),
                )
            )
