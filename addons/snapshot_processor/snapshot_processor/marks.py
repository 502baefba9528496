"""How a picture's bytes hang together, found without decoding: whether its end is there, and how much work is in it."""

from __future__ import annotations

from dataclasses import dataclass
import re
from typing import Final
import zlib

JPEG_HEAD: Final = b"\xff\xd8\xff"
PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
# A picture of 32 MB has some thousand parts; one of millions is made to keep somebody busy.
MOST_PARTS: Final = 50_000

_SCAN: Final = 0xDA
_END: Final = 0xD9
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
# Possessive, all of them: nothing is looked at twice, whatever somebody sends.
_MARK: Final = re.compile(rb"\xff++.", re.DOTALL)
# Within a scan, 0xFF is followed by 0 or by a restart mark, after any number of more 0xFF, unless a segment begins.
_SCAN_DATA: Final = re.compile(rb"(?:[^\xff]++|\xff++[\x00\xd0-\xd7])*+")
_LENGTH: Final = 2
_CHUNK_HEAD: Final = 8
_CHECKSUM: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What one part after the other leads to: whether to the end, and over how many ``scans`` (a PNG has one)."""

    ended: bool
    scans: int = 1


def walk_jpeg(content: bytes) -> Walk:
    """Go from segment to segment up to the mark of the end; what follows that is no matter."""
    at, scans = 2, 0
    for _ in range(MOST_PARTS):
        found = _MARK.match(content, at)
        if found is None:
            break
        at, mark = found.end(), content[found.end() - 1]
        if mark == _END:
            return Walk(ended=True, scans=scans)
        if mark in _ALONE:
            continue
        if len(length := content[at : at + _LENGTH]) < _LENGTH:
            break
        at += int.from_bytes(length)
        if mark == _SCAN:
            scans += 1
            data = _SCAN_DATA.match(content, at)
            at = data.end() if data else len(content)
    return Walk(ended=False, scans=scans)


def walk_png(content: bytes) -> Walk:
    """Go from chunk to chunk up to the one of the end; each must have the checksum that it says."""
    at = len(PNG_HEAD)
    view = memoryview(content)
    for _ in range(MOST_PARTS):
        if len(content) < at + _CHUNK_HEAD + _CHECKSUM:
            break
        end = at + _CHUNK_HEAD + int.from_bytes(view[at : at + 4])
        if int.from_bytes(view[end : end + _CHECKSUM]) != zlib.crc32(view[at + 4 : end]):
            break
        if content.startswith(b"IEND", at + 4):
            return Walk(ended=True)
        at = end + _CHECKSUM
    return Walk(ended=False)
