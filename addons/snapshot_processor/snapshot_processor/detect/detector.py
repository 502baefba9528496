"""What every detector is."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..images import Picture
from ..model import Thing


class DetectorError(Exception):
    """A detector cannot answer. Says why and what to do, for people, without secrets."""


class UnfitError(DetectorError):
    """A detector cannot look at this very picture, and can at others. Says why and what to do, as above."""


class Detector(ABC):
    """Finds things in pictures. Belongs to one thread."""

    name: str
    """What options call it."""
    paid: bool = False
    """Whether each call costs money."""

    @abstractmethod
    def find(self, picture: Picture) -> tuple[Thing, ...]:
        """Return what is in the picture, within seconds. Raises ``DetectorError`` and nothing else."""
