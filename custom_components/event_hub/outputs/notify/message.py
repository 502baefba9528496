"""One message as it goes over a channel, and what may come of it."""

from dataclasses import dataclass
from enum import StrEnum

from ...engine.telling.model import Button, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A picture: its file, and the path under which Home Assistant shows it to whoever has that path."""

    path: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageButton:
    """Something to press. ``data`` comes back when it is; with ``asks_code``, so does what was typed."""

    button: Button
    data: str
    asks_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What people get. ``link`` is an address outside, ``view`` a path within Home Assistant.

    A message with the ``tag`` of one before takes its place on a phone. A ``quiet`` one makes no sound.
    """

    title: str
    text: str
    topic: Topic
    tag: str
    language: str = "en"
    critical: bool = False
    quiet: bool = False
    pictures: tuple[Attachment, ...] = ()
    link: str | None = None
    view: str = "/"
    buttons: tuple[MessageButton, ...] = ()


class Problem(StrEnum):
    """Why a message did not get through; each has its advice for people."""

    AWAY = "away"
    BUSY = "busy"
    MISSING = "missing"
    BLOCKED = "blocked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A message did not get through. ``detail`` is for people, without secrets.

    ``retry_after`` (seconds) is the channel's wish. ``permanent``: it would not take this message later either.
    """

    problem: Problem
    detail: str
    retry_after: float | None = None
    permanent: bool = False


class SendError(Exception):
    """Carries a ``Failure`` out of a call."""

    def __init__(self, failure: Failure) -> None:
        """Say what went wrong."""
        super().__init__(failure.detail)
        self.failure = failure
