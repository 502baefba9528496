"""What is told of a picture: made when it goes out, so that what waits for a broker takes no memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub_relay import native

from .camera_options import Camera, TriggeredBy
from .images import outgoing
from .ledger.pictures import KnownPicture, Pictures
from .model import Detection, Gate, Status
from .store import Store

# What an OK that nobody has looked at is told with.
_NOTHING_NEW: Final = {
    Gate.SENT_AGAIN: "the same picture again",
    Gate.DUPLICATE: "nothing changed",
    Gate.MOTION: "nothing moved",
}
# Where what is found decides, these are no trigger: a detector has looked at nearly the same, or a moment ago.
_NO_DETECTION: Final = frozenset({Gate.DUPLICATE, Gate.MOTION, Gate.COOL_DOWN})
_TRIGGERED: Final = "triggered"
_OK: Final = "OK"


class Composer:
    """Makes the event of a picture, for the thread that sends it."""

    def __init__(self, pictures: Pictures, store: Store, cameras: Mapping[str, Camera]) -> None:
        """Read from both; a camera that is no longer set up is told by its key alone."""
        self._pictures = pictures
        self._store = store
        self._cameras = cameras

    def event(self, number: int) -> Mapping[str, Any] | None:
        """Return the event, without what is gone from disk; ``None`` for a picture that the ledger has forgotten."""
        picture = self._pictures.by_id(number)
        if picture is None or picture.detection is None:
            return None
        camera = self._cameras.get(picture.camera)
        described = camera.description.wire() if camera else {"device_key": picture.camera, "type": "camera"}
        detection = picture.detection
        state = state_of(detection, camera.triggered_by if camera else TriggeredBy.IMAGE)
        device = {
            **described,
            "state": state,
            "event_detail": picture.summary or (_nothing_new(detection) if state == _OK else None),
            **self._images(picture),
            "image_timestamp": picture.taken_at,
            "image_id": picture.id,
            "storage_path": picture.path,
            "operation": picture.operation,
            "detection": detection.wire(),
        }
        return native.event(timestamp=picture.taken_at, inputs=[device], message_id=picture.message_id)

    def _images(self, picture: KnownPicture) -> dict[str, bytes]:
        found = {}
        if (clean := read_file(self._store, picture.path)) is not None:
            found["image"] = outgoing(clean)
        if picture.marked is not None and (marked := read_file(self._store, picture.marked)) is not None:
            found["image_annotated"] = marked
        return found


def read_file(store: Store, path: str) -> bytes | None:
    """Return a picture's bytes; ``None`` when it is gone, or the disk does not give it."""
    try:
        return store.path(path).read_bytes()
    except OSError:
        return None


def state_of(detection: Detection, triggered_by: TriggeredBy) -> str:
    """Return what the hub is told: whether this picture is a trigger.

    Where the picture itself is the trigger, every one is that was not sent before: comparing pictures saves a
    detector's time, it does not say that nobody is there. What nobody could look at is a trigger too: an alarm must
    not depend on a detector's health.
    """
    gate = _gate_of(detection)
    if gate is Gate.SENT_AGAIN:
        return _OK
    if triggered_by is TriggeredBy.IMAGE:
        return _TRIGGERED
    if gate in _NO_DETECTION:
        return _OK
    nothing = detection.status is Status.DONE and not detection.things
    return _OK if nothing else _TRIGGERED


def _nothing_new(detection: Detection) -> str | None:
    gate = _gate_of(detection)
    return None if gate is None else _NOTHING_NEW.get(gate)


def _gate_of(detection: Detection) -> Gate | None:
    return Gate(detection.reason) if detection.status is Status.GATED and detection.reason else None
