"""Pictures as they come: whole or refused, as pixels, and as the JPEG that goes out."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
import re
from typing import Final, Literal
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

type Pixels = NDArray[np.uint8]
type Kind = Literal["jpeg", "png"]

LONGEST: Final = 1_920
LARGEST: Final = 2_000_000
QUALITY: Final = 85
MOST_PIXELS: Final = 64_000_000
LEAST_SIDE: Final = 16

_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SCAN: Final = 0xDA
_END: Final = 0xD9
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
# Within a scan, 0xFF is followed by 0, by a restart mark or by more 0xFF, unless a segment begins.
_NEXT_SEGMENT: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SEGMENT_HEAD: Final = 4
_CHUNK_HEAD: Final = 8
_CHECKSUM: Final = 4
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A picture that is still too large is made again: first coarser, then smaller.
_COARSER: Final = (QUALITY, 70, 50)
_SMALLER: Final = (1.0, 0.7, 0.5, 0.3, 0.15, 0.05)
_DIFFERENT: Final = 1.0
_ENOUGH: Final = 320


class BrokenImageError(ValueError):
    """The bytes are no picture that can be used. Says why, for people."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A whole picture: ``content`` as it came, and its ``pixels`` (rows of blue, green, red), the right way up."""

    content: bytes
    kind: Kind
    width: int
    height: int
    pixels: Pixels


def read_picture(content: bytes) -> Picture:
    """Return a JPEG or PNG as pixels. Raises ``BrokenImageError`` for all that is not whole, too large or too small."""
    kind = _kind_of(content)
    if not (_ends_jpeg(content) if kind == "jpeg" else _ends_png(content)):
        raise BrokenImageError("The picture is cut off: its end is missing")
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
            _check_size(*image.size)
            turned = _upright(image)
            pixels = cv2.cvtColor(np.asarray(turned.convert("RGB")), cv2.COLOR_RGB2BGR)
    except BrokenImageError:
        raise
    except Exception as error:
        # Fed with what anybody sends, a decoder raises whatever it likes, and it always means this.
        raise BrokenImageError(f"The picture is damaged: {error}") from error
    height, width = pixels.shape[:2]
    return Picture(content=content, kind=kind, width=width, height=height, pixels=_bytes_of(pixels))


def jpeg(pixels: Pixels, quality: int = QUALITY) -> bytes:
    """Return pixels as a JPEG of this quality (0 to 100)."""
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()


def fitted(pixels: Pixels, longest: int) -> Pixels:
    """Return pixels scaled down so that the longer side has at most ``longest``; never enlarged."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return _bytes_of(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def presentable(picture: Picture, longest: int = LONGEST, largest: int = LARGEST) -> bytes:
    """Return the JPEG that is shown: what came, if it is one of these limits (pixels, bytes), else one made to fit."""
    if picture.kind == "jpeg" and len(picture.content) <= largest and max(picture.width, picture.height) <= longest:
        return picture.content
    made = b""
    for smaller in _SMALLER:
        pixels = fitted(picture.pixels, max(LEAST_SIDE, int(longest * smaller)))
        for quality in _COARSER:
            made = jpeg(pixels, quality)
            if len(made) <= largest:
                return made
    return made


def outgoing(content: bytes, longest: int = LONGEST, largest: int = LARGEST) -> bytes:
    """Return ``presentable`` of a picture's bytes; what a disk has damaged since goes out as it is."""
    try:
        if content.startswith(_JPEG) and len(content) <= largest and _longest_side(content) <= longest:
            return content
        return presentable(read_picture(content), longest, largest)
    except BrokenImageError:
        return content


def fingerprint(pixels: Pixels) -> int:
    """Return 64 bits that are the same for pictures that look alike: where it gets brighter from left to right."""
    grey = cv2.cvtColor(fitted(pixels, _ENOUGH), cv2.COLOR_BGR2GRAY).astype(np.float32)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA)
    # In an even sky only noise would decide.
    brighter = small[:, 1:] - small[:, :-1] > _DIFFERENT
    return int.from_bytes(np.packbits(brighter).tobytes())


def distance(one: int, other: int) -> int:
    """Return in how many of 64 bits two fingerprints differ."""
    return (one ^ other).bit_count()


def _kind_of(content: bytes) -> Kind:
    if content.startswith(_JPEG):
        return "jpeg"
    if content.startswith(_PNG):
        return "png"
    if not content:
        raise BrokenImageError("The picture is empty")
    raise BrokenImageError("This is no JPEG or PNG picture")


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise BrokenImageError(
            f"The picture has {width}x{height} pixels, more than {MOST_PIXELS // 1_000_000} million: choose less"
        )
    if min(width, height) < LEAST_SIDE:
        raise BrokenImageError(
            f"The picture has {width}x{height} pixels: at least {LEAST_SIDE}x{LEAST_SIDE} are needed"
        )


def _longest_side(content: bytes) -> int:
    try:
        with Image.open(BytesIO(content), formats=("JPEG",)) as image:
            return max(image.size)
    except Exception as error:
        # As in read_picture.
        raise BrokenImageError(f"The picture is damaged: {error}") from error


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a picture is worth more than the notes in it, however they are damaged
        turn = None
    return image if turn is None else image.transpose(turn)


def _ends_jpeg(content: bytes) -> bool:
    """Say whether the mark of the end comes where one segment after the other leads to; what follows is no matter."""
    at = 2
    while (head := content[at : at + _SEGMENT_HEAD])[:1] == b"\xff" and len(head) > 1:
        mark = head[1]
        if mark == _END:
            return True
        if mark == 0xFF:  # noqa: PLR2004 - a filler
            at += 1
        elif mark in _ALONE:
            at += 2
        elif len(head) < _SEGMENT_HEAD:
            return False
        else:
            at += 2 + int.from_bytes(head[2:])
            if mark == _SCAN:
                found = _NEXT_SEGMENT.search(content, at)
                at = found.start() if found else len(content)
    return False


def _ends_png(content: bytes) -> bool:
    """Say whether one chunk after the other leads to the end, each with the checksum it says."""
    at = len(_PNG)
    view = memoryview(content)
    while len(content) >= at + _CHUNK_HEAD + _CHECKSUM:
        end = at + _CHUNK_HEAD + int.from_bytes(view[at : at + 4])
        if int.from_bytes(view[end : end + _CHECKSUM]) != zlib.crc32(view[at + 4 : end]):
            return False
        if content.startswith(b"IEND", at + 4):
            return True
        at = end + _CHECKSUM
    return False


def _bytes_of(pixels: NDArray[np.generic]) -> Pixels:
    """Return what OpenCV made of bytes; its annotations say no more than that it is an array."""
    return pixels.astype(np.uint8, copy=False)
