"""All cameras of the options: each read by itself, then what no two of them may have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hub_relay.options import Reader

from .camera_options import HOG, Camera, Defaults, read_camera, read_detectors


def read_cameras(reader: Reader, keep_days: float) -> tuple[Camera, ...]:
    """Read the option ``cameras``, and what counts for all that do not say otherwise. One with a problem is left out.

    A folder that a camera has only by its location is another's where that names it, or stands before it.
    """
    defaults = Defaults(
        location=reader.text("location", "Home"),
        detectors=read_detectors(reader, (HOG,)),
        confirm=reader.boolean("confirm", default=False),
        keep_days=keep_days,
    )
    cameras: Sequence[Camera] = reader.list_of("cameras", lambda part: read_camera(part, defaults))
    for what in (
        lambda one: f"the name {one.key!r}",
        lambda one: f"the name of files {one.slug!r}",
        lambda one: f"the account {one.account.username!r}" if one.account else None,
        lambda one: f"the folder {one.folder.casefold()!r}" if one.folder_named and one.folder else None,
        lambda one: f"the folder {str(one.watched)!r}" if one.watched else None,
        lambda one: f"the topic {one.topic!r}" if one.topic else None,
    ):
        cameras = _unique(reader, cameras, what)
    return tuple(_without_taken_folders(cameras))


def check_ways(reader: Reader, cameras: Sequence[Camera], shared: str | None) -> None:
    """Report every camera of which no picture can come; ``shared`` is the account of those without their own."""
    for camera in cameras:
        of_shared = shared is not None and camera.folder is not None
        if not (camera.account or of_shared or camera.watched or camera.topic or camera.source):
            reader.problem(
                "cameras",
                f"has {camera.key!r}, of which no picture can come: give it ftp_username and ftp_password,"
                " a folder of its own, or snapshot_url",
            )


def _unique(reader: Reader, cameras: Sequence[Camera], what: Callable[[Camera], str | None]) -> Sequence[Camera]:
    """Leave out what has something that another one, named before it, has already."""
    seen: set[str] = set()
    kept = []
    for camera in cameras:
        mark = what(camera)
        if mark is not None and mark in seen:
            reader.problem("cameras", f"has {mark} twice: the second is left out")
            continue
        seen.update([mark] if mark else [])
        kept.append(camera)
    return kept


def _without_taken_folders(cameras: Sequence[Camera]) -> Sequence[Camera]:
    taken = {one.folder.casefold() for one in cameras if one.folder is not None and one.folder_named}
    found = []
    for camera in cameras:
        folder = None if camera.folder is None else camera.folder.casefold()
        if camera.folder_named or (folder is not None and folder not in taken):
            found.append(camera)
            taken.update([folder] if folder else [])
        else:
            found.append(replace(camera, folder=None))
    return found
