"""The stage that takes pictures in: whole ones into their place and the ledger, all else apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import contextlib
from contextlib import ExitStack
from functools import partial
import hashlib
import logging
import sqlite3
import time
from typing import Final, override

from hub_relay.logs import Throttle
from hub_relay.native import Status
from hub_relay.stages import Inlet, Outlet, Relay, Stage

from .camera_options import Camera
from .images import BrokenImageError, Picture, read_picture
from .ledger.ledger import Ledger, LedgerPlace
from .ledger.pictures import KnownPicture, NewPicture
from .model import Origin, PartHealth
from .receive import inbox
from .receive.inbox import Arrival
from .store import Names, Store, sync_file
from .tally import AcceptCounts
from .watched import WatchedFolders

LOG: Final = logging.getLogger(__name__)
# Accounts of the inbox that no FTP login has.
FETCHED: Final = "_fetched"
HANDED_IN: Final = "_handed_in"
# How many broken pictures are kept to look at.
KEEP_BROKEN: Final = 50
_SWEEP_EVERY: Final = 1.0
_STILL_AFTER: Final = 30.0
_TIDY_EVERY: Final = 120.0


class Cameras:
    """Whose picture an arrival is."""

    def __init__(self, cameras: Sequence[Camera], shared: str | None) -> None:
        """Know the cameras, and the account that several of them share."""
        self._shared = shared
        self._by_account = {one.account.username: one for one in cameras if one.account is not None}
        self._by_folder = {one.folder.casefold(): one for one in cameras if one.folder is not None}
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


class Intake:
    """Takes in what waits in the inbox, for the thread whose ledger this is.

    Noted first, then moved, then noted again: wherever that was broken off, the next sweep goes on.
    """

    def __init__(self, whose: Cameras, store: Store, ledger: Ledger, counts: AcceptCounts) -> None:
        """Count in ``counts``."""
        self._whose = whose
        self._store = store
        self._ledger = ledger
        self._counts = counts
        self._names = Names(store, ledger.pictures.knows_any)
        self._complaints = Throttle()

    def sweep(self) -> Iterator[bool | OSError]:
        """Take in one after the other; yield after each whether there is something to look at, or the error it met.

        Raises ``OSError`` when the inbox cannot be read, ``sqlite3.Error`` when nothing can be noted.
        """
        arrivals = inbox.sweep(self._store.inbox)
        if self._go_on({arrival.ticket for arrival in arrivals}):
            yield True
        for arrival in arrivals:
            yield self._step(arrival)

    def _step(self, arrival: Arrival) -> bool | OSError:
        try:
            return self._take(arrival)
        except FileNotFoundError:
            # Its camera may rename or delete it meanwhile.
            return False
        except OSError as error:
            # The others need not wait for it.
            return error

    def _go_on(self, arrived: set[str]) -> int:
        """Finish what was noted and is not in the inbox any more; return how many are in their place."""
        moved = 0
        for known in self._ledger.pictures.to_settle():
            if self._store.path(known.path).exists():
                self._ledger.settle(known)
                moved += 1
            elif known.ticket not in arrived:
                # Its camera has deleted it, or it is being renamed and comes as a new one.
                self._ledger.pictures.forget([known])
        return moved

    def _take(self, arrival: Arrival) -> bool:
        """Take one picture in, and say whether there is something to look at. Raises ``OSError``, ``sqlite3.Error``."""
        known = self._ledger.pictures.by_ticket(arrival.ticket)
        if known is not None:
            return self._place(arrival, known)
        camera = self._whose.of(arrival)
        try:
            content, picture = _read(arrival)
        except BrokenImageError as error:
            self._apart(arrival, str(error), camera)
            self._ledger.commands.answer_ticket(
                arrival.ticket, Status.FAILED, f"The camera did not send a whole picture: {error}"
            )
            return False
        if camera is None:
            self._keep_strange(arrival, picture)
            return False
        sync_file(arrival.path)
        known = self._ledger.pictures.take_in(self._noted(arrival, camera, content, picture))
        placed = self._place(arrival, known)
        self._counts.taken += 1
        return placed

    def _noted(self, arrival: Arrival, camera: Camera, content: bytes, picture: Picture) -> NewPicture:
        operation = Origin.FETCH if arrival.account == FETCHED else Origin.UPLOAD
        taken_at = min(arrival.at, time.time())
        return NewPicture(
            ticket=arrival.ticket,
            camera=camera.key,
            slug=camera.slug,
            operation=operation,
            taken_at=taken_at,
            path=self._names.choose(operation, camera.slug, taken_at, picture.kind),
            arrived=str(arrival.path.relative_to(self._store.root)),
            size=len(content),
            md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        )

    def _place(self, arrival: Arrival, known: KnownPicture) -> bool:
        """Move a picture that is noted to its place; say whether it was not there before."""
        if known.arrived is None:
            # The same came twice.
            arrival.path.unlink(missing_ok=True)
            return False
        self._store.take_in(arrival.path, known.path)
        self._ledger.settle(known)
        return True

    def _apart(self, arrival: Arrival, why: str, camera: Camera | None) -> None:
        self._store.set_apart(arrival.path, KEEP_BROKEN)
        where = camera.key if camera else _whose(arrival)
        self._counts.broken.add(where, time.time())
        if self._complaints.due(where):
            LOG.warning("%s: what was sent as %r is kept apart: %s", where, arrival.name, why)

    def _keep_strange(self, arrival: Arrival, picture: Picture) -> None:
        whose = _whose(arrival)
        self._store.keep_strange(arrival.path, whose, picture.kind)
        self._counts.strange.add(whose, time.time())
        if self._complaints.due(whose):
            LOG.warning("A picture is kept apart: no camera has the account or folder %s", whose)


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
        self._problem: str | None = None
        self.counts = AcceptCounts()

    def health(self) -> PartHealth:
        """Say whether pictures can be stored, and what came that is nobody's or broken."""
        return PartHealth(ok=self._problem is None, detail=self._problem or self.counts.told())

    @override
    def run(self) -> None:
        with ExitStack() as stack:
            inlet = stack.enter_context(Inlet(self._news, self.stop_flag))
            outlet = stack.enter_context(Outlet(self._on))
            ledger = stack.enter_context(self._place.open())
            intake = Intake(self._whose, self._store, ledger, self.counts)
            watched = WatchedFolders(self._cameras, HANDED_IN, self._store, partial(_is_known, ledger))
            tidied = time.monotonic()
            while not self.stopping:
                self._note(self._round(intake, watched, outlet))
                if time.monotonic() - tidied > _TIDY_EVERY:
                    tidied = time.monotonic()
                    with contextlib.suppress(OSError):
                        inbox.tidy(self._store.inbox)
                inlet.get(_SWEEP_EVERY)
                while inlet.get(0) is not None:
                    pass

    def _round(self, intake: Intake, watched: WatchedFolders, outlet: Outlet) -> str | None:
        """Take in what there is, and return what is wrong."""
        failed: Exception | None = None
        self.beat()
        try:
            watched.empty()
            self.beat()
            for found in intake.sweep():
                self.beat()
                if isinstance(found, OSError):
                    failed = found
                elif found:
                    outlet.put("taken", {})
                if self.stopping:
                    break
        except (OSError, sqlite3.Error) as error:
            # What is in the inbox stays there, and is taken once that is possible.
            failed = error
        if failed is None:
            return watched.problem
        return f"Pictures cannot be stored, make room on the disk, or memory: {failed}"

    def _note(self, problem: str | None) -> None:
        if problem is not None and problem != self._problem:
            LOG.error("%s", problem)
        self._problem = problem


def _is_known(ledger: Ledger, ticket: str) -> bool:
    return ledger.pictures.by_ticket(ticket) is not None


def _whose(arrival: Arrival) -> str:
    return f"{arrival.account}/{arrival.folder}" if arrival.folder else arrival.account


def _read(arrival: Arrival) -> tuple[bytes, Picture]:
    if not arrival.whole:
        raise BrokenImageError("the connection broke off")
    content = arrival.path.read_bytes()
    return content, read_picture(content)
