"""What somebody asks in a chat, and what they are answered."""

from dataclasses import dataclass

from .engine.chat.commands import Command
from .engine.chat.wording import Voice
from .hub import Hub
from .storage.images import StoredImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command of somebody who may give it. ``by`` is what they are called, ``context_id`` belongs to the message."""

    hub: Hub
    command: Command
    by: str
    voice: Voice
    context_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered. ``alert``: it was not done; ``matters``: something was changed, which must be known.

    ``camera`` is the key of one whose next picture is to follow, the one after ``before``.
    """

    text: str
    alert: bool = False
    matters: bool = False
    camera: str | None = None
    before: StoredImage | None = None
