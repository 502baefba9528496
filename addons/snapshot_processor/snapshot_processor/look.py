"""The stage that looks at pictures: gate, detectors, boxes drawn in; then brokers and the archive may have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
import hashlib
import logging
import sqlite3
import time
from typing import Final, override

from hub_relay.logs import Throttle
from hub_relay.publisher import NEWS
from hub_relay.stages import Inlet, Outlet, Relay, Stage

from .annotate import annotate
from .camera_options import Camera
from .events import read_picture_file
from .images import read_picture
from .ledger.ledger import Ledger, LedgerPlace
from .ledger.pictures import KnownPicture, Seen
from .looker import Looker
from .model import Detection, Gate, Look, Origin, PartHealth, Status
from .store import Store, marked_name
from .words import summary

LOG: Final = logging.getLogger(__name__)
# A picture that has waited for so long goes out unlooked: the hub takes nothing that is two minutes old.
LATE: Final = 10.0
# The same bytes from the same camera within so many seconds are the same picture, sent again.
SENT_AGAIN: Final = 600.0
_STILL_AFTER: Final = 60.0
_LOOK_EVERY: Final = 5.0
_RETRY: Final = 1.0


class LookStage(Stage):
    """Looks at one picture after the other, in the order in which they came."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        store: Store,
        place: LedgerPlace,
        make_looker: Callable[[Ledger], Looker],
        news: Relay,
        on: Sequence[Relay],
    ) -> None:
        """Be woken by ``news``, and wake those who send by ``on``; ``make_looker`` is called in the stage's thread."""
        super().__init__("look", still_after=_STILL_AFTER)
        self._cameras = {one.key: one for one in cameras}
        self._store = store
        self._place = place
        self._make_looker = make_looker
        self._news = news
        self._on = on
        self._looker: Looker | None = None
        self._complaints = Throttle()
        self._problem: str | None = None
        self.looked = 0

    def health(self) -> PartHealth:
        """Say how the detectors are doing."""
        if self._problem is not None or self._looker is None:
            return PartHealth(ok=self._problem is None, detail=self._problem)
        return self._looker.health()

    @override
    def run(self) -> None:
        with ExitStack() as stack:
            inlet = stack.enter_context(Inlet(self._news, self.stop_flag))
            outlets = [stack.enter_context(Outlet(relay)) for relay in self._on]
            ledger = stack.enter_context(self._place.open())
            self._looker = self._make_looker(ledger)
            while not self.stopping:
                self.beat()
                pause = self._look_at_next(ledger, outlets, self._looker)
                if pause:
                    inlet.get(pause)
                while inlet.get(0) is not None:
                    pass

    def _look_at_next(self, ledger: Ledger, outlets: Sequence[Outlet], looker: Looker) -> float:
        """Look at the next picture, and return for how many seconds there is nothing to do."""
        try:
            picture = ledger.pictures.next_to_look_at()
            if picture is None:
                return _LOOK_EVERY
            camera = self._cameras.get(picture.camera)
            seen = self._seen(picture, camera, looker, again=ledger.pictures.came_before(picture, SENT_AGAIN))
            ledger.pictures.looked_at(picture, seen, to_archive=camera is not None and camera.archive)
            self._problem = None
        except (OSError, sqlite3.Error) as error:
            self._problem = f"What was found cannot be stored, make room or check the disk: {error}"
            if self._complaints.due("store"):
                LOG.error("%s", self._problem)  # noqa: TRY400 - the sentence says it
            return _RETRY
        self.looked += 1
        for outlet in outlets:
            outlet.put(NEWS, {})
        return 0.0

    def _seen(self, known: KnownPicture, camera: Camera | None, looker: Looker, *, again: bool) -> Seen:
        """Look at a picture, and draw in what is found. Raises ``OSError`` when that cannot be written."""
        asked_for = known.operation == Origin.FETCH
        wanted = camera.look if camera else Look()
        if again and not asked_for:
            return _unseen(Status.GATED, Gate.DUPLICATE)
        if not wanted.detectors:
            return _unseen(Status.OFF)
        if time.time() - known.taken_at > LATE:
            return _unseen(Status.GATED, Gate.BUSY)
        try:
            picture = read_picture(read_picture_file(self._store, known) or b"")
            detection = looker.look(known.camera, wanted, picture, time.time(), asked_for=asked_for)
            marked = annotate(picture, detection) if detection.things else None
        except Exception as error:
            # A fault of a detector must not hold the picture back.
            LOG.exception("%s: looking at %s failed", known.camera, known.path)
            return _unseen(Status.FAILED, f"The detector failed: {type(error).__name__}, see the log")
        if marked is None:
            return Seen(detection=detection, summary=summary(detection))
        return self._marked(known, detection, marked)

    def _marked(self, known: KnownPicture, detection: Detection, content: bytes) -> Seen:
        folder, _, name = known.path.rpartition("/")
        relative = f"{folder}/{marked_name(name, detection)}"
        self._store.write(relative, content)
        return Seen(
            detection=detection,
            summary=summary(detection),
            marked=relative,
            marked_size=len(content),
            marked_md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        )


def _unseen(status: Status, reason: str | None = None) -> Seen:
    return Seen(detection=Detection(status=status, reason=reason), summary=None)
