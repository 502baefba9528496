"""Updates of Telegram that come again: one that it did not know was taken, or of a message of which nothing changed.

A message that was edited into other words is a command of its own.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Final

from .chat_answers import Place

# So many messages are remembered; what comes again, comes soon.
MOST_KEPT: Final = 200
# Below are supergroups, in which all bots know a message by one number. In other groups each has numbers of its own.
_SUPERGROUPS: Final = -1_000_000_000_000


class Repeats:
    """Knows which messages were obeyed, by the place and number of each; not their words, which may be a code."""

    def __init__(self) -> None:
        """Know of none."""
        self._words: OrderedDict[Hashable, int] = OrderedDict()
        self._heard_by: OrderedDict[Hashable, str | None] = OrderedDict()

    def is_repeat(self, place: Place, number: int | None, origin: Hashable, words: Sequence[str]) -> bool:
        """Note a message; says whether it was noted with these words before, be it from another bot in the same group.

        ``origin`` is when it was sent, and by whom.
        """
        if number is None:
            return False
        if place.chat_id >= 0:
            return self.note((place, number), words)
        is_known = self.note((place.chat_id, number), words)
        if place.chat_id > _SUPERGROUPS:
            return self._is_of_other_bot(place, origin, words) or is_known
        return is_known

    def _is_of_other_bot(self, place: Place, origin: Hashable, words: Sequence[str]) -> bool:
        """Note which bot heard somebody say these words in that second; says whether another one has."""
        first = self._heard_by.setdefault((place.chat_id, origin, hash(tuple(words))), place.bot)
        if len(self._heard_by) > MOST_KEPT:
            self._heard_by.popitem(last=False)
        return first != place.bot

    def note(self, message: Hashable, words: Sequence[str]) -> bool:
        """Note a message; says whether it was noted with these words before."""
        now, before = hash(tuple(words)), self._words.pop(message, None)
        self._words[message] = now
        if len(self._words) > MOST_KEPT:
            self._words.popitem(last=False)
        return before == now
