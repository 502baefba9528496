"""Telegram's flood control: so many messages in so many seconds, for each chat."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
import math

from .faults import TooManyRequestsError


@dataclass(slots=True, kw_only=True)
class Pace:
    """Takes ``messages`` within any ``seconds`` for a chat; each picture of an album is one.

    Telegram asks for at most one a second in a chat, and refuses a group's 21st within a minute.
    """

    messages: int = 20
    seconds: float = 60
    _taken: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque), repr=False)

    def take(self, chat_id: int, count: int, now: float) -> None:
        """Count messages in. Raises ``TooManyRequestsError``, and counts nothing then."""
        taken = self._taken[chat_id]
        while taken and taken[0] <= now - self.seconds:
            taken.popleft()
        over = len(taken) + min(count, self.messages) - self.messages
        if over > 0:
            raise TooManyRequestsError(max(1, math.ceil(taken[over - 1] + self.seconds - now)))
        taken.extend([now] * count)
