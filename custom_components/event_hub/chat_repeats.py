"""Updates of Telegram that come again: one that it did not know was taken, or of a message of which nothing changed.

A message that was edited into other words is a command of its own.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Final

# So many messages are remembered; what comes again, comes soon.
MOST_KEPT: Final = 200


class Repeats:
    """Knows which messages were obeyed, by the place and number of each; not their words, which may be a code."""

    def __init__(self) -> None:
        """Know of none."""
        self._words: OrderedDict[Hashable, int] = OrderedDict()

    def note(self, message: Hashable, words: Sequence[str]) -> bool:
        """Note a message; says whether it was noted with these words before."""
        now, before = hash(tuple(words)), self._words.pop(message, None)
        self._words[message] = now
        if len(self._words) > MOST_KEPT:
            self._words.popitem(last=False)
        return before == now
