"""What the links to both brokers have in common: a thread each, a work list, a state, and a way back."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
import logging
from pathlib import Path
import random
import ssl
import threading
import time
from typing import Final, override

from .signals import Flag, readable
from .stages import Stage

LOG: Final = logging.getLogger(__name__)
CONNECT_TIMEOUT: Final = 5.0
# Covers one attempt at several hosts, and a broker that freezes in the middle.
_STILL_AFTER: Final = 60.0


class LinkError(Exception):
    """A broker cannot be reached or used. Says what, in a sentence for people."""


class Refused(LinkError):  # noqa: N818 - it is what the broker did
    """The broker took the message and refused it: another attempt may be no better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One message as it goes to a broker; ``lasting`` when the broker should keep it over its own restart."""

    address: str
    body: bytes
    lasting: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user name and its password, which stays out of ``repr``."""

    username: str
    password: str

    @override
    def __repr__(self) -> str:
        return f"Login(username={self.username!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Encryption. ``authority`` is a PEM file to trust instead of the system's authorities."""

    authority: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return what a socket needs. Raises ``LinkError`` when the file cannot be used."""
        try:
            context = ssl.create_default_context(cafile=self.authority)
        except OSError as error:
            raise LinkError(f"The certificate authority {self.authority} cannot be used: {error}") from error
        if self.authority is not None:
            # Python 3.13 began to refuse what home-made authorities leave out.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


class Backoff:
    """Pauses between attempts, doubling from ``first`` to ``most`` seconds, each shortened by up to a half at random.

    ``succeeded`` begins anew.
    """

    def __init__(self, first: float = 1.0, most: float = 30.0, chance: Callable[[], float] = random.random) -> None:
        """Begin with ``first``; ``chance`` gives a number from 0 to 1."""
        self._first = self._next = first
        self._most = most
        self._chance = chance

    def pause(self) -> float:
        """Return the seconds to wait before the next attempt."""
        pause, self._next = self._next, min(self._next * 2, self._most)
        return pause * (1 - self._chance() / 2)

    def succeeded(self) -> None:
        """Begin with the shortest pause again."""
        self._next = self._first


class Reports:
    """Logs how one connection is, each change once."""

    def __init__(self, name: str) -> None:
        """Speak of the connection under this name."""
        self._name = name
        self._last: str | None = None

    def up(self, where: str) -> None:
        """Say that it is there."""
        if self._last != "":
            self._last = ""
            LOG.info("%s: connected to %s", self._name, where)

    def down(self, problem: str) -> None:
        """Say what is wrong, unless it was said last time."""
        if self._last != problem:
            self._last = problem
            LOG.warning("%s: %s", self._name, problem)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Job:
    """One publication and who waits for its confirmation."""

    publication: Publication
    future: Future[None]

    def confirm(self) -> None:
        """The broker has it."""
        if not self.future.done():
            self.future.set_result(None)

    def fail(self, error: LinkError) -> None:
        """The broker has it not, or it is not known."""
        if not self.future.done():
            self.future.set_exception(error)


class Link(Stage):
    """A connection to one broker, in a thread of its own; others hand it publications.

    ``changed_at`` is when it last came up or went down (monotonic).
    """

    def __init__(self, name: str, *, backoff: Backoff | None = None) -> None:
        """Prepare; down until it is connected."""
        super().__init__(name, still_after=_STILL_AFTER)
        self._jobs: deque[Job] = deque()
        self._gate = threading.Lock()
        self._wake = Flag()
        self._up = False
        self._reset = False
        self._backoff = backoff or Backoff()
        self._reports = Reports(name)
        self.changed_at = time.monotonic()

    @property
    def up(self) -> bool:
        """Whether it is connected and answers."""
        return self._up and not self._reset

    def send(self, publication: Publication) -> Future[None]:
        """Publish soon; done when the broker confirmed, and failed with ``LinkError`` at once while it is down."""
        job = Job(publication=publication, future=Future())
        with self._gate:
            if self.up:
                self._jobs.append(job)
            else:
                job.fail(LinkError(f"{self.name} is not connected"))
        self._wake.set()
        return job.future

    def reset(self) -> None:
        """Give the connection up, because it does not answer; it counts as down from now on."""
        with self._gate:
            if self.up:
                self._reset = True
                self.changed_at = time.monotonic()
        self._wake.set()

    @override
    def run(self) -> None:
        """Connect, serve, and connect again, until told to stop."""
        try:
            while not self.stopping:
                self.beat()
                try:
                    self._serve()
                except LinkError as error:
                    self._set_down(str(error))
                    self.wait(self._backoff.pause())
        finally:
            self._set_down(None)

    @override
    def release(self) -> None:
        super().release()
        self._wake.close()

    @abstractmethod
    def _serve(self) -> None:
        """Connect, and publish until told to stop. Raises ``LinkError`` when the connection is over."""

    def _idle(self, timeout: float, *sockets: int, writing: int | None = None) -> set[int]:
        """Wait for work, a stop, or one of the sockets; return which are ready. Raises ``LinkError`` on a reset."""
        ready = readable(timeout, self.stop_flag, self._wake, *sockets, writing=writing)
        self._wake.clear()
        self.beat()
        if self._reset:
            raise LinkError("No answer in time, so the connection is given up")
        return ready

    def _take(self) -> Iterable[Job]:
        """Yield what is to be published now."""
        while self._jobs:
            yield self._jobs.popleft()

    def _give_back(self, *jobs: Job) -> None:
        """Return what is not confirmed, so that it fails once the link counts as down, and not before."""
        self._jobs.extendleft(reversed(jobs))

    def _set_up(self, where: str) -> None:
        self._backoff.succeeded()
        with self._gate:
            self._reset = False
            self._up = True
            self.changed_at = time.monotonic()
        self._reports.up(where)

    def _set_down(self, problem: str | None) -> None:
        with self._gate:
            if self.up:
                self.changed_at = time.monotonic()
            self._up = self._reset = False
            left = list(self._take())
        if problem is not None:
            self._reports.down(problem)
        for job in left:
            job.fail(LinkError(problem or f"{self.name} stopped"))


def lost_for(links: Sequence[Link], now: float) -> float:
    """Return for how many seconds no link has been up (``now`` is monotonic); 0 while one is, or there is none."""
    if not links or any(link.up for link in links):
        return 0.0
    return max(now - max(link.changed_at for link in links), 0.0)
