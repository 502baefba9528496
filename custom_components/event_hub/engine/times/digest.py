"""What was held back in quiet hours, told together once they are over (behaviour.md, 2 and 5).

Nothing remembers when the digest is due: it is due when there is something in it and it is not quiet.
So it is also right after a restart, a changed setting, or a clock that was set.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

from ..model import Decision
from .quiet_hours import QuietHours, ends

INPUTS_LIMIT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """The newest thing held back of one input, and how many there were from ``first_at`` to ``at`` (unix seconds)."""

    input_key: str
    decision_id: str
    first_at: float
    at: float
    count: int = 1
    label: str | None = None
    detail: str | None = None
    value: float | None = None
    has_image: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A digest as it is told. ``number`` tells it apart: told again under its number, it is the same one.

    ``deferred`` has the input last heard in front; ``left_out`` things were of more inputs than it holds.
    """

    number: int
    deferred: tuple[Deferred, ...]
    left_out: int = 0

    @property
    def count(self) -> int:
        """How many things were held back in all."""
        return self.left_out + sum(item.count for item in self.deferred)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What waits for the end of quiet hours, by input and in the order heard, and what is being told.

    ``taken`` is under way to people until somebody answers for it. Everything here is to be kept.
    """

    waiting: Mapping[str, Deferred] = field(default_factory=dict)
    left_out: int = 0
    taken: Bundle | None = None
    number: int = 0


def add(digest: Digest, decision: Decision, label: str | None = None) -> Digest:
    """Hold back a decision of an input with this label. Only the newest of each input is kept; all are counted."""
    waiting = dict(digest.waiting)
    before = waiting.pop(decision.input_key, None)
    waiting[decision.input_key] = Deferred(
        input_key=decision.input_key,
        decision_id=decision.decision_id,
        first_at=decision.at if before is None else min(before.first_at, decision.at),
        at=decision.at,
        count=1 if before is None else before.count + 1,
        label=label,
        detail=decision.detail,
        value=decision.value,
        has_image=decision.has_image,
    )
    left_out = digest.left_out
    if len(waiting) > INPUTS_LIMIT:
        left_out += waiting.pop(next(iter(waiting))).count
    return replace(digest, waiting=waiting, left_out=left_out)


def due_at(digest: Digest, quiet: QuietHours, now: float, zone: ZoneInfo) -> float | None:
    """Return when, in unix seconds, something is to be told: ``now`` if it is not quiet; ``None`` if there is nothing.

    A hub that was down when quiet hours ended tells at once, unless it is quiet again.
    """
    if not digest.waiting and digest.taken is None:
        return None
    end = ends(quiet, now, zone)
    return now if end is None else end


def take(digest: Digest) -> tuple[Digest, Bundle | None]:
    """Return what is to be told now, ``None`` if nothing is, and the digest to keep before it is told.

    What was taken and not confirmed, because the hub was killed between, comes again first.
    """
    if digest.taken is not None or not digest.waiting:
        return digest, digest.taken
    bundle = Bundle(
        number=digest.number + 1,
        deferred=tuple(digest.waiting.values())[::-1],
        left_out=digest.left_out,
    )
    return Digest(taken=bundle, number=bundle.number), bundle


def confirm(digest: Digest, number: int) -> Digest:
    """Note that the digest of this number is in the hands of what delivers it, and will not be lost any more."""
    if digest.taken is None or digest.taken.number != number:
        return digest
    return replace(digest, taken=None)
