"""Pictures, detectors and stores for the tests of looking."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import override

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from devkit.devices.scene import SIZE, draw_scene
from snapshot_processor.detect.detector import Detector, DetectorError
from snapshot_processor.gate import Gatekeeper
from snapshot_processor.images import Picture, jpeg, read_picture
from snapshot_processor.model import Box, Category, Gate, Look, Thing
from snapshot_processor.regions import parse_polygons

NOON = datetime(2026, 6, 21, 12).timestamp()  # noqa: DTZ001 - the house's own time, as everywhere in the app
NIGHT = datetime(2026, 6, 21, 1).timestamp()  # noqa: DTZ001 - as above
GREY = 128
LARGE = (4_000, 3_000)
CAPTION = parse_polygons("0,0 100,0 100,7.3 0,7.3")
LOOK = Look(detectors=("hog",), masks=CAPTION, cool_down=5.0)


def plain(width: int = 320, height: int = 240, shade: int = GREY) -> NDArray[np.uint8]:
    """Return pixels of one shade."""
    return np.full((height, width, 3), shade, np.uint8)


def noise(width: int, height: int, seed: int = 1) -> NDArray[np.uint8]:
    """Return pixels that no JPEG makes small."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def picture_of(pixels: NDArray[np.uint8]) -> Picture:
    """Return pixels as a camera would send them."""
    return read_picture(jpeg(pixels, 90))


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels as a PNG."""
    out = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[..., ::-1])).save(out, "PNG", compress_level=1)
    return out.getvalue()


@cache
def scene(location: str, at: float, people: int = 0, size: tuple[int, int] = SIZE) -> Picture:
    """Return what a simulated camera sends."""
    return read_picture(draw_scene(location, at, people, size=size))


def person(confidence: float = 90.0, box: Box | None = None) -> Thing:
    """Return a person in the middle, or in ``box``."""
    where = box or Box(left=0.4, top=0.3, width=0.2, height=0.5)
    return Thing(label="person", category=Category.PERSON, confidence=confidence, box=where)


def thing(label: str, category: Category, confidence: float = 90.0, box: Box | None = None) -> Thing:
    """Return a thing, without a place unless one is given."""
    return Thing(label=label, category=category, confidence=confidence, box=box)


class Scripted(Detector):
    """Finds what it is told to, or fails; counts how often it is asked."""

    name = "scripted"

    def __init__(self, *things: Thing, paid: bool = False) -> None:
        """Find these."""
        self.things = things
        self.paid = paid
        self.failure: Exception | None = None
        self.asked = 0

    def fail(self, reason: str = "The cloud is away") -> None:
        """Fail from now on."""
        self.failure = DetectorError(reason)

    def work(self) -> None:
        """Answer from now on."""
        self.failure = None

    @override
    def find(self, picture: Picture) -> tuple[Thing, ...]:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return self.things


class Camera:
    """A camera at a gate, a minute between its pictures unless told otherwise."""

    def __init__(self, look: Look = LOOK) -> None:
        """Look at pictures in this way, without the caption."""
        self.look = look
        self.gatekeeper = Gatekeeper()
        self.now = 1_000.0

    def send(self, picture: Picture, seconds: float = 60.0, *, answer: bool = True, found: bool = True) -> Gate | None:
        """Send a picture; where the gate is open a detector looks at it, and answers or not."""
        self.now += seconds
        gate = self.gatekeeper.check("Porch", self.look, picture, self.now)
        if gate is None and answer:
            self.gatekeeper.looked("Porch", self.now, found=found)
        return gate


class MemoryStore:
    """Counts of calls that outlive a ``Budget``. ``before_save`` and ``after_save`` may raise."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.counts: dict[str, dict[str, int]] = {}
        self.before_save: Callable[[], None] = lambda: None
        self.after_save: Callable[[], None] = lambda: None

    def load(self, provider: str) -> Mapping[str, int]:
        """Return the calls of each day."""
        return self.counts.get(provider, {})

    def save(self, provider: str, day: str, calls: int) -> None:
        """Keep the calls of a day."""
        self.before_save()
        self.counts.setdefault(provider, {})[day] = calls
        self.after_save()
