"""The detector that needs no download: OpenCV's own, which knows people by the shape of their outline."""

from __future__ import annotations

from collections.abc import Iterator
import math
from typing import Final, override

import cv2
import numpy as np

from ..images import Picture, Pixels
from ..model import PERSON, Box, Category, Thing
from .detector import Detector, DetectorError, UnfitError

_WIDTH: Final = 640
# A tall and narrow picture is not blown up without end.
_HIGHEST: Final = 1_280
_WINDOW: Final = (64, 128)
_STRIDE: Final = (8, 8)
_SCALE: Final = 1.05
# People at the edge of the picture have no surroundings there, which the detector looks at too.
_PADDING: Final = (16, 16)
_OVERLAP: Final = 0.4
# Fences and bushes reach as far beyond the border.
_LEAST: Final = 0.3
# The window that is found has a margin around the person, in parts of its own size.
_LEFT_RIGHT, _ABOVE, _BELOW = 0.2, 0.04, 0.1


class Hog(Detector):
    """People of at least 100 pixels' height when the picture is 640 pixels wide.

    The detector's own measure is how far beyond the border between people and others something is: 0 to about 5.
    Of that, ``1 - exp(-measure)`` is told as confidence: 0.5 is 39 %, 0.7 is 50 %, 1 is 63 %, 2 is 86 %, 3 is 95 %.
    What is less than 0.3 (26 %) is not told.
    """

    name = "hog"

    def __init__(self) -> None:
        """Load what comes with OpenCV."""
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))

    @override
    def find(self, picture: Picture) -> tuple[Thing, ...]:
        pixels = _scaled(picture)
        if pixels.shape[1] < _WINDOW[0] or pixels.shape[0] < _WINDOW[1]:
            raise UnfitError(
                f"It finds nobody in a picture of {picture.width}x{picture.height} pixels, wider than 5:1 or higher"
                " than 20:1: choose another format, or another detector"
            )
        try:
            return tuple(self._people(pixels))
        except cv2.error as error:
            raise DetectorError(f"The detector of people failed: {error.err}") from error

    def _people(self, pixels: Pixels) -> Iterator[Thing]:
        height, width = pixels.shape[:2]
        found, measures = self._hog.detectMultiScale(pixels, winStride=_STRIDE, padding=_PADDING, scale=_SCALE)
        weights = [float(measure) for measure in np.ravel(measures)]
        windows = [tuple(map(int, window)) for window in found]
        for index in np.ravel(cv2.dnn.NMSBoxes(windows, weights, _LEAST, _OVERLAP)):
            box = _person_in(windows[int(index)], width, height)
            confidence = 100.0 * (1.0 - math.exp(-weights[int(index)]))
            if box is not None:
                yield Thing(label=PERSON, category=Category.PERSON, confidence=confidence, box=box)


def _scaled(picture: Picture) -> Pixels:
    scale = min(_WIDTH / picture.width, _HIGHEST / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(picture.pixels, size, interpolation=how).astype(np.uint8, copy=False)


def _person_in(window: tuple[int, ...], width: int, height: int) -> Box | None:
    x, y, w, h = window
    left, right = max(0.0, x + w * _LEFT_RIGHT), min(float(width), x + w * (1 - _LEFT_RIGHT))
    top, bottom = max(0.0, y + h * _ABOVE), min(float(height), y + h * (1 - _BELOW))
    if left >= right or top >= bottom:
        return None
    return Box(left=left / width, top=top / height, width=(right - left) / width, height=(bottom - top) / height)
