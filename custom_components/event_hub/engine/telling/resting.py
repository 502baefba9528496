"""For how long a channel rests: after a message, after a refusal, after a failure (behaviour.md, 5).

What is critical does not wait for the channel's interval, but for a second: lest many at once run into the messenger's
own limit. It waits for what the messenger asked for, and after a failure, as everything does.
"""

from dataclasses import dataclass
import math
from typing import Final

from .model import Channel
from .state import ChannelStatus

CRITICAL_INTERVAL: Final = 1.0
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 60.0
# A channel may wish for no longer rest than this.
LONGEST_WISH: Final = 3600.0
_SHORTEST_PAUSE: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """For how many seconds a channel rests: for whatever there is, and for what is critical."""

    pause: float
    critical_pause: float

    def at_most(self, other: Rest) -> Rest:
        """Return the shorter of two rests."""
        return Rest(pause=min(self.pause, other.pause), critical_pause=min(self.critical_pause, other.critical_pause))


def after_message(channel: Channel | None) -> Rest:
    """Return the rest after a message was sent."""
    interval = 0.0 if channel is None else channel.min_interval
    return Rest(pause=interval, critical_pause=min(interval, CRITICAL_INTERVAL))


def after_refusal(channel: Channel | None, since_sent: float) -> Rest:
    """Return the rest after a message was refused, so many seconds after it was sent."""
    usual = after_message(channel)
    return Rest(pause=usual.pause, critical_pause=max(0.0, usual.critical_pause - since_sent))


def after_failure(channel: Channel | None, failures: int, retry_after: float | None) -> Rest:
    """Return the rest after so many failures in a row; ``retry_after`` (seconds) is what the messenger asked for."""
    # The exponent stays small: after a year of failures 2 to their number is no float.
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10))
    if retry_after is not None and math.isfinite(retry_after):
        pause = min(max(retry_after, 0.0), LONGEST_WISH)
    pause = max(pause, _SHORTEST_PAUSE)
    return Rest(pause=max(pause, after_message(channel).pause), critical_pause=pause)


def rest_of(status: ChannelStatus) -> Rest:
    """Return how long a channel rests as it is."""
    critical = status.pause if status.critical_pause is None else status.critical_pause
    return Rest(pause=status.pause, critical_pause=critical)
