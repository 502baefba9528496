"""Keeps what is denied at the alarm's door from filling the logs: a few a minute are told, the rest is counted."""

from collections import Counter, defaultdict, deque
from typing import Final

# Of each partition and reason, in so many seconds.
MOST: Final = 5
PERIOD: Final = 60.0

type _Kind = tuple[str, str]


class Denials:
    """What was told lately, and how much was not."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._told: defaultdict[_Kind, deque[float]] = defaultdict(lambda: deque(maxlen=MOST))
        self._untold: Counter[_Kind] = Counter()

    def note(self, partition_id: str, reason: str, now: float) -> int | None:
        """Note a denial at ``now`` (unix seconds); ``None``: it is not to be told.

        Else it is, and so many before it were not.
        """
        kind = (partition_id, reason)
        told = self._told[kind]
        # A clock that was set back must not silence it for long.
        if len(told) == MOST and 0 <= now - told[0] < PERIOD:
            self._untold[kind] += 1
            return None
        told.append(now)
        return self._untold.pop(kind, 0)
