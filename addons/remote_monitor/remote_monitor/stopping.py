"""How a loop learns that it is to end."""

from __future__ import annotations

from typing import Protocol


class StopFlag(Protocol):
    """A flag like ``threading.Event``, which other flags resemble."""

    def is_set(self) -> bool:
        """Tell whether the loop is to end."""

    def wait(self, timeout: float, /) -> bool:
        """Wait so many seconds, or until the loop is to end; tell whether it is."""
