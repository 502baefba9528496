"""What the app's parts tell each other: what was found in a picture, and what a camera wants done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

PERSON: Final = "person"


class Category(StrEnum):
    """What automations tell apart."""

    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    OTHER = "other"


class Status(StrEnum):
    """What became of looking for things in a picture."""

    DONE = "done"
    """A detector has looked; there may be nothing in it."""
    GATED = "gated"
    """No detector was asked, for the reason that is given."""
    FAILED = "failed"
    """No detector could answer; the reason says why, for people."""
    OFF = "off"
    """This camera has no detector."""


class Gate(StrEnum):
    """Why no detector was asked."""

    SENT_AGAIN = "sent_again"
    """The very same bytes came from the camera before, some minutes ago at most."""
    DUPLICATE = "duplicate"
    """The picture looks like the one before."""
    MOTION = "motion"
    """Nothing moved since the one before."""
    COOL_DOWN = "cool_down"
    """Something was found in the camera's pictures a moment ago."""
    BUDGET = "budget"
    """The paid calls of the day or month are used up, and there is no other detector."""
    BUSY = "busy"
    """More pictures came than the detectors can look at; this one had waited long enough."""


class Origin(StrEnum):
    """How a picture came; the word that its file's name begins with."""

    UPLOAD = "upload"
    FETCH = "fetch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of a picture, in fractions (0 to 1) of its width and height from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


# Corners in fractions (0 to 1) of a picture's width and height.
type Polygon = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a camera's pictures are looked at.

    ``detectors`` are asked in this order until one answers (none: off); with ``confirm`` those after the first are
    asked only to confirm what the first found. ``least`` gives the least confidence (percent) of single labels or
    categories; when it names any, others do not count at all; ``confidence`` is that of all where it names none. A
    thing counts when the middle of its lower edge is in one of ``zones`` (none: anywhere) and it covers at least
    ``least_area`` (fraction of the picture). ``masks`` are not compared; at least ``motion`` (fraction of what is
    compared) must have changed, or less in one place; 0 looks at every picture. ``cool_down`` in seconds.
    """

    detectors: tuple[str, ...] = ()
    confirm: bool = False
    confidence: float = 50.0
    least: Mapping[str, float] = field(default_factory=dict)
    zones: tuple[Polygon, ...] = ()
    least_area: float = 0.0
    masks: tuple[Polygon, ...] = ()
    motion: float = 0.005
    cool_down: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """How a part of the app is doing, and if not well, what to do, in a sentence for people without secrets."""

    ok: bool
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that was found: a lower-case label, what kind it is, how sure (percent), and where if that is known."""

    label: str
    category: Category
    confidence: float
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What was found in one picture, or why nothing was looked for."""

    status: Status
    reason: str | None = None
    detector: str | None = None
    things: tuple[Thing, ...] = ()

    @property
    def people(self) -> int:
        """How many of the things are persons."""
        return sum(thing.category is Category.PERSON for thing in self.things)

    def wire(self) -> dict[str, Any]:
        """Return it as a message and the ledger have it."""
        return {
            "status": str(self.status),
            "reason": self.reason,
            "detector": self.detector,
            "people": self.people,
            "objects": [_thing_wire(thing) for thing in self.things],
        }

    @classmethod
    def of_wire(cls, said: Mapping[str, Any]) -> Self:
        """Return what ``wire`` made; from the app's own ledger, so nothing is checked."""
        return cls(
            status=Status(said["status"]),
            reason=said["reason"],
            detector=said["detector"],
            things=tuple(_thing_of(thing) for thing in said["objects"]),
        )


def _thing_wire(thing: Thing) -> dict[str, Any]:
    box = thing.box
    return {
        "label": thing.label,
        "category": str(thing.category),
        "confidence": round(thing.confidence, 1),
        "box": None if box is None else [round(part, 4) for part in (box.left, box.top, box.width, box.height)],
    }


def _thing_of(said: Mapping[str, Any]) -> Thing:
    box = said["box"]
    return Thing(
        label=said["label"],
        category=Category(said["category"]),
        confidence=said["confidence"],
        box=None if box is None else Box(left=box[0], top=box[1], width=box[2], height=box[3]),
    )
