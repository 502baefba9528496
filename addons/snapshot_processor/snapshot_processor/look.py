"""The stage that looks at pictures: gate, detectors, boxes drawn in; then brokers and the archive may have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
import hashlib
import logging
import sqlite3
import time
from typing import Final, Protocol, override

from hub_relay.logs import Throttle
from hub_relay.publisher import NEWS
from hub_relay.stages import Inlet, Outlet, Relay, Stage

from .annotate import annotate
from .camera_options import Camera
from .events import read_file
from .images import Picture, read_picture
from .ledger.ledger import Ledger, LedgerPlace
from .ledger.pictures import KnownPicture, Seen
from .model import Detection, Gate, Look, Origin, PartHealth, Status
from .store import Store, marked_path
from .words import summary

LOG: Final = logging.getLogger(__name__)
# A picture that has waited for so many seconds goes out unlooked while so many others wait behind it: the hub takes
# nothing that is two minutes old.
LATE: Final = 10.0
BACKLOG: Final = 5
# The same bytes from the same camera within so many seconds are the same picture, sent again.
SENT_AGAIN: Final = 600.0
_STILL_AFTER: Final = 60.0
_LOOK_EVERY: Final = 5.0
_RETRY: Final = 1.0


class Looks(Protocol):
    """Who looks at pictures."""

    def look(self, key: str, look: Look, picture: Picture, now: float, *, asked_for: bool) -> Detection:
        """Return what is in the picture of the camera ``key``, at ``now`` (unix seconds)."""
        ...

    def health(self) -> PartHealth:
        """Say how the detectors are doing; any thread may ask."""
        ...


class Looking:
    """Looks at one picture after the other, for the thread whose ledger this is."""

    def __init__(
        self,
        cameras: Mapping[str, Camera],
        store: Store,
        ledger: Ledger,
        looker: Looks,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Know ``cameras`` by their key; ``clock`` tells unix seconds."""
        self._cameras = cameras
        self._store = store
        self._ledger = ledger
        self._looker = looker
        self._clock = clock
        self._complaints = Throttle()
        # What was found and could not be noted: who looks again compares the picture with itself.
        self._last: tuple[int, Seen] | None = None

    def next(self) -> bool:
        """Look at the next picture, and say whether there was one. Raises ``sqlite3.Error``, and is asked again."""
        picture = self._ledger.pictures.next_to_look_at()
        if picture is None:
            return False
        camera = self._cameras.get(picture.camera)
        if self._last is None or self._last[0] != picture.id:
            again = self._ledger.pictures.came_before(picture, SENT_AGAIN)
            self._last = (picture.id, self._seen(picture, camera, again=again))
        self._ledger.pictures.looked_at(picture, self._last[1], to_archive=camera is not None and camera.archive)
        return True

    def _seen(self, known: KnownPicture, camera: Camera | None, *, again: bool) -> Seen:
        """Look at a picture, and draw in what is found."""
        asked_for = known.operation == Origin.FETCH
        wanted = camera.look if camera else Look()
        if again and not asked_for:
            return _unseen(Status.GATED, Gate.SENT_AGAIN)
        if not wanted.detectors:
            return _unseen(Status.OFF)
        if not asked_for and self._late(known):
            return _unseen(Status.GATED, Gate.BUSY)
        try:
            picture = read_picture(read_file(self._store, known.path) or b"")
            detection = self._looker.look(known.camera, wanted, picture, self._clock(), asked_for=asked_for)
        except Exception as error:
            # A fault of a detector must not hold the picture back.
            LOG.exception("%s: looking at %s failed", known.camera, known.path)
            return _unseen(Status.FAILED, f"The detector failed: {type(error).__name__}, see the log")
        return self._marked(known, detection, picture)

    def _late(self, known: KnownPicture) -> bool:
        return self._clock() - known.taken_at > LATE and self._ledger.pictures.to_look_at() > BACKLOG

    def _marked(self, known: KnownPicture, detection: Detection, picture: Picture) -> Seen:
        if not detection.things:
            return Seen(detection=detection, summary=summary(detection))
        path = marked_path(known.path, detection)
        try:
            content = annotate(picture, detection)
            self._store.write(path, content)
        except Exception:
            # What was found is worth more than the lines around it.
            if self._complaints.due("marked"):
                LOG.exception("%s: what was found in %s cannot be drawn in", known.camera, known.path)
            return Seen(detection=detection, summary=summary(detection))
        return Seen(
            detection=detection,
            summary=summary(detection),
            marked=path,
            marked_size=len(content),
            marked_md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        )


class LookStage(Stage):
    """Looks at one picture after the other, in the order in which they came."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        store: Store,
        place: LedgerPlace,
        make_looker: Callable[[Ledger], Looks],
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
        self._looker: Looks | None = None
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
            looking = Looking(self._cameras, self._store, ledger, self._looker)
            while not self.stopping:
                self.beat()
                pause = self._look(looking, outlets)
                if pause:
                    inlet.get(pause)
                while inlet.get(0) is not None:
                    pass

    def _look(self, looking: Looking, outlets: Sequence[Outlet]) -> float:
        """Look at the next picture, and return for how many seconds there is nothing to do."""
        try:
            # A detector may take its time, and nobody has to wait for it at the end: the picture is looked at later.
            with self.leavable():
                found = looking.next()
        except sqlite3.Error as error:
            problem = f"What was found cannot be noted, make room or check the disk: {error}"
            if problem != self._problem:
                LOG.error("%s", problem)  # noqa: TRY400 - the sentence says it
            self._problem = problem
            return _RETRY
        self._problem = None
        if not found:
            return _LOOK_EVERY
        self.looked += 1
        for outlet in outlets:
            outlet.put(NEWS, {})
        return 0.0


def _unseen(status: Status, reason: str | None = None) -> Seen:
    return Seen(detection=Detection(status=status, reason=reason), summary=None)
