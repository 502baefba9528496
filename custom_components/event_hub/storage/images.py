"""The newest picture of every camera, in memory and on disk, and the newest with what was found drawn into it.

Writing is left to the executor and never more often than every few seconds a
camera: what matters is that a picture is still there after a restart.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
import hashlib
import os
from pathlib import Path
import time
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..const import LOGGER

WRITE_INTERVAL: Final = 5.0
# After so many seconds a disk that took nothing is tried again.
RETRY_INTERVAL: Final = 60.0
# Far more than cameras of a home need; whoever sends under ever new names must not fill memory and disk.
BYTES_LIMIT: Final = 256 * 1024 * 1024
# A picture that comes over both brokers comes with one time, give or take what was learned of its clock in between.
SAME_WITHIN: Final = 1.0
SIGNATURES: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A picture as the camera sent it. ``taken_at`` is in unix seconds."""

    content: bytes
    content_type: str
    taken_at: float


class Shelved(Enum):
    """What became of an image that was to be kept.

    ``OLDER``: there is a newer one. ``KNOWN``: it is there already. ``REFUSED``: it is no JPEG or PNG, or too
    much with the others.
    """

    NEW = auto()
    OLDER = auto()
    KNOWN = auto()
    REFUSED = auto()


def content_type(content: bytes) -> str | None:
    """Return the media type of a JPEG or PNG, ``None`` for anything else."""
    for signature, media_type in SIGNATURES.items():
        if content.startswith(signature):
            return media_type
    return None


def annotated_of(device_key: str) -> str:
    """Return the name under which the shelf keeps a device's annotated image; no device key has a line break."""
    return f"{device_key}\nannotated"


class ImageShelf:
    """Keeps the newest image of each device key, and the newest annotated one under the name ``annotated_of`` it."""

    def __init__(self, hass: HomeAssistant, folder: Path, on_image: Callable[[str], None]) -> None:
        """Keep files in ``folder`` and tell ``on_image`` the key that has a newer one."""
        self._hass = hass
        self._folder = folder
        self._listeners = [on_image]
        self._images: dict[str, StoredImage] = {}
        self._bytes = 0
        self._unwritten: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Future[dict[Path, OSError]] | None = None
        # Those of the last writing that the disk did not take.
        self._failed: set[str] = set()

    def get(self, device_key: str) -> StoredImage | None:
        """Return the newest image of a device, if it ever sent one."""
        return self._images.get(device_key)

    @callback
    def listen(self, on_image: Callable[[str], None]) -> None:
        """Tell ``on_image``, too, each key that has a newer image, at once."""
        self._listeners.append(on_image)

    @callback
    def put(self, device_key: str, content: bytes, taken_at: float) -> Shelved:
        """Keep an image that was taken at unix seconds ``taken_at``, and tell that it is new; says whether it is."""
        media_type = content_type(content)
        if media_type is None:
            return Shelved.REFUSED
        kept = self._images.get(device_key)
        if kept is not None and abs(taken_at - kept.taken_at) < SAME_WITHIN and content == kept.content:
            return Shelved.KNOWN
        # A picture of the future is there because the clock was set back: it is the older one.
        if kept is not None and taken_at < kept.taken_at <= time.time():
            return Shelved.OLDER
        more = len(content) - (0 if kept is None else len(kept.content))
        if more > 0 and self._bytes + more > BYTES_LIMIT:
            return Shelved.REFUSED
        self._bytes += more
        self._images[device_key] = StoredImage(content=content, content_type=media_type, taken_at=taken_at)
        self._write_later((device_key,))
        for listener in self._listeners:
            listener(device_key)
        return Shelved.NEW

    @callback
    def forget(self, device_keys: Iterable[str]) -> None:
        """Drop the images of devices that are gone, from disk too."""
        gone = {key: image for key in _names(device_keys) if (image := self._images.pop(key, None)) is not None}
        self._bytes -= sum(len(image.content) for image in gone.values())
        # Files go the way they come: a deletion beside the writer could be overtaken by what it deletes.
        self._write_later(gone)

    async def async_load(self, device_keys: Iterable[str]) -> None:
        """Read what an earlier run kept for these devices."""
        self._images = await self._hass.async_add_executor_job(partial(_read, self._folder, _names(device_keys)))
        self._bytes = sum(len(image.content) for image in self._images.values())

    async def async_save(self) -> None:
        """Write what is not on disk yet, and wait for it; what the disk does not take is tried once, and no more."""
        failed: set[str] = set()
        if self._writing is not None:
            await asyncio.wait([self._writing])
        while not self._unwritten <= failed:
            self._write()
            if self._writing is not None:
                await asyncio.wait([self._writing])
            failed |= self._failed
        self._end_timer()

    @callback
    def _write_later(self, device_keys: Iterable[str]) -> None:
        """Bring the files of these devices up to date soon."""
        self._unwritten.update(device_keys)
        if self._unwritten and self._timer is None:
            wait = RETRY_INTERVAL if self._failed else WRITE_INTERVAL
            self._timer = self._hass.loop.call_later(wait, self._write)

    @callback
    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @callback
    def _write(self) -> None:
        """Start writing; one writer at a time, so that an older image never lands on a newer."""
        self._end_timer()
        if not self._unwritten or self._writing is not None:
            return
        keys, self._unwritten = self._unwritten, set()
        paths = {_path(self._folder, key): key for key in keys}
        images = {path: self._images.get(key) for path, key in paths.items()}
        self._writing = self._hass.async_add_executor_job(partial(store_images, self._folder, images))
        self._writing.add_done_callback(partial(self._written, paths))

    @callback
    def _written(self, paths: Mapping[Path, str], writing: asyncio.Future[dict[Path, OSError]]) -> None:
        self._writing = None
        failed = {} if writing.cancelled() else writing.result()
        if failed and not self._failed:
            LOGGER.warning("The newest images could not be saved: %s", next(iter(failed.values())))
        self._failed = {paths[path] for path in failed}
        self._write_later(self._failed)


