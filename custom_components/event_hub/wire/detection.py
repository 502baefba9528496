"""What an app found in a camera's picture, as values."""

from dataclasses import dataclass
from enum import StrEnum


class DetectionStatus(StrEnum):
    """What became of looking for things in a picture; only one that is ``DONE`` says what there is."""

    DONE = "done"
    GATED = "gated"
    FAILED = "failed"
    OFF = "off"


class Category(StrEnum):
    """What automations tell apart."""

    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of a picture, in fractions (0 to 1) of its width and height, from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that was found. ``confidence`` in percent; ``None`` where it, or the ``box``, is not known."""

    label: str
    category: Category
    confidence: float | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What was found in one picture, or for what ``reason`` nobody looked. ``people`` are counted by the app."""

    status: DetectionStatus
    reason: str | None = None
    detector: str | None = None
    people: int = 0
    things: tuple[Thing, ...] = ()
