"""Counts what was refused and says so once a source and minute."""

from collections import Counter
from typing import Final

from .const import LOGGER

INTERVAL: Final = 60.0
SOURCES_LIMIT: Final = 1_000


class Refusals:
    """Refused messages by reason, for the log and the counters."""

    def __init__(self) -> None:
        """Start with none."""
        self.by_reason: Counter[str] = Counter()
        self._logged: dict[str, float] = {}
        self._unlogged: Counter[str] = Counter()

    def note(self, origin: str, reason: str, detail: str, now: float) -> None:
        """Count one refusal; ``origin`` is a topic or routing key, ``now`` unix seconds."""
        self.by_reason[reason] += 1
        origin = origin[:255]
        if now - self._logged.get(origin, -INTERVAL) < INTERVAL:
            self._unlogged[origin] += 1
            return
        if len(self._logged) >= SOURCES_LIMIT:
            # Whoever sends under ever new names must not fill the memory.
            self._logged.clear()
            self._unlogged.clear()
        self._logged[origin] = now
        more = self._unlogged.pop(origin, 0)
        LOGGER.warning(
            "Refused a message from %r (%s): %s%s",
            origin,
            reason,
            detail[:255],
            f"; {more} more in the minute before" if more else "",
        )
