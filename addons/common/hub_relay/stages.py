"""Stages: named threads that hand each other frames over bounded ZeroMQ relays.

A stage makes its sockets inside ``run`` and closes them there. A relay holds
about ``limit`` frames for each stage that feeds it, and says what happens to one more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
import contextlib
from dataclasses import dataclass
from enum import Enum
import logging
from math import ceil
import threading
import time
from types import TracebackType
from typing import Final, Self

import zmq

from .frames import Frame, FrameError, decode, encode
from .logs import Throttle
from .signals import Flag

LOG: Final = logging.getLogger(__name__)
# How long a stage may go without a sign of life, in seconds.
STILL_AFTER: Final = 10.0


class Overflow(Enum):
    """What becomes of a frame that finds its relay full."""

    WAIT = "wait"
    """The sender waits, up to the relay's patience; then the frame is dropped and counted."""
    DROP_NEWEST = "drop_newest"
    """The frame is dropped at once and counted."""
    PASS_OVER = "pass_over"  # noqa: S105 - no password
    """The frame is dropped, and nobody misses it: it would only have woken who is awake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The way into one stage. ``patience`` in seconds counts for ``Overflow.WAIT`` only."""

    name: str
    limit: int
    overflow: Overflow
    patience: float
    context: zmq.Context[zmq.Socket[bytes]]

    @property
    def address(self) -> str:
        """Where ZeroMQ knows it."""
        return f"inproc://{self.name}"

    @property
    def half(self) -> int:
        """What either end holds: ZeroMQ counts a relay's two ends together."""
        return max(self.limit // 2, 1)


class Relays:
    """All relays of a process, on one ZeroMQ context."""

    def __init__(self) -> None:
        """Make the context; threads make their own sockets on it."""
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._names: set[str] = set()

    def relay(self, name: str, *, limit: int, overflow: Overflow, patience: float = 2.0) -> Relay:
        """Describe the way into a stage. Raises ``ValueError`` for a name given before, or a limit below 2."""
        if name in self._names:
            raise ValueError(f"There are two relays {name}")
        if limit < 2:  # noqa: PLR2004 - one frame at either end
            raise ValueError(f"Relay {name} must hold 2 frames or more, not {limit}")
        self._names.add(name)
        return Relay(name=name, limit=limit, overflow=overflow, patience=patience, context=self._context)

    def close(self) -> None:
        """End the context, once every stage has ended: it waits for sockets that are open."""
        self._context.term()


class Inlet:
    """Receiving end of a relay; a context manager for the thread that makes it."""

    def __init__(self, relay: Relay, stop: Flag) -> None:
        """Bind. ``get`` does not wait any more once ``stop`` is up."""
        self._relay = relay
        self._stop = stop
        self._socket = relay.context.socket(zmq.PULL)
        self._socket.set_hwm(relay.half)
        self._socket.bind(relay.address)
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(stop.fileno(), zmq.POLLIN)
        self._complaints = Throttle()

    def get(self, timeout: float) -> Frame | None:
        """Return the next frame, or ``None`` after ``timeout`` seconds, or at once when stopping and none is left."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return decode(self._socket.recv_multipart(zmq.NOBLOCK))
            except zmq.Again:
                left = deadline - time.monotonic()
                if left <= 0 or self._stop.is_set():
                    return None
                self._poller.poll(ceil(left * 1000))
            except FrameError as error:
                if self._complaints.due(self._relay.name):
                    LOG.warning("Relay %s: %s", self._relay.name, error)

    def __enter__(self) -> Self:
        """Receive within a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the socket; what is left in it is lost."""
        self._socket.close(linger=0)


class Outlet:
    """Sending end of a relay; a context manager for the thread that makes it. ``dropped`` counts what was lost."""

    def __init__(self, relay: Relay) -> None:
        """Connect, which may be before the receiving stage has bound."""
        self._relay = relay
        self._socket = relay.context.socket(zmq.PUSH)
        self._socket.set_hwm(relay.half)
        self._socket.connect(relay.address)
        self._complaints = Throttle()
        self.dropped = 0

    def put(self, kind: str, content: Mapping[str, object]) -> bool:
        """Hand a frame over and say whether there was room for it. Raises ``FrameError`` for what is none."""
        parts = encode(kind, content)
        try:
            self._socket.send_multipart(parts, zmq.NOBLOCK)
        except zmq.Again:
            return self._wait_with(parts) or self._drop(kind)
        return True

    def _wait_with(self, parts: list[bytes]) -> bool:
        if self._relay.overflow is not Overflow.WAIT:
            return False
        deadline = time.monotonic() + self._relay.patience
        while (left := deadline - time.monotonic()) > 0:
            if self._socket.poll(ceil(left * 1000), zmq.POLLOUT):
                self._socket.send_multipart(parts, zmq.NOBLOCK)
                return True
        return False

    def _drop(self, kind: str) -> bool:
        if self._relay.overflow is Overflow.PASS_OVER:
            return False
        self.dropped += 1
        if self._complaints.due(self._relay.name):
            LOG.warning("Relay %s is full: %d frames dropped, last a %s", self._relay.name, self.dropped, kind)
        return False

    def __enter__(self) -> Self:
        """Send within a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the socket; what it has sent stays for the receiver."""
        self._socket.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a stage ended: with an exception, or with none although nobody had told it to stop."""

    error: BaseException | None
    traceback: TracebackType | None


class Stage(ABC):
    """One thread with a name. ``still_after`` is how long it may go without ``beat``, in seconds.

    ``expendable`` is true while the process may end without it.
    """

    def __init__(self, name: str, *, still_after: float = STILL_AFTER) -> None:
        """Prepare; ``start`` runs it."""
        self.name = name
        self.still_after = still_after
        self.failure: Failure | None = None
        self.stop_flag = Flag()
        self.expendable = False
        self._beat = time.monotonic()
        self._on_end: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)

    @abstractmethod
    def run(self) -> None:
        """Work until ``stopping``; owns every socket it makes."""

    @property
    def stopping(self) -> bool:
        """Whether the stage has been told to stop."""
        return self.stop_flag.is_set()

    @property
    def trouble(self) -> str | None:
        """What is wrong although the stage works, in a sentence for people; ``None`` as a rule."""
        return None

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def beat(self) -> None:
        """Say that the stage is not stuck."""
        self._beat = time.monotonic()

    def still_for(self, now: float) -> float:
        """Return the seconds since the last ``beat``."""
        return now - self._beat

    def wait(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds and say whether to stop."""
        return self.stop_flag.wait(timeout)

    @contextlib.contextmanager
    def leavable(self) -> Iterator[None]:
        """Mark a call that cannot be interrupted, and with which nothing is lost when the process ends in it."""
        self.expendable = True
        try:
            yield
        finally:
            self.expendable = False

    def start(self, on_end: Callable[[], None] | None = None) -> None:
        """Run in a thread of its own; ``on_end`` is called in it when it ends."""
        self._on_end = on_end
        self.beat()
        self._thread.start()

    def stop(self) -> None:
        """Tell it to finish what it has and end. Returns at once."""
        self.stop_flag.set()

    def join(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds and say whether it has ended; then its descriptors are given back."""
        if self._thread.ident is not None:
            self._thread.join(max(timeout, 0))
        if self.alive:
            return False
        self.release()
        return True

    def release(self) -> None:
        """Give back what the stage holds between its making and its end."""
        self.stop_flag.close()

    def _main(self) -> None:
        try:
            self.run()
            if not self.stopping:
                self.failure = Failure(error=None, traceback=None)
                LOG.error("Stage %s ended although nobody had told it to", self.name)
        except BaseException as error:
            self.failure = Failure(error=error, traceback=error.__traceback__)
            LOG.exception("Stage %s died", self.name)
        finally:
            if self._on_end is not None:
                self._on_end()
