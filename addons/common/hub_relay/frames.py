"""What one stage hands to the next: ``[kind, MessagePack map]``, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Any, Final

import msgpack

_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PARTS: Final = 2


class FrameError(ValueError):
    """These bytes, or this content, are no frame. Says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message between stages: its kind and what it holds."""

    kind: str
    content: dict[str, Any]


def encode(kind: str, content: Mapping[str, object]) -> list[bytes]:
    """Return the parts of a frame. Raises ``FrameError`` for what MessagePack cannot hold."""
    if not _KIND.fullmatch(kind):
        raise FrameError(f"{kind!r} is no kind of frame")
    try:
        return [kind.encode(), bytes(msgpack.packb(content))]
    except (TypeError, ValueError, OverflowError) as error:
        raise FrameError(f"A frame {kind} cannot hold this: {error}") from error


def decode(parts: Sequence[bytes]) -> Frame:
    """Return the frame. Raises ``FrameError`` for anything else."""
    if len(parts) != _PARTS:
        raise FrameError(f"A frame has {_PARTS} parts, not {len(parts)}")
    try:
        kind = parts[0].decode("ascii")
        content = msgpack.unpackb(parts[1], ext_hook=_refuse)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise FrameError(f"This is no frame: {error}") from error
    if not _KIND.fullmatch(kind):
        raise FrameError(f"{kind!r} is no kind of frame")
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise FrameError(f"A frame {kind} holds no map")
    return Frame(kind=kind, content=content)


def _refuse(code: int, _data: bytes) -> object:
    raise FrameError(f"MessagePack extension {code} has no meaning here")
