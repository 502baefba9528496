"""The outbox and the channels as JSON, a part each, so that one that cannot be read takes no other with it.

An outbox is kept as values by key: ``outbox``, ``channel.<id>``, and ``posting.<number>``; each says of which version
it is. A step writes only what it changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ..plain import GarbledError, Json, from_plain, to_plain
from .draft import DONE_LIMIT
from .state import ChannelStatus, Outbox, Posting

VERSION: Final = 1
_VERSION: Final = "version"
_HEAD: Final = "outbox"
_CHANNEL: Final = "channel."
_POSTING: Final = "posting."

type _Table = Mapping[Any, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbled:
    """A part that cannot be read: under which key it is kept, and why it cannot be used. Its value is not told."""

    key: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """An outbox of what could be read, and what could not."""

    outbox: Outbox
    garbled: tuple[Garbled, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    number: int = 0
    attempt: int = 0
    done: tuple[str, ...] = ()


def encode(outbox: Outbox) -> dict[str, Json]:
    """Return everything that is to be kept, by key."""
    return {key: value for key, value in changes(Outbox(), outbox).items() if value is not None}


def changes(before: Outbox, after: Outbox) -> dict[str, Json]:
    """Return what a step changed, by key, to be kept before its effects are carried out. ``None``: the key is gone."""
    changed: dict[str, Json] = {}
    if _head_of(before) != _head_of(after):
        changed[_HEAD] = _versioned(_head_of(after))
    for prefix, old, new, keys in _tables(before, after):
        changed |= {f"{prefix}{key}": None for key in keys if key in old and key not in new}
        changed |= {
            f"{prefix}{key}": _versioned(new[key]) for key in keys if key in new and _is_new(new[key], old.get(key))
        }
    return changed


def decode(stored: Mapping[str, object]) -> Restored:
    """Read an outbox back. Never raises: what cannot be read is named, and the rest is used."""
    garbled: list[Garbled] = []
    head = _Head()
    postings: dict[int, Posting] = {}
    statuses: dict[str, ChannelStatus] = {}
    for key, value in stored.items():
        try:
            if key.startswith(_POSTING):
                posting = _posting(key, value)
                postings[posting.number] = posting
            elif key.startswith(_CHANNEL):
                status = _status(key, value)
                statuses[status.channel_id] = status
            else:
                head = _head(key, value)
        except GarbledError as error:
            garbled.append(Garbled(key=key, problem=str(error)))
    outbox = Outbox(
        postings=dict(sorted(postings.items())),
        channels=statuses,
        # Right even when the head is the part that cannot be read.
        number=max(head.number, *postings, 0),
        attempt=max(head.attempt, *(_newest(status) for status in statuses.values()), 0),
        done=head.done[-DONE_LIMIT:],
    )
    return Restored(outbox=_without_twins(outbox), garbled=tuple(garbled))


def _tables(before: Outbox, after: Outbox) -> tuple[tuple[str, _Table, _Table, Iterable[Any]], ...]:
    """Return what is kept in tables, before and after, with the keys to be looked at."""
    touched: Iterable[int] = before.postings.keys() | after.postings.keys()
    trace = after.trace
    if trace is not None and before.trace is not None and trace.before is before.trace.mark:
        # Whatever else there is, is the very same.
        touched = trace.touched
    channels = before.channels.keys() | after.channels.keys()
    return (
        (_CHANNEL, before.channels, after.channels, sorted(channels)),
        (_POSTING, before.postings, after.postings, sorted(touched)),
    )


def _is_new(part: object, before: object) -> bool:
    # Most did not change, and are the very same.
    return part is not before and part != before


def _head_of(outbox: Outbox) -> _Head:
    return _Head(number=outbox.number, attempt=outbox.attempt, done=outbox.done)


def _versioned(record: object) -> dict[str, Json]:
    return {_VERSION: VERSION, **to_plain(record)}


def _read[T](kind: type[T], stored: object) -> T:
    if not isinstance(stored, Mapping):
        raise GarbledError("expected an object")
    version = stored.get(_VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise GarbledError("it is of no version")
    if version > VERSION:
        raise GarbledError(f"version {version} is newer than {VERSION}")
    return from_plain(kind, {name: value for name, value in stored.items() if name != _VERSION})


def _posting(key: str, value: object) -> Posting:
    posting = _read(Posting, value)
    ids = [errand.channel_id for errand in posting.errands]
    if key != f"{_POSTING}{posting.number}" or posting.number < 1:
        raise GarbledError("it has another number")
    if len(set(ids)) != len(ids) or not set(ids).isdisjoint(posting.told):
        raise GarbledError("a channel has it twice")
    if any(errand.tries < 0 for errand in posting.errands):
        raise GarbledError("there were fewer tries than none")
    return posting


def _status(key: str, value: object) -> ChannelStatus:
    status = _read(ChannelStatus, value)
    if key != f"{_CHANNEL}{status.channel_id}":
        raise GarbledError("it is of another channel")
    if min(status.pause, status.critical_pause or 0.0, status.failures) < 0:
        raise GarbledError("there is less than nothing")
    attempts = (*status.late, *(() if status.attempt is None else (status.attempt,)))
    if any(not attempt.numbers or attempt.attempt_id < 1 for attempt in attempts):
        raise GarbledError("a message has nothing in it")
    return status


def _head(key: str, value: object) -> _Head:
    if key != _HEAD:
        raise GarbledError("there is no such part")
    head = _read(_Head, value)
    if head.number < 0 or head.attempt < 0:
        raise GarbledError("there is less than nothing")
    return head


def _newest(status: ChannelStatus) -> int:
    attempts = (*status.late, *(() if status.attempt is None else (status.attempt,)))
    return max((attempt.attempt_id for attempt in attempts), default=0)


def _without_twins(outbox: Outbox) -> Outbox:
    """Keep of two postings of the same telling, which no step makes, the first."""
    first: dict[str, int] = {}
    for number, posting in outbox.postings.items():
        first.setdefault(posting.telling.telling_id, number)
    kept = {number: each for number, each in outbox.postings.items() if first[each.telling.telling_id] == number}
    return outbox if len(kept) == len(outbox.postings) else replace(outbox, postings=kept)
