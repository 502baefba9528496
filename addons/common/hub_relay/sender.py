"""Sending one message over every link that is up, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from enum import Enum
import logging
import time
from typing import Any, Final

from .links import Link, Refused
from .logs import Throttle
from .native import Kind, Transport, Voice
from .signals import Flag

LOG: Final = logging.getLogger(__name__)
# How long a broker may take to confirm, in seconds, before its link is given up; the bytes on their way come on top.
CONFIRM_WITHIN: Final = 3.0
# The slowest line that is worth waiting for, in bytes a second.
SLOWEST: Final = 50_000
# How often a wait for answers looks whether to stop, and how long it may still last then.
_SLICE: Final = 0.25
_LAST_WAIT: Final = 0.75


class Answer(Enum):
    """What became of a message."""

    CONFIRMED = "confirmed"
    """A broker has it."""
    REFUSED = "refused"
    """Every broker that is there has refused it."""
    FELL = "fell"
    """No broker has it, and a link that was up went down over it."""
    LOST = "lost"
    """No broker has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _UnderWay:
    """One message on one link. ``futures`` are ``None`` when it cannot be written for that broker."""

    link: Link
    futures: Sequence[Future[None]] | None
    deadline: float


class Sender:
    """Sends over the links of one publisher, for its thread."""

    def __init__(
        self, voice: Voice, links: Mapping[Transport, Link], within: float, stop: Flag, beat: Callable[[], None]
    ) -> None:
        """Wait ``within`` seconds for an answer, longer for many bytes, less once ``stop`` is up, and ``beat``."""
        self._voice = voice
        self._links = links
        self._within = within
        self._stop = stop
        self._beat = beat
        self._complaints = Throttle()

    @property
    def possible(self) -> bool:
        """Whether a link is up."""
        return any(link.up for link in self._links.values())

    def send(self, kind: Kind, content: Mapping[str, Any]) -> Answer:
        """Send a message, and wait until every link that was up has answered, or has been given up."""
        up = [(transport, link) for transport, link in self._links.items() if link.up]
        under_way = [self._begin(transport, link, kind, content) for transport, link in up]
        answers = [self._answer(one) for one in under_way]
        if Answer.CONFIRMED in answers:
            return Answer.CONFIRMED
        if answers and all(answer is Answer.REFUSED for answer in answers):
            return Answer.REFUSED
        return Answer.FELL if Answer.FELL in answers else Answer.LOST

    def _begin(self, transport: Transport, link: Link, kind: Kind, content: Mapping[str, Any]) -> _UnderWay:
        began = time.monotonic()
        try:
            publications = self._voice.publications(transport, kind, content)
        except (ValueError, TypeError, OverflowError) as error:
            if self._complaints.due(transport):
                LOG.warning("A message %s cannot be written for %s: %s", kind, link.name, error)
            return _UnderWay(link=link, futures=None, deadline=began)
        size = sum(len(publication.body) for publication in publications)
        futures = [link.send(publication) for publication in publications]
        return _UnderWay(link=link, futures=futures, deadline=began + self._within + size / SLOWEST)

    def _answer(self, one: _UnderWay) -> Answer:
        if one.futures is None:
            return Answer.REFUSED
        if not self._all_done(one.futures, one.deadline):
            one.link.reset()
            # At the end it had less time than it may need, which says nothing of the message.
            return Answer.LOST if self._stop.is_set() else Answer.FELL
        errors = [error for future in one.futures if (error := future.exception()) is not None]
        if not errors:
            return Answer.CONFIRMED
        if isinstance(errors[0], Refused):
            return Answer.REFUSED
        return Answer.LOST if one.link.up else Answer.FELL

    def _all_done(self, futures: Sequence[Future[None]], deadline: float) -> bool:
        """Wait for the answers; once the stage has to stop, not much longer."""
        while wait(futures, min(_SLICE, max(deadline - time.monotonic(), 0))).not_done:
            self._beat()
            if self._stop.is_set():
                deadline = min(deadline, time.monotonic() + _LAST_WAIT)
                return not wait(futures, max(deadline - time.monotonic(), 0)).not_done
            if time.monotonic() >= deadline:
                return False
        return True
