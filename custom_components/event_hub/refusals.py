"""Counts what was refused and says so once a source and minute."""

from collections import Counter
from typing import Final

from .const import LOGGER
from .engine.deadlines import apart
from .wire.mqtt import sender_of

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
        sender = sender_of(origin)[:255]
        if apart(now, self._logged.get(sender, -INTERVAL)) < INTERVAL:
            self._unlogged[sender] += 1
            return
        if len(self._logged) >= SOURCES_LIMIT:
            # Whoever sends under ever new names must not fill the memory.
            self._logged.clear()
            self._unlogged.clear()
        self._logged[sender] = now
        more = self._unlogged.pop(sender, 0)
        LOGGER.warning(
            "Refused a message from %r (%s): %s%s",
            origin[:255],
            reason,
            detail[:255],
            f"; {more} more in the minute before" if more else "",
        )
