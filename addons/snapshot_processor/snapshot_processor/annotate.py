"""The picture with what was found drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Final

import cv2
from PIL import Image, ImageDraw, ImageFont

from .images import LONGEST, QUALITY, Picture, fitted
from .model import Box, Category, Detection, Thing

type _Colour = tuple[int, int, int]
type _Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
type _Frame = tuple[float, float, float, float]

_COLOURS: Final[dict[Category, _Colour]] = {
    Category.PERSON: (230, 32, 44),
    Category.VEHICLE: (26, 94, 220),
    Category.ANIMAL: (245, 166, 35),
    Category.OTHER: (116, 122, 130),
}
_WHITE: Final = (255, 255, 255)
_BLACK: Final = (0, 0, 0)
_BRIGHT: Final = 150
_LINES: Final = 250
_LETTERS: Final = 32
_SMALLEST: Final = 11
_LONGEST_LABEL: Final = 40
# What has no place in the picture is listed, but the picture shall be seen.
_LISTED: Final = 8


def annotate(picture: Picture, detection: Detection, longest: int = LONGEST) -> bytes:
    """Return a JPEG, at most ``longest`` pixels a side, with a box and ``person 87 %`` for each thing found."""
    pixels = fitted(picture.pixels, longest)
    image = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    pen = _Pen(image)
    placed = [(thing, thing.box) for thing in detection.things if thing.box is not None]
    # Labels last, so that no line goes through one.
    for thing, box in placed:
        pen.frame(box, _COLOURS[thing.category])
    for thing, box in placed:
        pen.label(thing, box)
    pen.listing([thing for thing in detection.things if thing.box is None][:_LISTED])
    out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


class _Pen:
    """Draws with lines and letters that suit the picture's size."""

    def __init__(self, image: Image.Image) -> None:
        self._draw = ImageDraw.Draw(image)
        self._size = image.size
        self._line = max(1, round(max(image.size) / _LINES))
        self._font: _Font = ImageFont.load_default(max(_SMALLEST, max(image.size) / _LETTERS / 1.4))

    def frame(self, box: Box, colour: _Colour) -> None:
        """Draw a box, with a thin dark and a thin bright line beside it: one of them is seen on any ground."""
        left, top, right, bottom = self._corners(box)
        for grown, shade in ((1, _BLACK), (-self._line, _WHITE)):
            outer = (left - grown, top - grown, right + grown, bottom + grown)
            if outer[0] <= outer[2] and outer[1] <= outer[3]:
                self._draw.rectangle(outer, outline=shade)
        self._draw.rectangle((left, top, right, bottom), outline=colour, width=self._line)

    def label(self, thing: Thing, box: Box) -> None:
        """Write above a box, or within it where it reaches the upper edge."""
        left, top, _, _ = self._corners(box)
        _, height = self._extent(_text(thing))
        self._write(thing, left, top - height if top >= height else top)

    def listing(self, things: Sequence[Thing]) -> None:
        """Write one below the other into the lower left corner."""
        bottom = float(self._size[1])
        for thing in reversed(things):
            bottom -= self._extent(_text(thing))[1]
            self._write(thing, 0.0, bottom)

    def _write(self, thing: Thing, x: float, y: float) -> None:
        text, colour = _text(thing), _COLOURS[thing.category]
        width, height = self._extent(text)
        x = max(0.0, min(x, self._size[0] - width))
        self._draw.rectangle((x, y, x + width, y + height - 1), fill=colour)
        ink = _BLACK if _brightness(colour) > _BRIGHT else _WHITE
        self._draw.text((x + width / 2, y + height / 2), text, font=self._font, fill=ink, anchor="mm")

    def _extent(self, text: str) -> tuple[float, float]:
        # The same height for all, whether their letters reach up or down or not.
        _, top, _, bottom = self._font.getbbox("Åg")
        margin = (bottom - top) * 0.3
        return self._font.getlength(text) + 2 * margin, bottom - top + margin

    def _corners(self, box: Box) -> _Frame:
        width, height = self._size
        left, top = round(box.left * (width - 1)), round(box.top * (height - 1))
        right, bottom = round((box.left + box.width) * (width - 1)), round((box.top + box.height) * (height - 1))
        return left, top, max(left, right), max(top, bottom)


def _text(thing: Thing) -> str:
    # A label of a user's file may have any sign in it, and only one line is drawn.
    name = " ".join(thing.label.split())[:_LONGEST_LABEL]
    return f"{name} {thing.confidence:.0f} %"


def _brightness(colour: _Colour) -> float:
    red, green, blue = colour
    return 0.3 * red + 0.59 * green + 0.11 * blue
