"""What a pressed button under a message in a chat asks for: ``/silence home 1790000000 1789999990``.

That is what ``telling_messages.py`` puts on them: what to do, with which partition, when the message was made, and
since when there is the alarm that it is about. Telegram has room for 64 bytes: a partition with a long id goes by a
digest of it, which says as much after a restart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import hashlib
from typing import Final

from .commands import Verb

# So long, in seconds, a button works, in a chat as on a phone; and so far clocks may be apart.
BUTTON_LIFE: Final = 900.0
MAX_AHEAD: Final = 60.0
# Bytes that Telegram has for a button.
LIMIT: Final = 64
# What no partition's id begins with.
_DIGEST: Final = "#"
_DIGEST_SIZE: Final = 8
_MOST_DIGITS: Final = 12
_TIMES: Final = 2

_VERBS: Final = {f"/{verb.value}": verb for verb in (Verb.SILENCE, Verb.ACKNOWLEDGE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A pressed button. ``issued`` and ``alarm_at`` (when the alarm began) are in unix seconds.

    ``partition`` is a partition's id, or the digest of one.
    """

    verb: Verb
    partition: str
    issued: float
    alarm_at: float

    def too_late(self, now: float) -> bool:
        """Whether its message is too old at unix seconds ``now``, or of no time that has been."""
        return not -MAX_AHEAD <= now - self.issued <= BUTTON_LIFE

    def partition_id(self, known: Iterable[str]) -> str | None:
        """Return which of the partitions that there are is meant; ``None`` for one that is gone."""
        return next((each for each in known if self.partition in (each, _digest(each))), None)


def button_data(verb: str, partition_id: str, issued: float, alarm_at: float) -> str:
    """Return what is put on a button, so that it fits; times are in unix seconds."""
    times = f"{int(issued)} {int(alarm_at)}"
    data = f"/{verb} {partition_id} {times}"
    return data if len(data.encode()) <= LIMIT else f"/{verb} {_digest(partition_id)} {times}"


def read_button(command: str, words: Sequence[str]) -> Pressed | None:
    """Return what a button asks for; ``None`` for one that is not ours. No button carries a code."""
    verb = _VERBS.get(command)
    match words:
        case [partition, *times] if verb is not None:
            # One without its times, of an older version, is answered that it is too old.
            issued, alarm_at = times if len(times) == _TIMES else ("0", "0")
            if is_time(issued) and is_time(alarm_at):
                return Pressed(verb=verb, partition=partition, issued=float(issued), alarm_at=float(alarm_at))
    return None


def is_time(word: str) -> bool:
    """Whether a word is a time in whole unix seconds."""
    return word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS


def _digest(partition_id: str) -> str:
    return _DIGEST + hashlib.blake2b(partition_id.encode(), digest_size=_DIGEST_SIZE).hexdigest()
