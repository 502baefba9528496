"""Whether a picture is worth a detector's time: not when it shows what was seen a moment ago."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .images import Picture, Pixels, distance, fingerprint, fitted
from .model import Gate, Look, Polygon
from .regions import mask_of

# Cameras beyond these forget the one that has been quiet for longest.
MOST_CAMERAS: Final = 256
_SMALL: Final = 160
_BLUR: Final = 5
# A square of so many of those pixels is large enough for somebody far away, who changes little of the whole picture:
# there, a part that is so many times as large as ``motion`` must have changed. The default is then a tenth of it.
_SQUARE: Final = 16
_CLOSER: Final = 20
# So many of 256 shades of grey are more than a JPEG's noise, and less than a dark coat on a lawn at night.
_SHADES: Final = 12
_ALIKE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Memory:
    """What is known of a camera: its last picture, and the one that a detector has last looked at, both small.

    ``found_at`` is when something was found in that one.
    """

    size: tuple[int, int]
    print: int
    small: Pixels
    looked: Pixels | None = None
    found_at: float | None = None


class Gatekeeper:
    """Remembers what each camera showed last. Belongs to one thread."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._cameras: OrderedDict[str, _Memory] = OrderedDict()

    def check(self, key: str, look: Look, picture: Picture, now: float) -> Gate | None:
        """Remember the camera's picture, and return why no detector need be asked about it, or ``None``.

        A picture is compared with the one before and with the last one that was looked at, so that neither a slow
        approach nor what came during the cool-down is missed. Light that changes everywhere counts as motion.
        """
        before = self._cameras.get(key)
        after = _remember(before, picture)
        self._cameras[key] = after
        self._cameras.move_to_end(key)
        while len(self._cameras) > MOST_CAMERAS:
            self._cameras.popitem(last=False)
        if before is not None and _shows_nothing_new(before, after, look):
            return Gate.DUPLICATE if distance(before.print, after.print) <= _ALIKE else Gate.MOTION
        # A clock that was set back must not close the gate for hours.
        if after.found_at is not None and 0 <= now - after.found_at < look.cool_down:
            return Gate.COOL_DOWN
        return None

    def looked(self, key: str, now: float, *, found: bool) -> None:
        """Note that a detector has looked at the picture that was checked last.

        The cool-down follows only what was ``found``: somebody who comes right after a picture of nobody is looked at.
        """
        memory = self._cameras.get(key)
        if memory is not None:
            self._cameras[key] = replace(memory, looked=memory.small, found_at=now if found else None)


def _remember(before: _Memory | None, picture: Picture) -> _Memory:
    grey = cv2.cvtColor(fitted(picture.pixels, _SMALL), cv2.COLOR_BGR2GRAY)
    small = cv2.GaussianBlur(grey, (_BLUR, _BLUR), 0).astype(np.uint8, copy=False)
    after = _Memory(size=(picture.width, picture.height), print=fingerprint(picture.pixels), small=small)
    if before is None:
        return after
    looked = before.looked if before.size == after.size else None
    return replace(after, looked=looked, found_at=before.found_at)


def _shows_nothing_new(before: _Memory, after: _Memory, look: Look) -> bool:
    if before.size != after.size or after.looked is None:
        return False
    return not any(_moved(one, after.small, look) for one in (before.small, after.looked))


def _moved(one: Pixels, other: Pixels, look: Look) -> bool:
    height, width = other.shape
    compared = _compared(look.masks, width, height)
    changed = (cv2.absdiff(one, other) > _SHADES) & compared
    # Where everything is masked nothing can be told, so a detector should.
    if np.count_nonzero(changed) >= look.motion * np.count_nonzero(compared):
        return True
    share = cv2.boxFilter(changed.astype(np.float32), -1, (_SQUARE, _SQUARE), borderType=cv2.BORDER_CONSTANT)
    return bool(share.max() >= _CLOSER * look.motion)


@lru_cache(maxsize=MOST_CAMERAS)
def _compared(masks: tuple[Polygon, ...], width: int, height: int) -> NDArray[np.bool_]:
    # The blur carries what is masked beyond the edge of the mask.
    reach = np.ones((_BLUR + 2, _BLUR + 2), np.uint8)
    masked = cv2.dilate(mask_of(masks, width, height).astype(np.uint8), reach)
    return np.logical_not(masked.astype(np.bool_))
