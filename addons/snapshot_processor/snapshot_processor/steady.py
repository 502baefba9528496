"""Whether the clock of the house can be believed: one that was set anew may be wrong."""

from __future__ import annotations

from collections.abc import Callable
import logging
import time
from typing import Final

LOG: Final = logging.getLogger(__name__)
# For how long it must have run evenly, in seconds.
STEADY_FOR: Final = 3_600.0
# By how much it may differ from the time that has passed between two looks, in seconds.
_JUMP: Final = 5.0


class SteadyClock:
    """Compares the wall's clock with the time that has passed, from look to look; for one thread."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with doubt: who started the program may have set the clock just before."""
        self._wall = wall
        self._monotonic = monotonic
        self._since = monotonic()
        self._ahead = wall() - self._since

    def steady(self) -> bool:
        """Say whether it has run evenly for an hour, as far as the looks of the last hour tell."""
        now = self._monotonic()
        ahead = self._wall() - now
        if abs(ahead - self._ahead) > _JUMP:
            LOG.warning("The clock was set by %.0f s: nothing is deleted for its age for an hour", ahead - self._ahead)
            self._since = now
        self._ahead = ahead
        return now - self._since >= STEADY_FOR
