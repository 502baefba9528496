"""How often one message is tried, in which form, and when it is given up: nothing may block all others for ever."""

from __future__ import annotations

from collections.abc import Mapping
import time
from typing import Any, Final

from .links import Backoff
from .sender import Answer

# How often a message that every broker refuses is tried as it is.
ATTEMPTS: Final = 5
# How often the link may go down over the same message, and come up again, before it is tried with less in it.
FALLS: Final = 3
# The same for one with no picture left: a line that breaks now and then must not cost an alarm.
LAST_FALLS: Final = 10
# What is left out, in this order.
_HEAVY: Final = ("image_annotated", "image")
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0


class Attempts:
    """The attempts at the message whose turn it is; another ``number`` is another message."""

    def __init__(self, pauses: Backoff | None = None) -> None:
        """Wait ``pauses`` between attempts at the same message: a fifth of a second at first, five at most."""
        self._pauses = pauses or Backoff(first=_FIRST_PAUSE, most=_LONGEST_PAUSE)
        self._number: int | None = None
        self._left_out: tuple[str, ...] = ()
        self._refusals = self._falls = 0
        self._due = 0.0

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the message goes without by now."""
        return self._left_out

    def wait_for(self, number: int) -> float:
        """Return the seconds until this message may be tried (again)."""
        if number != self._number:
            self._begin(number)
        return max(self._due - time.monotonic(), 0.0)

    def form(self, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the message as it is to be tried."""
        return _without(content, self._left_out)

    def failed(self, answer: Answer, content: Mapping[str, Any]) -> bool:
        """Note what came of an attempt, and say whether the message is to be given up."""
        self._due = time.monotonic() + self._pauses.pause()
        self._refusals = self._refusals + 1 if answer is Answer.REFUSED else 0
        self._falls += answer is Answer.FELL
        heavy = next((name for name in _HEAVY if name not in self._left_out and _has(content, name)), None)
        if self._refusals < ATTEMPTS and self._falls < (LAST_FALLS if heavy is None else FALLS):
            return False
        if heavy is None:
            return True
        self._left_out = (*self._left_out, heavy)
        self._refusals = self._falls = 0
        return False

    def _begin(self, number: int) -> None:
        self._number = number
        self._left_out = ()
        self._refusals = self._falls = 0
        self._due = 0.0
        self._pauses.succeeded()


def _has(content: Mapping[str, Any], name: str) -> bool:
    return any(isinstance(device.get(name), bytes) for device in content.get("inputs", ()))


def _without(content: Mapping[str, Any], names: tuple[str, ...]) -> Mapping[str, Any]:
    if not names:
        return content
    inputs = [{key: value for key, value in device.items() if key not in names} for device in content["inputs"]]
    return {**content, "inputs": inputs}
