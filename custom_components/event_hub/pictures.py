"""Pictures on their way in: with the event that tells of them, ahead of it, or alone.

On MQTT a picture goes ahead of its event, which alone tells when it was taken.
So it waits for that event, and then goes on as if it had come inside; one
that no event follows was taken when it came.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
import time
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback

from .counters import HubCounters
from .engine.registry import owner_of
from .engine.state import State
from .engine.supervision import offset_of
from .storage.images import ImageShelf, Shelved, annotated_of, content_type
from .wire.messages import ImageFrame, InputReport, Report, ReportKind, Source, Transport
from .wire.slug import slug

# For so many seconds a picture waits for its event.
PATIENCE: Final = 5.0
# Pictures of so many bytes wait in all; more than that is kept at once, as of now.
WAITING_LIMIT: Final = 64 * 1024 * 1024

type _Place = tuple[str, str]


class Refuse(Protocol):
    """Counts and logs what is refused: where it came from, a fixed word, and the particulars for people."""

    def __call__(self, origin: str, reason: str, detail: str) -> None:
        """Refuse it."""


@dataclass(slots=True, kw_only=True)
class _Waiting:
    """Pictures of one moment that wait for their event; they came at unix seconds ``came_at``."""

    source: Source
    origin: str
    came_at: float
    timer: asyncio.TimerHandle
    clean: bytes | None = None
    annotated: bytes | None = None

    @property
    def size(self) -> int:
        """How many bytes they are."""
        return len(self.clean or b"") + len(self.annotated or b"")


class Pictures:
    """Takes the pictures of messages to the shelf. ``tell`` lets the engine know of those that came alone."""

    def __init__(
        self,
        hass: HomeAssistant,
        state: State,
        shelf: ImageShelf,
        *,
        counters: HubCounters,
        refuse: Refuse,
        tell: Callable[[Report], object],
    ) -> None:
        """Begin with none."""
        self._loop = hass.loop
        self._state = state
        self._shelf = shelf
        self._counters = counters
        self._refuse = refuse
        self._tell = tell
        self._waiting: dict[_Place, _Waiting] = {}
        self._bytes = 0

    @callback
    def frame(self, frame: ImageFrame, origin: str) -> None:
        """Take a picture that came alone, and let it wait for its event. It is a sign of life at once."""
        source, wanted = frame.source, frame.slug
        owner = owner_of(self._state, source)
        devices = self._state.source_devices.get(owner, ())
        key = next((key for key in devices if key in self._state.inputs and slug(key) == wanted), None)
        if key is None:
            self._refuse(origin, "unknown_device", f"no device of {source.source_id} is called {wanted}")
        elif not _is_good(frame.jpeg):
            self._refuse(origin, "bad_image", f"{key} sent no JPEG or PNG")
        else:
            self._wait(owner, key, frame, origin)
            self._tell(Report(source=source, kind=ReportKind.EVENT))

    @callback
    def joined(self, report: Report, origin: str) -> tuple[Report, bool]:
        """Return a report as the engine is to take it, and whether it has pictures to ``keep`` after that.

        It comes with the pictures that went ahead of it, and without what is no picture: that must
        neither cost the event it came with, nor make a camera of the input.
        """
        if self._waiting and report.kind is ReportKind.EVENT and report.source.transport is Transport.MQTT:
            report = self._with_waiting(report)
        pictured = [device for device in report.inputs if device.image is not None or device.annotated is not None]
        bad = [device for device in pictured if not (_is_good(device.image) and _is_good(device.annotated))]
        if bad:
            for device in bad:
                self._refuse(origin, "bad_image", f"{device.device_key} sent no JPEG or PNG")
            inputs = tuple(_without_bad(device) if device in bad else device for device in report.inputs)
            report = replace(report, inputs=inputs)
        return report, bool(pictured) and not self._was_told(report)

    @callback
    def keep(self, report: Report) -> None:
        """Keep the pictures of a report that the engine has taken."""
        origin = report.source.source_id
        owner = owner_of(self._state, report.source)
        status = self._state.source_status.get(owner)
        offset = 0.0 if status is None else offset_of(status, report.sent_at, time.time())
        for device in report.inputs:
            if (device.image is None and device.annotated is None) or not self._owns(owner, device.device_key):
                continue
            # By the camera's corrected clock: one that falls back must not shut out its own pictures.
            taken_at = None if device.image_at is None else device.image_at + offset
            self._keep_both(device, taken_at, origin)
            self._forget_twin((owner, device.device_key), device)

    @callback
    def close(self) -> None:
        """Keep what still waits: its event does not come any more."""
        for place in list(self._waiting):
            self._came_alone(place)

    def _was_told(self, report: Report) -> bool:
        """Whether a report that the engine has not taken yet came before, over this broker or the other."""
        # As the engine names what it has seen.
        serial = f"{owner_of(self._state, report.source)}.{report.message_id}"
        return report.message_id is not None and serial in self._state.seen

    def _owns(self, owner: str, key: str) -> bool:
        record = self._state.inputs.get(key)
        return record is not None and record.source_id == owner

    def _wait(self, owner: str, key: str, frame: ImageFrame, origin: str) -> None:
        """Let a picture wait. A clean one begins a moment of its own, an annotated one belongs to that before it."""
        place = owner, key
        waiting = self._waiting.get(place)
        if waiting is not None and not (frame.annotated and waiting.annotated is None):
            self._came_alone(place)
            waiting = None
        if waiting is None:
            timer = self._loop.call_later(PATIENCE, self._came_alone, place)
            waiting = _Waiting(source=frame.source, origin=origin, came_at=time.time(), timer=timer)
            self._waiting[place] = waiting
        if frame.annotated:
            waiting.annotated = frame.jpeg
        else:
            waiting.clean = frame.jpeg
        self._bytes += len(frame.jpeg)
        if self._bytes > WAITING_LIMIT:
            self._came_alone(place)

    def _wait_no_longer(self, place: _Place) -> _Waiting:
        waiting = self._waiting.pop(place)
        waiting.timer.cancel()
        self._bytes -= waiting.size
        return waiting

    def _came_alone(self, place: _Place) -> None:
        """Keep pictures that no event followed as taken when they came."""
        waiting = self._wait_no_longer(place)
        owner, key = place
        if not self._owns(owner, key):
            # It has been forgotten, and nothing brings it back but its own word.
            return
        device = InputReport(device_key=key, image=waiting.clean, image_at=waiting.came_at, annotated=waiting.annotated)
        taken_at = waiting.came_at if waiting.clean is not None else None
        kept = self._keep_both(device, taken_at, waiting.origin)
        status = self._state.source_status.get(owner)
        # Told after its source was lost, it would pass for a sign of life.
        if kept and not (status is not None and status.lost):
            self._tell(Report(source=waiting.source, kind=ReportKind.EVENT, inputs=(device,)))

    def _with_waiting(self, report: Report) -> Report:
        """Return an event with the pictures that went ahead of it; one that was told before needs none of them."""
        owner = owner_of(self._state, report.source)
        told = self._was_told(report)
        inputs = list(report.inputs)
        for index, device in enumerate(inputs):
            place = owner, device.device_key
            if place not in self._waiting:
                continue
            if told:
                self._wait_no_longer(place)
            elif device.image_at is None:
                self._came_alone(place)
            else:
                waiting = self._wait_no_longer(place)
                inputs[index] = replace(device, image=waiting.clean, annotated=waiting.annotated)
        return replace(report, inputs=tuple(inputs))

    def _forget_twin(self, place: _Place, device: InputReport) -> None:
        """Let no picture wait that has just come over the other broker with all about it."""
        waiting = self._waiting.get(place)
        if waiting is not None and waiting.clean is not None and waiting.clean == device.image:
            self._wait_no_longer(place)

    def _keep_both(self, device: InputReport, taken_at: float | None, origin: str) -> bool:
        """Keep a device's pictures; says whether one is new. Without a time they were taken now.

        An annotated one alone belongs to the clean one that is there.
        """
        key, found = device.device_key, []
        if device.image is not None:
            found.append(self._keep(key, device.image, taken_at, origin))
            if found[0] in (Shelved.OLDER, Shelved.REFUSED):
                return False
        if device.annotated is not None:
            clean = self._shelf.get(key)
            if clean is not None and (taken_at is None or device.image is not None):
                taken_at = clean.taken_at
            found.append(self._keep(annotated_of(key), device.annotated, taken_at, origin))
        return Shelved.NEW in found

    def _keep(self, name: str, image: bytes, taken_at: float | None, origin: str) -> Shelved:
        now = time.time()
        # A camera whose clock was ahead must not shut out its own pictures once it is set right.
        shelved = self._shelf.put(name, image, min(taken_at or now, now))
        if shelved is Shelved.NEW:
            self._counters.images += 1
        elif shelved is Shelved.REFUSED:
            key = name.partition("\n")[0]
            self._refuse(origin, "bad_image", f"{key} sent a picture, but too much is kept of others")
        return shelved


def _is_good(image: bytes | None) -> bool:
    return image is None or content_type(image) is not None


def _without_bad(device: InputReport) -> InputReport:
    return replace(
        device,
        image=device.image if _is_good(device.image) else None,
        annotated=device.annotated if _is_good(device.annotated) else None,
    )
