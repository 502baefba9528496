"""The stage that sends: to every broker that is there, and to the spool while none is.

A message is done when every link that was up has answered and at least one
broker confirmed it. Events and results wait for that in the spool, in their order; of
heartbeats only the newest waits, and goes when nothing older is left, so that
it never overtakes the change it speaks of. What no broker or line can carry goes
with fewer pictures in the end, or not at all: the others come after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
import logging
from pathlib import Path
from typing import Any, Final, Protocol, override

import msgpack

from .attempts import Attempts
from .frames import Frame
from .links import Backoff, Link, lost_for
from .logs import Throttle
from .native import Kind, Transport, Voice
from .sender import CONFIRM_WITHIN, Answer, Sender
from .signals import Flag
from .spool import Limits, Priority, Spooled, SpoolError, open_spool
from .stages import Inlet, Relay, Stage

LOG: Final = logging.getLogger(__name__)
_STILL_AFTER: Final = 30.0
_IDLE: Final = 1.0
_RETRY: Final = 0.2
_LEFT_OUT: Final = {"image": "picture", "image_annotated": "annotated picture"}
# Sent from the spool between two looks at what is new.
_BATCH: Final = 50


# A frame of this kind says that the spool has something new.
NEWS: Final = "news"


class Waiting(Protocol):
    """What waits to be sent, in its order; ``lost`` counts what had to go. Methods raise ``SpoolError``."""

    lost: int

    def __len__(self) -> int:
        """How many messages wait."""
        ...

    def put(self, kind: str, body: bytes, priority: Priority) -> bool:
        """Add a message (MessagePack) and say whether it is in."""
        ...

    def first(self) -> Spooled | None:
        """Return the oldest message, which stays until it is ``done``."""
        ...

    def done(self, message: Spooled) -> None:
        """Forget the oldest message, because a broker has it, or because no broker ever takes it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolPlace:
    """Where the spool is (``None``: in memory) and how much it holds."""

    path: Path | None
    limits: Limits = field(default_factory=Limits)

    def open(self) -> AbstractContextManager[Waiting]:
        """Open it, for the thread that uses it."""
        return open_spool(self.path, self.limits)


class Place(Protocol):
    """Where what waits is kept."""

    def open(self) -> AbstractContextManager[Waiting]:
        """Open it, for the thread that uses it."""
        ...


class Publisher(Stage):
    """Takes frames ``heartbeat``, ``event`` and ``result`` whose content is the native body.

    ``published`` counts messages that a broker has, ``lost`` those that could not be kept.
    """

    def __init__(
        self,
        relay: Relay,
        voice: Voice,
        links: Mapping[Transport, Link],
        *,
        spool: Place,
        name: str = "publisher",
        confirm_within: float = CONFIRM_WITHIN,
        pauses: Backoff | None = None,
    ) -> None:
        """Prepare a stage that sends over ``links`` what comes through ``relay``.

        A broker has ``confirm_within`` seconds to confirm, and more for many bytes; ``pauses`` are between attempts at
        the same message.
        """
        super().__init__(name, still_after=_STILL_AFTER)
        self._relay = relay
        self._links = dict(links)
        self._spool = spool
        self._sender = Sender(voice, self._links, confirm_within, self.stop_flag, lambda: self.beat())  # noqa: PLW0108 - whoever it is then
        self._attempts = Attempts(pauses)
        self.published = 0
        self.lost = 0
        self.waiting = 0

    def links_lost_for(self, now: float) -> float:
        """Return for how many seconds no broker has been there (``now`` is monotonic); 0 while one is."""
        return lost_for(tuple(self._links.values()), now)

    @override
    def run(self) -> None:
        with self._spool.open() as spool, Inlet(self._relay, self.stop_flag) as inlet:
            outbox = _Outbox(spool, self._sender, self._attempts, self.stop_flag, self.beat)
            try:
                pause = 0.0
                while (frame := inlet.get(pause)) is not None or not self.stopping:
                    self.beat()
                    if frame is not None:
                        outbox.accept(frame)
                    pause = outbox.flush()
                    self._count(outbox, spool)
            finally:
                self._count(outbox, spool)

    def _count(self, outbox: _Outbox, spool: Waiting) -> None:
        self.published = outbox.published
        self.lost = outbox.lost + spool.lost
        # What cannot be read is asked again, and has been complained of.
        with contextlib.suppress(SpoolError):
            self.waiting = len(spool)


