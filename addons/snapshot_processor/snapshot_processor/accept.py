"""The stage that takes pictures in: whole ones into their place and the ledger, all else apart."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
from contextlib import ExitStack
from dataclasses import dataclass
import hashlib
import logging
from pathlib import Path
import sqlite3
import time
from typing import Final, override

from hub_relay.logs import Throttle
from hub_relay.native import Status
from hub_relay.stages import Inlet, Outlet, Relay, Stage

from .camera_options import Camera
from .images import BrokenImageError, Picture, read_picture
from .ledger.ledger import Ledger, LedgerPlace
from .ledger.pictures import NewPicture
from .model import Origin, PartHealth
from .receive import inbox
from .receive.inbox import Arrival
from .store import Store, sync_file

LOG: Final = logging.getLogger(__name__)
# Accounts of the inbox that no FTP login has.
FETCHED: Final = "_fetched"
HANDED_IN: Final = "_handed_in"
# How many broken pictures are kept to look at.
KEEP_BROKEN: Final = 50
_SWEEP_EVERY: Final = 1.0
_STILL_AFTER: Final = 30.0
_TIDY_EVERY: Final = 600.0
# A file that others write is taken once it has not changed for so long, in seconds.
_QUIET: Final = 2.0


@dataclass(slots=True, kw_only=True)
class AcceptCounts:
    """What became of what came."""

    taken: int = 0
    broken: int = 0
    strange: int = 0
    """Of no camera that is set up."""


class Cameras:
    """Whose picture an arrival is."""

    def __init__(self, cameras: Sequence[Camera], shared: str | None) -> None:
        """Know the cameras, and the account that several of them share."""
        self._shared = shared
        self._by_account = {one.account.username: one for one in cameras if one.account is not None}
        self._by_folder = {one.folder.casefold(): one for one in cameras}
        self._by_slug = {one.slug: one for one in cameras}

    def of(self, arrival: Arrival) -> Camera | None:
        """Return the camera, ``None`` for a stranger's."""
        if arrival.account in {FETCHED, HANDED_IN}:
            return self._by_slug.get(arrival.folder)
        if arrival.account != self._shared:
            return self._by_account.get(arrival.account)
        words = arrival.folder.casefold().split("/")
        return next(
            (found for end in range(len(words), 0, -1) if (found := self._by_folder.get("/".join(words[:end])))), None
        )


class AcceptStage(Stage):
    """Sweeps the inbox, when it is told to and every second."""

    def __init__(
        self, cameras: Sequence[Camera], shared: str | None, store: Store, place: LedgerPlace, news: Relay, on: Relay
    ) -> None:
        """Be woken by ``news``, and wake who looks at pictures by ``on``."""
        super().__init__("accept", still_after=_STILL_AFTER)
        self._cameras = cameras
        self._whose = Cameras(cameras, shared)
        self._store = store
        self._place = place
        self._news = news
        self._on = on
        self._complaints = Throttle()
        self._problem: str | None = None
        self.counts = AcceptCounts()

    def health(self) -> PartHealth:
        """Say whether pictures can be stored."""
        return PartHealth(ok=self._problem is None, detail=self._problem)

    @override
    def run(self) -> None:
        with ExitStack() as stack:
            inlet = stack.enter_context(Inlet(self._news, self.stop_flag))
            outlet = stack.enter_context(Outlet(self._on))
            ledger = stack.enter_context(self._place.open())
            tidied = time.monotonic()
            while not self.stopping:
                self.beat()
                self._sweep(ledger, outlet)
                if time.monotonic() - tidied > _TIDY_EVERY:
                    tidied = time.monotonic()
                    inbox.tidy(self._store.inbox)
                inlet.get(_SWEEP_EVERY)
                while inlet.get(0) is not None:
                    pass

    def _sweep(self, ledger: Ledger, outlet: Outlet) -> None:
        try:
            self._take_from_folders()
            for arrival in inbox.sweep(self._store.inbox):
                if self.stopping:
                    return
                self.beat()
                # Its camera may rename or delete it meanwhile.
                with contextlib.suppress(FileNotFoundError):
                    if self._take(arrival, ledger):
                        outlet.put("taken", {})
            self._problem = None
        except (OSError, sqlite3.Error) as error:
            # It stays in the inbox, and is taken once that is possible.
            self._problem = f"Pictures cannot be stored, make room or check the disk: {error}"
            if self._complaints.due("store"):
                LOG.error("%s", self._problem)  # noqa: TRY400 - the sentence says it

    def _take(self, arrival: Arrival, ledger: Ledger) -> bool:
        """Take one picture in, and say whether there is something to look at. Raises ``OSError``, ``sqlite3.Error``."""
        known = ledger.pictures.by_ticket(arrival.ticket)
        if known is not None:
            # Noted before the program was killed, and not moved any more.
            self._store.take_in(arrival.path, known.path)
            ledger.pictures.settled(known.id)
            return True
        camera = self._whose.of(arrival)
        if camera is None:
            self.counts.strange += 1
            self._apart(arrival, f"no camera has the account or folder {arrival.account}/{arrival.folder}")
            return False
        try:
            content, picture = _read(arrival)
        except BrokenImageError as error:
            self.counts.broken += 1
            self._apart(arrival, str(error), camera)
            ledger.commands.answer_ticket(
                arrival.ticket, Status.FAILED, f"The camera did not send a whole picture: {error}"
            )
            return False
        self._note(arrival, camera, content, picture, ledger)
        return True

    def _note(self, arrival: Arrival, camera: Camera, content: bytes, picture: Picture, ledger: Ledger) -> None:
        sync_file(arrival.path)
        operation = Origin.FETCH if arrival.account == FETCHED else Origin.UPLOAD
        taken_at = min(arrival.at, time.time())
        new = NewPicture(
            ticket=arrival.ticket,
            camera=camera.key,
            slug=camera.slug,
            operation=operation,
            taken_at=taken_at,
            path=self._store.choose(operation, camera.slug, taken_at, picture.kind),
            arrived=str(arrival.path.relative_to(self._store.root)),
            size=len(content),
            md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        )
        known = ledger.pictures.take_in(new)
        self._store.take_in(arrival.path, known.path)
        ledger.pictures.settled(known.id)
        ledger.commands.answer_ticket(arrival.ticket, Status.DONE, known.path)
        self.counts.taken += 1

    def _apart(self, arrival: Arrival, why: str, camera: Camera | None = None) -> None:
        self._store.set_apart(arrival.path, KEEP_BROKEN)
        where = camera.key if camera else arrival.account
        if self._complaints.due(where):
            LOG.warning("%s: what was sent as %r is kept apart: %s", where, arrival.name, why)

    def _take_from_folders(self) -> None:
        """Move what others have put into the watched folders to the inbox."""
        for camera in self._cameras:
            if camera.watched is None or not camera.watched.is_dir():
                continue
            for path in sorted(camera.watched.iterdir()):
                if path.is_file() and not path.name.startswith(".") and time.time() - path.stat().st_mtime > _QUIET:
                    self._hand_in(path, camera)

    def _hand_in(self, path: Path, camera: Camera) -> None:
        inbox.put(self._store.inbox, HANDED_IN, camera.slug, path.name, path.read_bytes())
        path.unlink()


def _read(arrival: Arrival) -> tuple[bytes, Picture]:
    if not arrival.whole:
        raise BrokenImageError("the connection broke off")
    content = arrival.path.read_bytes()
    return content, read_picture(content)
