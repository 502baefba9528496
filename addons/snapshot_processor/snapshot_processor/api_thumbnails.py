"""Small copies of pictures, and a memory of those that were made last."""

from __future__ import annotations

from collections import OrderedDict
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from .images import MOST_PIXELS

LONGEST_SIDE: Final = 320
_QUALITY: Final = 80


class DamagedError(Exception):
    """A file holds no picture, or one too large to be made small."""


def make_thumbnail(path: Path) -> bytes:
    """Return a JPEG of at most 320 pixels a side. Raises ``FileNotFoundError`` or ``DamagedError``."""
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DamagedError("It has too many pixels")
            # Decodes a JPEG at a fraction of its size, which takes a fraction of the time. Neither side may be shorter
            # than asked for, so what is asked for has the picture's own shape.
            scale = LONGEST_SIDE * 2 / max(image.size)
            image.draft("RGB", (ceil(image.width * scale), ceil(image.height * scale)))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            out = BytesIO()
            upright.save(out, "JPEG", quality=_QUALITY)
            return out.getvalue()
    except FileNotFoundError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DamagedError(str(error)) from error


class Memory:
    """What was asked for last, by its name, as long as all of it takes at most ``most`` bytes."""

    def __init__(self, most: int) -> None:
        """Begin empty."""
        self._most = most
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self.size = 0

    def get(self, name: str) -> bytes | None:
        """Return it, if it is still kept."""
        content = self._kept.get(name)
        if content is not None:
            self._kept.move_to_end(name)
        return content

    def put(self, name: str, content: bytes) -> None:
        """Keep it, and forget what was not asked for the longest time."""
        self.size += len(content) - len(self._kept.pop(name, b""))
        self._kept[name] = content
        while self.size > self._most:
            _, forgotten = self._kept.popitem(last=False)
            self.size -= len(forgotten)
