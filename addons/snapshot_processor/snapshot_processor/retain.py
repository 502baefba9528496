"""The stage that makes room: what is too old goes, then the oldest while there is too much, or the disk is full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import logging
import sqlite3
import time
from typing import Final, override

from hub_relay.stages import Stage

from .camera_options import Camera
from .ledger.ledger import Ledger, LedgerPlace
from .ledger.pictures import KnownPicture, Pictures
from .model import PartHealth
from .store import Store

LOG: Final = logging.getLogger(__name__)
DAY: Final = 86_400.0
_LOOK_EVERY: Final = 10.0
_BATCH: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What pictures may take: ``most`` bytes in all (0: no limit), and ``reserve`` bytes of the disk stay free.

    ``keep_days`` is for cameras that are no longer set up; 0 keeps for ever.
    """

    most: int
    reserve: int
    keep_days: float


class Retention:
    """The rule, a batch at a time; for the thread whose ledger this is."""

    def __init__(
        self, cameras: Sequence[Camera], store: Store, pictures: Pictures, room: Room, clock: Callable[[], float]
    ) -> None:
        """Keep what ``room`` allows; ``clock`` tells unix seconds."""
        self._days = {one.key: one.keep_days for one in cameras}
        self._store = store
        self._pictures = pictures
        self._room = room
        self._clock = clock

    def make_room(self) -> int:
        """Delete one batch of what has to go, and return how many files that was. Raises OS and SQLite errors."""
        if self.full() and (broken := self._store.drop_broken(0)):
            return broken
        gone, failed = self._delete(self._too_old() or self._too_much())
        if gone:
            self._pictures.forget(gone)
        elif failed is not None:
            raise failed
        return len(gone)

    def full(self) -> bool:
        """Say whether the disk has less free than its reserve. Raises ``OSError``."""
        return self._store.free() < self._room.reserve

    def _delete(self, pictures: Sequence[KnownPicture]) -> tuple[list[KnownPicture], OSError | None]:
        """Delete their files, and return those that are gone, and what kept another one.

        Files first: on a full disk nothing can be noted, and what is noted and gone is no loss.
        """
        gone: list[KnownPicture] = []
        failed = None
        for picture in pictures:
            try:
                self._store.delete(picture.path)
                gone.append(picture)
            except OSError as error:
                failed = error
        return gone, failed

    def _too_old(self) -> Sequence[KnownPicture]:
        for camera in self._pictures.cameras():
            days = self._days.get(camera, self._room.keep_days)
            if days and (found := self._pictures.older_than(camera, self._clock() - days * DAY, _BATCH)):
                return found
        return ()

    def _too_much(self) -> Sequence[KnownPicture]:
        """Return the oldest: those that the archive has, or need not have, before those that it has not."""
        over = self._pictures.size() - self._room.most if self._room.most else 0
        over = max(over, self._room.reserve - self._store.free())
        if over <= 0:
            return ()
        found, freed = [], 0
        for picture in self._pictures.oldest(_BATCH):
            if freed >= over:
                break
            found.append(picture)
            freed += picture.size + picture.marked_size
        return found


class RetainStage(Stage):
    """Makes room every few seconds."""

    def __init__(self, cameras: Sequence[Camera], store: Store, place: LedgerPlace, room: Room) -> None:
        """Prepare to keep what ``room`` allows."""
        super().__init__("retain", still_after=60.0)
        self._cameras = cameras
        self._store = store
        self._place = place
        self._room = room
        self._problem: str | None = None
        self.deleted = 0

    def health(self) -> PartHealth:
        """Say whether there is room."""
        return PartHealth(ok=self._problem is None, detail=self._problem)

    @override
    def run(self) -> None:
        with self._place.open() as ledger:
            while not self.stopping:
                self.beat()
                if not self._round(ledger):
                    self.wait(_LOOK_EVERY)

    def _round(self, ledger: Ledger) -> int:
        retention = Retention(self._cameras, self._store, ledger.pictures, self._room, time.time)
        problem = None
        gone = 0
        try:
            gone = retention.make_room()
            if not gone and retention.full():
                problem = "The disk is full although all old pictures are gone: delete something else"
        except (OSError, sqlite3.Error) as error:
            problem = f"Old pictures cannot be deleted, check the disk: {error}"
        if problem != self._problem and problem is not None:
            LOG.error("%s", problem)
        self._problem = problem
        self.deleted += gone
        return gone
