"""Parts of a picture that the user drew: zones in which things count, masks in which nothing is compared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .model import Box, Polygon

_LEAST_CORNERS: Final = 3
_PERCENT: Final = 100.0
_CLOSE: Final = 1e-9


def parse_polygons(text: str) -> tuple[Polygon, ...]:
    """Return the polygons in ``"10,20 50,20 50,90; ..."``: corners in percent of width and height.

    Raises ``ValueError`` that says what to write.
    """
    return tuple(_parse_polygon(part) for part in text.split(";") if part.strip())


def contains(polygon: Polygon, x: float, y: float) -> bool:
    """Return whether a point is in a polygon or on its edge."""
    inside = False
    for (x1, y1), (x2, y2) in _edges(polygon):
        if _is_on(x1, y1, x2, y2, (x, y)):
            return True
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def in_zones(zones: Sequence[Polygon], box: Box | None) -> bool:
    """Return whether what is in ``box`` stands in one of the zones: the middle of its lower edge does.

    Without zones everything does; and what has no box is not left out for that.
    """
    if not zones or box is None:
        return True
    x, y = box.left + box.width / 2, box.top + box.height
    # A person cut off by the edge of the picture stands at it, not below.
    return any(contains(zone, min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for zone in zones)


def mask_of(masks: Sequence[Polygon], width: int, height: int) -> NDArray[np.bool_]:
    """Return, for a picture of this size, whether the middle of each pixel is in one of the polygons."""
    found = np.zeros((height, width), np.bool_)
    xs = ((np.arange(width) + 0.5) / width)[np.newaxis, :]
    ys = ((np.arange(height) + 0.5) / height)[:, np.newaxis]
    for polygon in masks:
        inside = np.zeros((height, width), np.bool_)
        for (x1, y1), (x2, y2) in _edges(polygon):
            if y1 != y2:
                inside ^= ((y1 > ys) != (y2 > ys)) & (xs < x1 + (ys - y1) * (x2 - x1) / (y2 - y1))
        found |= inside
    return found


def _edges(polygon: Polygon) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    return list(pairwise((*polygon, polygon[0])))


def _is_on(x1: float, y1: float, x2: float, y2: float, point: tuple[float, float]) -> bool:
    x, y = point
    length = math.hypot(x2 - x1, y2 - y1)
    return abs(math.hypot(x - x1, y - y1) + math.hypot(x - x2, y - y2) - length) <= _CLOSE


def _parse_polygon(text: str) -> Polygon:
    corners = tuple(_parse_corner(word) for word in text.split())
    if len(corners) < _LEAST_CORNERS:
        raise ValueError(
            f"a region needs at least {_LEAST_CORNERS} corners such as 10,20 50,20 50,90: {text.strip()!r}"
        )
    if not _area(corners):
        raise ValueError(f"the corners of a region must not all be in one line: {text.strip()!r}")
    return corners


def _parse_corner(text: str) -> tuple[float, float]:
    words = text.split(",")
    try:
        x, y = (float(word) for word in words)
    except ValueError:
        raise ValueError(f"a corner must be two numbers in percent such as 10,20, is {text!r}") from None
    if not (0 <= x <= _PERCENT and 0 <= y <= _PERCENT):
        raise ValueError(f"a corner must be within 0 to 100 percent, is {text!r}")
    return x / _PERCENT, y / _PERCENT


def _area(corners: Polygon) -> float:
    """Return how far the corners are spread beyond a line; zero if they are on one."""
    x0, y0 = corners[0]
    spans = [(x - x0, y - y0) for x, y in corners[1:]]
    return max(abs(ax * by - ay * bx) for ax, ay in spans for bx, by in spans)
