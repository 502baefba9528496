"""Pictures as they come: whole or refused, as pixels, and as the JPEG that goes out."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from dataclasses import dataclass
import errno
from io import BytesIO
import os
import threading
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .marks import JPEG_HEAD, PNG_HEAD, walk_jpeg, walk_png

type Pixels = NDArray[np.uint8]
type Kind = Literal["jpeg", "png"]

LONGEST: Final = 1_920
LARGEST: Final = 2_000_000
QUALITY: Final = 85
# What a sensor of 24 megapixels gives at most, and as much as a small computer has memory for.
MOST_PIXELS: Final = 25_000_000
LEAST_SIDE: Final = 16
# A progressive JPEG has some ten scans. Each is gone through for all pixels, however few bytes it takes.
MOST_SCANS: Final = 100
MOST_WORK: Final = 600_000_000

# One picture is decoded at a time: what that takes is then known.
_DECODING: Final = threading.Lock()
# Bytes for each pixel while a picture is decoded: the decoder's own, Pillow's, and those of two copies.
_BYTES_A_PIXEL: Final = 16
_NO_MEMORY: Final = -4
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
    """Return a JPEG or PNG as pixels; of several threads, one after the other.

    Raises ``BrokenImageError`` for all that is not whole, too large or too small, and ``OSError`` (``ENOMEM``) when
    there is too little memory for it now.
    """
    kind = _kind_of(content)
    walk = walk_jpeg(content) if kind == "jpeg" else walk_png(content)
    if not walk.ended:
        raise BrokenImageError("The picture is cut off: its end is missing")
    with _DECODING:
        pixels = _decoded(content, walk.scans)
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
        if content.startswith(JPEG_HEAD) and len(content) <= largest and _longest_side(content) <= longest:
            return content
        with _enough_memory():
            return presentable(read_picture(content), longest, largest)
    except (BrokenImageError, OSError):
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
    if content.startswith(JPEG_HEAD):
        return "jpeg"
    if content.startswith(PNG_HEAD):
        return "png"
    if not content:
        raise BrokenImageError("The picture is empty")
    raise BrokenImageError("This is no JPEG or PNG picture")


def _decoded(content: bytes, scans: int) -> Pixels:
    size = 0, 0
    try:
        with _enough_memory(), Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
            size = image.size
            _check_size(*size)
            _check_work(*size, scans)
            turned = _upright(image)
            return _bytes_of(cv2.cvtColor(np.asarray(turned), cv2.COLOR_RGB2BGR))
    except BrokenImageError:
        raise
    except Exception as error:
        _check_memory(error, *size)
        # Fed with what anybody sends, a decoder raises whatever it likes, and it always means this.
        raise BrokenImageError(f"The picture is damaged: {error}") from error


@contextlib.contextmanager
def _enough_memory() -> Iterator[None]:
    """Raise ``OSError`` where something fails for want of memory: that says nothing of the picture."""
    try:
        yield
    except MemoryError as error:
        raise _no_memory() from error
    except cv2.error as error:
        if error.code != _NO_MEMORY:
            raise
        raise _no_memory() from error


def _check_memory(error: Exception, width: int, height: int) -> None:
    """Raise ``OSError`` if it was for want of memory that decoding failed; decoders do not say so themselves."""
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        raise error
    with _enough_memory():
        # Not written to, so that it takes nothing but the permission.
        np.empty(width * height * _BYTES_A_PIXEL, np.uint8)


def _no_memory() -> OSError:
    return OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise BrokenImageError(
            f"The picture has {width}x{height} pixels, more than {MOST_PIXELS // 1_000_000} million: choose less"
        )
    if min(width, height) < LEAST_SIDE:
        raise BrokenImageError(
            f"The picture has {width}x{height} pixels: at least {LEAST_SIDE}x{LEAST_SIDE} are needed"
        )


def _check_work(width: int, height: int, scans: int) -> None:
    if scans > MOST_SCANS or scans * width * height > MOST_WORK:
        raise BrokenImageError(
            f"The picture is a JPEG of {scans} scans with {width}x{height} pixels, which takes too long: let the camera"
            " send another kind of JPEG, or fewer pixels"
        )


def _longest_side(content: bytes) -> int:
    try:
        with Image.open(BytesIO(content), formats=("JPEG",)) as image:
            return max(image.size)
    except Exception as error:
        # As in read_picture.
        raise BrokenImageError(f"The picture is damaged: {error}") from error


def _upright(image: Image.Image) -> Image.Image:
    """Return the picture in three colours of 8 bits, the right way up."""
    image.load()
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a picture is worth more than the notes in it, however they are damaged
        turn = None
    coloured = _of_eight_bits(image)
    if coloured.mode != "RGB":
        coloured = coloured.convert("RGB")
    return coloured if turn is None else coloured.transpose(turn)


def _of_eight_bits(image: Image.Image) -> Image.Image:
    """Return grey of 16 bits, as thermal cameras send it, as grey of 8; Pillow would make nearly all of it white."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))


def _bytes_of(pixels: NDArray[np.generic]) -> Pixels:
    """Return what OpenCV made of bytes; its annotations say no more than that it is an array."""
    return pixels.astype(np.uint8, copy=False)