class _Outbox:
    """What waits, in its order, and the rule of what goes next."""

    def __init__(
        self, spool: Waiting, sender: Sender, attempts: Attempts, stop: Flag, beat: Callable[[], None]
    ) -> None:
        self._spool = spool
        self._sender = sender
        self._stop = stop
        self._beat = beat
        self._heartbeat: dict[str, Any] | None = None
        self._attempts = attempts
        self._complaints = Throttle()
        self.published = 0
        self.lost = 0

    def accept(self, frame: Frame) -> None:
        """Send at once what nothing older waits before, else keep it."""
        if frame.kind == NEWS:
            return
        try:
            kind = Kind(frame.kind)
        except ValueError:
            LOG.warning("The publisher got a frame %s", frame.kind)
            return
        if kind is Kind.HEARTBEAT:
            self._heartbeat = frame.content
        elif self._older_wait() or self._send(kind, frame.content) is not Answer.CONFIRMED:
            self._keep(kind, frame.content)

    def _older_wait(self) -> bool:
        try:
            return bool(self._spool)
        except SpoolError:
            # They may be there, and come first.
            return True

    def flush(self) -> float:
        """Send what waits, as far as it goes, and return the seconds until the next attempt."""
        try:
            for _ in range(_BATCH):
                self._beat()
                if not self._spool:
                    return self._flush_heartbeat()
                if (pause := self._send_first()) is not None:
                    return pause
            return _RETRY if self._stop.is_set() and self._spool else 0.0
        except SpoolError as error:
            self._complain(f"The spool cannot be read: {error}")
            return _RETRY

    def _flush_heartbeat(self) -> float:
        if self._heartbeat is None or not self._sender.possible:
            return _IDLE if self._heartbeat is None else _RETRY
        content, self._heartbeat = self._heartbeat, None
        self._send(Kind.HEARTBEAT, content)
        return _IDLE

    def _send_first(self) -> float | None:
        """Send the oldest message; return the seconds to wait, ``None`` when the next may follow at once.

        Raises ``SpoolError``.
        """
        message = self._spool.first() if self._sender.possible else None
        if message is None:
            return _RETRY
        if pause := self._attempts.wait_for(message.id):
            return min(pause, _IDLE)
        try:
            kind, content = Kind(message.kind), msgpack.unpackb(message.body)
        except (ValueError, msgpack.UnpackException) as error:
            self.lost += 1
            self._complain(f"A message in the spool is damaged: {error}")
            self._spool.done(message)
            return None
        answer = self._send(kind, self._attempts.form(content))
        if answer is not Answer.CONFIRMED and not self._given_up(kind, answer, content):
            return _RETRY
        self._spool.done(message)
        return None

    def _given_up(self, kind: Kind, answer: Answer, content: Mapping[str, Any]) -> bool:
        before = self._attempts.left_out
        if self._attempts.failed(answer, content):
            self.lost += 1
            LOG.error("A message %s is given up: no broker takes it", kind)
            return True
        if (left_out := self._attempts.left_out) != before:
            what = _LEFT_OUT[left_out[-1]]
            LOG.error("A message %s goes without its %s: the broker or the line to it cannot carry that", kind, what)
        return False

    def _send(self, kind: Kind, content: Mapping[str, Any]) -> Answer:
        if not self._sender.possible:
            return Answer.LOST
        answer = self._sender.send(kind, content)
        if answer is Answer.CONFIRMED:
            self.published += 1
        return answer

    def _keep(self, kind: Kind, content: Mapping[str, Any]) -> None:
        lost = self._spool.lost
        try:
            self._spool.put(kind, bytes(msgpack.packb(content)), _priority(content))
        except SpoolError as error:
            self.lost += 1
            self._complain(f"A message {kind} is lost, the spool takes nothing: {error}")
        if self._spool.lost > lost:
            self._complain(f"The spool is full: {self._spool.lost} messages are lost, images first")

    def _complain(self, text: str) -> None:
        if self._complaints.due(text.partition(":")[0]):
            LOG.error("%s", text)


def _priority(content: Mapping[str, Any]) -> Priority:
    inputs = content.get("inputs", ())
    return Priority.IMAGE if any(isinstance(device.get("image"), bytes) for device in inputs) else Priority.EVENT
