"""The stage that makes room: what is too old goes, then the oldest while there is too much, or the disk is full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import contextlib
from dataclasses import dataclass
import logging
from pathlib import Path
import sqlite3
import time
from typing import Final, override

from hub_relay.stages import Stage

from .ballast import Ballast
from .camera_options import Camera
from .events import Composer
from .ledger.ledger import Ledger, LedgerPlace
from .ledger.pictures import KnownPicture, Pictures
from .model import PartHealth
from .steady import SteadyClock
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

    @property
    def floor(self) -> int:
        """What stays free of that which comes in, in bytes: the rest of the reserve is time to delete in."""
        return self.reserve // 2


class Retention:
    """The rule, a batch at a time; for the thread whose ledger this is."""

    def __init__(
        self, cameras: Sequence[Camera], store: Store, pictures: Pictures, room: Room, clock: Callable[[], float]
    ) -> None:
        """Keep what ``room`` allows; ``clock`` tells unix seconds."""
        # Of a picture that is gone, it tells all but what was in it.
        self._compose = Composer(pictures, store, {one.key: one for one in cameras}).event
        self._days = {one.key: one.keep_days for one in cameras}
        self._store = store
        self._pictures = pictures
        self._room = room
        self._clock = clock

    def make_room(self, *, by_age: bool = True) -> int:
        """Delete one batch of what has to go, and return how many files that was. Raises OS and SQLite errors.

        Not ``by_age`` when the clock may be wrong. What still has to be told never goes for its age, and is told
        without its picture when that goes for the room.
        """
        if self.full() and (broken := self._store.drop_broken(0)):
            return broken
        if strangers := self._delete_strangers(by_age=by_age):
            return strangers
        gone, failed = self._delete((by_age and self._too_old()) or self._too_much())
        if gone:
            self._pictures.forget(gone, self._compose)
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

    def _delete_strangers(self, *, by_age: bool) -> int:
        gone = 0
        for path in self._strangers(by_age=by_age):
            # One that stays does not keep the others.
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _strangers(self, *, by_age: bool) -> Sequence[Path]:
        """Return the pictures of no camera that have to go: they go before all others."""
        found = self._store.strangers()
        days = self._room.keep_days if by_age else 0
        old = [one.path for one in found if days and one.at < self._clock() - days * DAY]
        if old or not found:
            return old
        over, freed, gone = self._over(sum(one.size for one in found)), 0, []
        for one in found:
            if freed >= over:
                break
            gone.append(one.path)
            freed += one.size
        return gone

    def _over(self, strange: int = 0) -> int:
        """Return by how many bytes there is too much, all in all."""
        over = self._pictures.size() + strange - self._room.most if self._room.most else 0
        return max(over, self._room.reserve - self._store.free())

    def _too_old(self) -> Sequence[KnownPicture]:
        for camera in self._pictures.cameras():
            days = self._days.get(camera, self._room.keep_days)
            if days and (found := self._pictures.older_than(camera, self._clock() - days * DAY, _BATCH)):
                return found
        return ()

    def _too_much(self) -> Sequence[KnownPicture]:
        """Return the oldest: those that the archive has, or need not have, before those that it has not."""
        if (over := self._over()) <= 0:
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

    def __init__(
        self,
        cameras: Sequence[Camera],
        store: Store,
        place: LedgerPlace,
        room: Room,
        ballast: Ballast | None = None,
    ) -> None:
        """Prepare to keep what ``room`` allows, and some ``ballast`` while there is room."""
        super().__init__("retain", still_after=60.0)
        self._cameras = cameras
        self._store = store
        self._place = place
        self._room = room
        self._ballast = ballast
        self._clock = SteadyClock()
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
            gone = retention.make_room(by_age=self._clock.steady())
            if not gone and retention.full():
                problem = "The disk is full although all old pictures are gone: delete something else"
            elif not gone and self._ballast is not None:
                self._ballast.keep()
        except (OSError, sqlite3.Error) as error:
            problem = f"Old pictures cannot be deleted, check the disk: {error}"
        if problem != self._problem and problem is not None:
            LOG.error("%s", problem)
        self._problem = problem
        self.deleted += gone
        return gone
