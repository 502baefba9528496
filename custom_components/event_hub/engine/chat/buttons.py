"""What a pressed button under a message in a chat asks for: ``/silence home 1790000000``.

That is what ``telling_messages.py`` puts on them: what to do, with which partition, and when the message was made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .commands import Command, Verb

# What is pressed later is about an alarm that is over, and might end another.
BUTTON_LIFE: Final = 86_400.0

_VERBS: Final = {f"/{verb.value}": verb for verb in (Verb.SILENCE, Verb.ACKNOWLEDGE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A pressed button. ``issued`` is in unix seconds; ``None`` where the button does not tell."""

    command: Command
    issued: float | None = None

    def too_late(self, now: float) -> bool:
        """Whether its message is too old at unix seconds ``now``."""
        return self.issued is not None and now - self.issued > BUTTON_LIFE


def read_button(command: str, words: Sequence[str]) -> Pressed | None:
    """Return what a button asks for; ``None`` for one that is not ours. No button carries a code."""
    verb = _VERBS.get(command)
    match words:
        case [] if verb is not None:
            return Pressed(command=Command(verb=verb))
        case [partition_id] if verb is not None:
            return Pressed(command=Command(verb=verb, words=(partition_id,)))
        case [partition_id, issued] if verb is not None and issued.isascii() and issued.isdigit():
            return Pressed(command=Command(verb=verb, words=(partition_id,)), issued=float(issued))
    return None
