"""What is in the journal's file: values to lines and back, and when there is too much of it. No file is touched here.

A header line, and any number of records, one line each::

    event_hub journal 1
    4f1d22c9 31 17 {"lockout.house":{"until":1.5}}

A record holds what was written together: the newest values of its keys, ``null`` for a key that is gone. Before it
stand the CRC-32 of the rest of the line, the length of the JSON in bytes, and a number that grows from record to
record, so that a line of an older file, come up again after a power cut, is never taken for news.

As everything that is written before one sync is one record, a power cut can only break the last. A broken line with
whole ones after it is therefore a fault of the disk: the whole ones still count, as each vouches for itself, and to go
back to the values before the fault could disarm an armed alarm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Final
import zlib

import orjson

from ..engine.plain import clean_text
from .encode import Json, to_json

VERSION: Final = 1
DELETED: Final = b"null"
# Below this a longer file costs nobody anything.
SMALL: Final = 256 * 1024
# So many times what it needs may a file take until it is compacted when nothing else is to do, and until it must be.
WASTEFUL: Final = 4
TOO_WASTEFUL: Final = 16
_OVERHEAD: Final = 40

_HEADER: Final = b"event_hub journal %d"
_HEADER_LINE: Final = re.compile(rb"event_hub journal (\d{1,9})")
_RECORD_LINE: Final = re.compile(rb"([0-9a-f]{8}) (\d{1,12}) (\d{1,18}) (\{.*\})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was found in a file.

    ``version`` is ``None`` without a header. ``number`` is that of the newest whole record, 0 if there is none. ``end``
    is where the unfinished last line begins, ``torn`` how many bytes of it there are. ``damaged`` counts finished lines
    that are no records.
    """

    version: int | None
    values: Mapping[str, Json]
    number: int
    end: int
    torn: int
    damaged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    number: int
    changes: Mapping[str, Json]


def encode(changes: Mapping[str, object]) -> dict[str, bytes]:
    """Return the values as JSON, ``DELETED`` for ``None``. Raises ``TypeError`` for what has no JSON form."""
    return {clean_text(key): orjson.dumps(to_json(value)) for key, value in changes.items()}


def header() -> bytes:
    """Return the first line of a file."""
    return _HEADER % VERSION + b"\n"


def record(number: int, changes: Mapping[str, bytes]) -> bytes:
    """Return the line that holds these encoded changes."""
    body = orjson.dumps({key: orjson.Fragment(value) for key, value in changes.items()})
    rest = b"%d %d %s" % (len(body), number, body)
    return b"%08x %s\n" % (zlib.crc32(rest), rest)


def snapshot(values: Mapping[str, bytes], after: int) -> bytes:
    """Return a whole file that holds these values, numbered from ``after`` + 1.

    Each has a line of its own, so that a spot on the disk costs one of them and not all.
    """
    lines = (record(number, {key: value}) for number, (key, value) in enumerate(values.items(), after + 1))
    return header() + b"".join(lines)


def apply(values: dict[str, bytes], changes: Mapping[str, bytes]) -> int:
    """Bring encoded values up to date; returns by how many bytes a file of them grows."""
    growth = 0
    for key, value in changes.items():
        before = values.pop(key, None)
        growth -= 0 if before is None else cost(key, before)
        if value != DELETED:
            values[key] = value
            growth += cost(key, value)
    return growth


def cost(key: str, value: bytes) -> int:
    """Return about how many bytes a value takes in a compacted file."""
    return len(key) + len(value) + _OVERHEAD


def is_compaction_due(size: int, needed: int, *, idle: bool) -> bool:
    """Say whether a file of ``size`` bytes, of which ``needed`` would do, is worth writing anew.

    While there is other work (not ``idle``) only a file that has grown far too long is.
    """
    return size > SMALL and size > needed * (WASTEFUL if idle else TOO_WASTEFUL)


def read(content: bytes) -> Contents:
    """Return what a file holds, however broken it is."""
    *lines, torn = content.split(b"\n")
    version = _version_of(lines[0]) if lines else None
    values: dict[str, Json] = {}
    number = damaged = 0
    for line in lines if version is None else lines[1:]:
        found = _record_of(line)
        if found is None or found.number <= number:
            damaged += 1
            continue
        number = found.number
        values.update(found.changes)
    return Contents(
        version=version,
        values={key: value for key, value in values.items() if value is not None},
        number=number,
        end=len(content) - len(torn),
        torn=len(torn),
        damaged=damaged,
    )


def _version_of(line: bytes) -> int | None:
    match = _HEADER_LINE.fullmatch(line)
    return None if match is None else int(match[1])


def _record_of(line: bytes) -> _Record | None:
    """Return the record of a line; ``None`` if it is not exactly what was once written."""
    match = _RECORD_LINE.fullmatch(line)
    if match is None or zlib.crc32(line[9:]) != int(match[1], 16) or int(match[2]) != len(match[4]):
        return None
    try:
        changes = orjson.loads(match[4])
    except orjson.JSONDecodeError:
        return None
    return _Record(number=int(match[3]), changes=changes)