def _names(device_keys: Iterable[str]) -> tuple[str, ...]:
    """Return the names of all that is kept of these devices."""
    return tuple(name for key in device_keys for name in (key, annotated_of(key)))


def _path(folder: Path, device_key: str) -> Path:
    """Name a device's file; keys may hold characters that file names may not."""
    return folder / hashlib.blake2b(device_key.encode(), digest_size=16).hexdigest()


def read_image(path: Path) -> StoredImage | None:
    """Return the picture in a file, ``None`` if it is not there or is none. Raises ``OSError``."""
    try:
        content = path.read_bytes()
        taken_at = path.stat().st_mtime
    except FileNotFoundError:
        return None
    media_type = content_type(content)
    return None if media_type is None else StoredImage(content=content, content_type=media_type, taken_at=taken_at)


def store_images(folder: Path, images: Mapping[Path, StoredImage | None]) -> dict[Path, OSError]:
    """Write images, each whole or not at all, and delete the files of those that are no more; returns what failed."""
    failed: dict[Path, OSError] = {}
    for path, image in images.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _store(path, image)
        except OSError as error:
            failed[path] = error
    return failed


def _store(path: Path, image: StoredImage | None) -> None:
    if image is None:
        path.unlink(missing_ok=True)
        return
    part = path.with_suffix(".part")
    part.write_bytes(image.content)
    os.utime(part, (image.taken_at, image.taken_at))
    part.replace(path)


def _read(folder: Path, names: tuple[str, ...]) -> dict[str, StoredImage]:
    images = {}
    for key in names:
        try:
            image = read_image(_path(folder, key))
        except OSError as error:
            LOGGER.warning("The newest image of %s could not be read: %s", key.partition("\n")[0], error)
            continue
        if image is not None:
            images[key] = image
    return images
