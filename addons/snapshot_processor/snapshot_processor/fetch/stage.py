"""Fetches pictures on command, cameras side by side, and each of them one picture at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
import logging
import queue
import threading
import time
from typing import Final, Self, override

from hub_relay.frames import Frame
from hub_relay.signals import Flag
from hub_relay.stages import Inlet, Relay, Stage

from ..model import PartHealth
from .client import TIMEOUT, fetch_picture
from .onvif import Known
from .requests import STOPPED, CameraRequests, Fetched, Outcome, Patience, Ticket
from .source import Source

LOG: Final = logging.getLogger(__name__)
TRIES: Final = 3
_BEAT_EVERY: Final = 1.0
# Covers a large picture that a slow disk takes in.
_STILL_AFTER: Final = 20.0
# What breaking off may take, in seconds.
_CLOSE_WITHIN: Final = 2.0


class FetchStage(Stage):
    """Takes frames ``fetch`` (``camera``: key, ``ticket``: id of the command, ``expires_at``: unix seconds).

    ``done`` is called in the stage's own thread, and gets every ticket once.
    """

    def __init__(
        self,
        relay: Relay,
        sources: Mapping[str, Source],
        done: Callable[[Fetched], None],
        *,
        tries: int = TRIES,
        timeout: float = TIMEOUT,
    ) -> None:
        """Prepare to ask these cameras, each ``tries`` times for up to ``timeout`` seconds."""
        super().__init__("fetch", still_after=_STILL_AFTER)
        self._relay = relay
        self._sources = dict(sources)
        self._done = done
        self._patience = Patience(tries=tries, timeout=timeout)
        self._results: queue.SimpleQueue[Fetched] = queue.SimpleQueue()
        self._wake = Flag()
        self._problems: dict[str, str] = {}

    def health(self) -> PartHealth:
        """Return which cameras gave no picture when they were asked last. Any thread may ask."""
        problems = self._problems
        if not problems:
            return PartHealth(ok=True)
        return PartHealth(ok=False, detail="; ".join(f"{camera}: {problems[camera]}" for camera in sorted(problems)))

    @override
    def run(self) -> None:
        with Inlet(self._relay, self._wake) as inlet:
            with _Fetcher(self._sources, self._patience, self._tell) as fetcher:
                while not self.stopping:
                    self.beat()
                    frame = inlet.get(_BEAT_EVERY)
                    if frame is not None:
                        self._take(frame, fetcher.ask)
                    # First, or what comes in between would not wake anybody.
                    self._wake.clear()
                    self._hand_over()
            while (frame := inlet.get(0)) is not None:
                self._take(frame, self._refuse)
        self._hand_over()

    @override
    def stop(self) -> None:
        super().stop()
        self._wake.set()

    @override
    def release(self) -> None:
        super().release()
        self._wake.close()

    def _take(self, frame: Frame, ask: Callable[[str, Ticket], None]) -> None:
        ticket = Ticket(id=frame.content["ticket"], expires_at=frame.content["expires_at"])
        camera = frame.content["camera"]
        if camera in self._sources:
            ask(camera, ticket)
        else:
            self._answer(
                camera, ticket, Outcome.FAILED, "There is no camera of this name that pictures can be fetched from"
            )

    def _refuse(self, camera: str, ticket: Ticket) -> None:
        self._answer(camera, ticket, Outcome.STOPPED, STOPPED)

    def _answer(self, camera: str, ticket: Ticket, outcome: Outcome, problem: str) -> None:
        self._results.put(
            Fetched(camera=camera, tickets=(ticket.id,), outcome=outcome, problem=problem, fetched_at=time.time())
        )

    def _tell(self, fetched: Fetched) -> None:
        self._results.put(fetched)
        self._wake.set()

    def _hand_over(self) -> None:
        while not self._results.empty():
            fetched = self._results.get()
            self._note(fetched)
            self._done(fetched)

    def _note(self, fetched: Fetched) -> None:
        camera, before = fetched.camera, self._problems.get(fetched.camera)
        if camera not in self._sources:
            return
        if fetched.outcome is Outcome.DONE and before is not None:
            LOG.info("%s: a picture was fetched again", camera)
            self._problems = {other: problem for other, problem in self._problems.items() if other != camera}
        elif fetched.outcome is Outcome.FAILED and fetched.problem != before:
            LOG.warning("%s: no picture was fetched: %s", camera, fetched.problem)
            self._problems = {**self._problems, camera: fetched.problem or ""}


class _Fetcher:
    """An event loop in a thread of its own, for the length of a ``with`` block."""

    def __init__(self, sources: Mapping[str, Source], patience: Patience, tell: Callable[[Fetched], None]) -> None:
        self._requests = {
            camera: CameraRequests(camera, _fetch_of(source), tell, patience=patience)
            for camera, source in sources.items()
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fetcher", daemon=True)

    def ask(self, camera: str, ticket: Ticket) -> None:
        """Let somebody wait for a camera's picture. Any thread may call it."""
        self._loop.call_soon_threadsafe(self._requests[camera].add, ticket)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Break off what is under way; afterwards everybody has been told."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_CLOSE_WITHIN)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_WITHIN)
        # Not waiting for names that are still looked up.
        self._loop.close()

    async def _close(self) -> None:
        await asyncio.gather(*(requests.close() for requests in self._requests.values()))


def _fetch_of(source: Source) -> Callable[[float], Awaitable[bytes]]:
    return partial(_fetch, source, Known())


async def _fetch(source: Source, known: Known, within: float) -> bytes:
    return await fetch_picture(source, within=within, known=known)
