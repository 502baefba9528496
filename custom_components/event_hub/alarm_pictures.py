"""The pictures of the alarm memory: a camera shows something newer soon, but they are kept until acknowledged.

The engine names a picture by whose it is and when it was taken, in the step that makes it part of an alarm, or of what
may become one. The picture itself is on the shelf of the newest images by then, or comes there in the same turn.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
import hashlib
from itertools import chain
from pathlib import Path
from typing import Final, cast

from homeassistant.core import HomeAssistant, callback

from .const import LOGGER
from .engine.alarm.status import PartitionStatus
from .storage.images import ImageShelf, StoredImage, read_image, store_images

FOLDER: Final = "alarm_images"
# What more alarms bring is not kept: what was seen first is what counts.
MOST_KEPT: Final = 500
MOST_BYTES: Final = 256 * 1024 * 1024
# A picture that was on the shelf first is named by its very time, to the millisecond.
_SAME: Final = 0.001


def name_of_picture(reference: str) -> str:
    """Return the name under which the picture of a reference is kept and served."""
    return hashlib.blake2b(reference.encode(), digest_size=16).hexdigest()


class AlarmPictures:
    """Keeps one hub's. All methods belong in the event loop; the disk is left to the executor."""

    def __init__(
        self, hass: HomeAssistant, folder: Path, shelf: ImageShelf, on_kept: Callable[[Iterable[str]], None]
    ) -> None:
        """Keep them in ``folder``; ``on_kept`` hears which partitions have another to show."""
        self._hass = hass
        self._folder = folder / FOLDER
        self._shelf = shelf
        self._on_kept = on_kept
        self._statuses: dict[str, PartitionStatus] = {}
        self._wanted: dict[str, frozenset[str]] = {}
        # By reference, how many bytes each is; by name, what is to be written (``None``: deleted).
        self._kept: dict[str, int] = {}
        self._unwritten: dict[str, StoredImage | None] = {}
        self._in_hand: dict[str, StoredImage | None] = {}
        self._writing: asyncio.Future[dict[Path, OSError]] | None = None
        self._full = False
        # By key, what is to come in this turn of the loop.
        self._expected: dict[str, list[str]] = {}
        shelf.listen(self._shelved)

    async def async_load(self, statuses: Mapping[str, PartitionStatus]) -> None:
        """Find what an earlier run kept; what no alarm has any more is deleted."""
        self._statuses = dict(statuses)
        self._wanted = {key: frozenset(_references(status)) for key, status in statuses.items()}
        names = {name_of_picture(each): each for each in chain.from_iterable(self._wanted.values())}
        try:
            found = await self._hass.async_add_executor_job(_tidy, self._folder, frozenset(names))
        except OSError as error:
            LOGGER.warning("The pictures of alarms cannot be read: %s", error)
            return
        self._kept = {names[name]: size for name, size in found.items()}

    async def async_close(self) -> None:
        """Write what is not on disk yet, and wait for it."""
        while self._unwritten or self._writing is not None:
            self._write()
            if self._writing is not None:
                await asyncio.wait([self._writing])

    @callback
    def follow(self, changes: Mapping[str, object | None]) -> None:
        """Take over where partitions stand: keep the pictures that they name, and no others."""
        try:
            for partition_id, status in changes.items():
                self._follow(partition_id, cast("PartitionStatus | None", status))
        except Exception:  # noqa: BLE001 - no picture may keep an alarm from sounding
            LOGGER.exception("The pictures of an alarm could not be kept")

    def names(self, references: Iterable[str]) -> list[str]:
        """Return the names of those pictures that are kept."""
        return [name_of_picture(each) for each in references if each in self._kept]

    async def async_read(self, name: str) -> StoredImage | None:
        """Return a picture by its name, ``None`` if it is not kept."""
        for in_memory in (self._unwritten, self._in_hand):
            if name in in_memory:
                return in_memory[name]
        return await self._hass.async_add_executor_job(read_image, self._folder / name)

    def _follow(self, partition_id: str, status: PartitionStatus | None) -> None:
        before = self._statuses.get(partition_id)
        if status is None:
            self._statuses.pop(partition_id, None)
        else:
            self._statuses[partition_id] = status
        if status is not None and before is not None and _names_the_same(before, status):
            return
        had = self._wanted.pop(partition_id, frozenset())
        wants = frozenset(() if status is None else _references(status))
        if wants:
            self._wanted[partition_id] = wants
        for reference in wants - had:
            self._look_for(reference)
        self._drop(had - wants)

    def _look_for(self, reference: str) -> None:
        """Keep a picture that is on the shelf, or will be when this turn of the loop is over."""
        key, _, at = reference.rpartition("/")
        image = self._shelf.get(key)
        if reference in self._kept:
            return
        if image is not None and abs(image.taken_at - float(at)) < _SAME:
            self._keep(reference, image)
            return
        if not self._expected:
            self._hass.loop.call_soon(self._expected.clear)
        self._expected.setdefault(key, []).append(reference)

    def _shelved(self, key: str) -> None:
        image = self._shelf.get(key)
        for reference in self._expected.pop(key, ()):
            if image is not None:
                self._keep(reference, image)

    def _keep(self, reference: str, image: StoredImage) -> None:
        if len(self._kept) >= MOST_KEPT or sum(self._kept.values()) + len(image.content) > MOST_BYTES:
            if not self._full:
                LOGGER.warning("No more pictures of alarms are kept. Acknowledge the alarms to make room")
            self._full = True
            return
        self._kept[reference] = len(image.content)
        self._unwritten[name_of_picture(reference)] = image
        self._write()
        self._on_kept([key for key, wanted in self._wanted.items() if reference in wanted])

    def _drop(self, references: Iterable[str]) -> None:
        for reference in references:
            if any(reference in wanted for wanted in self._wanted.values()):
                continue
            if self._kept.pop(reference, None) is not None:
                self._full = False
                self._unwritten[name_of_picture(reference)] = None
        self._write()

    def _write(self) -> None:
        """Start writing; one writer at a time, so that no picture lands on its own deletion."""
        if not self._unwritten or self._writing is not None:
            return
        self._in_hand, self._unwritten = self._unwritten, {}
        images = {self._folder / name: image for name, image in self._in_hand.items()}
        self._writing = self._hass.async_add_executor_job(partial(store_images, self._folder, images))
        self._writing.add_done_callback(self._written)

    def _written(self, writing: asyncio.Future[dict[Path, OSError]]) -> None:
        self._writing = None
        in_hand, self._in_hand = self._in_hand, {}
        if not writing.cancelled() and (failed := writing.result()):
            LOGGER.warning("Pictures of an alarm could not be saved: %s", next(iter(failed.values())))
            names = {path.name for path in failed if in_hand[path.name] is not None}
            lost = {each for each in self._kept if name_of_picture(each) in names}
            self._kept = {each: size for each, size in self._kept.items() if each not in lost}
            self._on_kept([key for key, wanted in self._wanted.items() if not lost.isdisjoint(wanted)])
        self._write()


def _names_the_same(before: PartitionStatus, after: PartitionStatus) -> bool:
    return (
        before.memory is after.memory
        and before.entry_trips is after.entry_trips
        and before.crossings is after.crossings
    )


def _references(status: PartitionStatus) -> Iterator[str]:
    """Yield the pictures of the memory, and of what may become an alarm, oldest first."""
    yield from chain.from_iterable(alarm.images for alarm in status.memory)
    yield from (trip.image for trip in (*status.entry_trips, *status.crossings) if trip.image is not None)


def _tidy(folder: Path, names: frozenset[str]) -> dict[str, int]:
    """Delete all but these; returns how large each is."""
    found: dict[str, int] = {}
    if not folder.is_dir():
        return found
    for path in folder.iterdir():
        if path.name in names:
            found[path.name] = path.stat().st_size
        else:
            path.unlink(missing_ok=True)
    return found
