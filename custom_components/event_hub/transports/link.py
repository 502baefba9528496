"""What every link to a broker has in common: its states, its problems, and when it tries again."""

from dataclasses import dataclass
from enum import StrEnum
import random
from typing import Final


class LinkState(StrEnum):
    """How a link stands.

    ``CONNECTING``: the first attempt since the start is under way.
    ``UP``: messages arrive and leave.
    ``BLOCKED``: the broker takes nothing; commands wait. What waits there still arrives, up to what it
    hands out without an acknowledgement.
    ``DOWN``: no connection; tried again by and by.
    ``STOPPED``: ended by the hub.
    """

    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"
    BLOCKED = "blocked"
    STOPPED = "stopped"


class Problem(StrEnum):
    """Why a link is not up, as a word that forms and repairs translate.

    ``TLS_MISMATCH`` is a certificate made out to another name, or encryption on
    one side only; ``QUEUE_MISMATCH`` a queue that exists with other arguments.
    """

    CANNOT_RESOLVE = "cannot_resolve"
    CANNOT_CONNECT = "cannot_connect"
    TIMEOUT = "timeout"
    INVALID_AUTH = "invalid_auth"
    VHOST_REFUSED = "vhost_refused"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_MISMATCH = "tls_mismatch"
    ACCESS_REFUSED = "access_refused"
    QUEUE_MISMATCH = "queue_mismatch"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """A link's state, with the reason as a ``Problem`` and in the broker's words, where there is one."""

    state: LinkState
    problem: str | None = None
    detail: str | None = None


class LinkError(Exception):
    """A connection that could not be made. ``problem`` is a ``Problem``, ``detail`` is for people."""

    def __init__(self, problem: str, detail: str) -> None:
        """Keep the translatable word apart from the text."""
        super().__init__(detail)
        self.problem = problem
        self.detail = detail


class PublishError(Exception):
    """A message that did not reach its broker or its receiver; the text says why, for people."""


SHORTEST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0


class Backoff:
    """Waits that double from ``SHORTEST_WAIT`` to ``LONGEST_WAIT`` seconds, each shortened by up to a half.

    The jitter keeps a home's hubs from hitting a broker that just started all at once.
    """

    def __init__(self) -> None:
        """Begin with the shortest wait."""
        self._wait = SHORTEST_WAIT

    def reset(self) -> None:
        """Begin again with the shortest wait, because a connection proved good."""
        self._wait = SHORTEST_WAIT

    def next_wait(self) -> float:
        """Return how many seconds to wait before the next attempt."""
        wait = self._wait
        self._wait = min(wait * 2, LONGEST_WAIT)
        return wait * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
