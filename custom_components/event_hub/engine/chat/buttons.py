"""What a pressed button under a message in a chat asks for: ``/silence home 1790000000 1789999990``.

That is what ``telling_messages.py`` puts on them: what to do, with which partition, when the message was made, and
since when there is the alarm that it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .commands import Command, Verb

# So long, in seconds, a button works, in a chat as on a phone; and so far clocks may be apart.
BUTTON_LIFE: Final = 900.0
MAX_AHEAD: Final = 60.0
_MOST_DIGITS: Final = 12
_TIMES: Final = 2

_VERBS: Final = {f"/{verb.value}": verb for verb in (Verb.SILENCE, Verb.ACKNOWLEDGE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A pressed button. ``issued`` and ``alarm_at`` (when the alarm began) are in unix seconds."""

    command: Command
    issued: float
    alarm_at: float

    def too_late(self, now: float) -> bool:
        """Whether its message is too old at unix seconds ``now``, or of no time that has been."""
        return not -MAX_AHEAD <= now - self.issued <= BUTTON_LIFE


def read_button(command: str, words: Sequence[str]) -> Pressed | None:
    """Return what a button asks for; ``None`` for one that is not ours. No button carries a code."""
    verb = _VERBS.get(command)
    match words:
        case [partition_id, *times] if verb is not None:
            # One without its times, of an older version, is answered that it is too old.
            issued, alarm_at = times if len(times) == _TIMES else ("0", "0")
            if is_time(issued) and is_time(alarm_at):
                asked = Command(verb=verb, words=(partition_id,))
                return Pressed(command=asked, issued=float(issued), alarm_at=float(alarm_at))
    return None


def is_time(word: str) -> bool:
    """Whether a word is a time in whole unix seconds."""
    return word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS
