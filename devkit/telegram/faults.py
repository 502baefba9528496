"""What can go wrong with Telegram, and what it says then."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus


class RefusedError(Exception):
    """A request that is answered with an error: HTTP status, description and, where it helps, seconds to wait."""

    def __init__(self, status: HTTPStatus, description: str, *, retry_after: int | None = None) -> None:
        """Keep all three."""
        super().__init__(description)
        self.status = status
        self.retry_after = retry_after


class BadRequestError(RefusedError):
    """A request that can never succeed as it is."""

    def __init__(self, description: str) -> None:
        """Word it as Telegram does."""
        super().__init__(HTTPStatus.BAD_REQUEST, f"Bad Request: {description}")


class TooManyRequestsError(RefusedError):
    """A request that came too soon; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        """Word it as Telegram does."""
        description = f"Too Many Requests: retry after {retry_after}"
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, description, retry_after=retry_after)


class Down(StrEnum):
    """How nothing can be reached."""

    REFUSED = "refused"
    """Nobody listens: a connection is refused at once."""
    CUT = "cut"
    """Connections are taken and reset before any answer."""
    SILENT = "silent"
    """Connections are taken and nothing is ever answered, as behind a dead line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """Refuses with 429."""

    retry_after: int
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Answers a 5xx; a gateway's (502, 504) is a page in HTML, as the real one's."""

    status: HTTPStatus = HTTPStatus.BAD_GATEWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Refuses with 403, once; `FakeTelegram.block` does it for a user until they let the bot write again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Refuses with 400."""

    description: str = "message can't be sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """Answers nothing until the client gives up or the server ends. ``taken``: what was asked is done all the same."""

    taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Resets the connection instead of an answer. ``taken``: what was asked is done all the same."""

    taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Answers well, but late. ``taken``: what was asked is done at once, and only the answer is late."""

    seconds: float
    taken: bool = False


type Fault = Flood | Broken | Blocked | Bad | Hang | Cut | Slow


def refusal_of(fault: Fault) -> RefusedError | None:
    """Return what a fault answers, if it answers in Telegram's own words."""
    match fault:
        case Flood():
            return TooManyRequestsError(fault.retry_after)
        case Blocked():
            return RefusedError(HTTPStatus.FORBIDDEN, "Forbidden: bot was blocked by the user")
        case Bad():
            return BadRequestError(fault.description)
        case Broken():
            return RefusedError(fault.status, fault.status.phrase)
        case _:
            return None
