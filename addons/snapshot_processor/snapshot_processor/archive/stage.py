"""The archive's thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
import logging
from pathlib import Path
import time
from typing import Final, override

from hub_relay.stages import Inlet, Relay, Stage

from ..model import PartHealth
from .config import ArchiveConfig
from .queue import ArchiveQueue, Waiting
from .work import ArchiveWork

LOG: Final = logging.getLogger(__name__)
# One upload is several waits for an answer, each with its own limit.
_STILL_AFTER: Final = 300.0
_BEAT_EVERY: Final = 30.0


class ArchiveStage(Stage):
    """Copies pictures to Google Drive, in the order in which they were taken.

    A frame on ``nudge``, whatever is in it, says that a picture was queued; give it ``Overflow.DROP_NEWEST``, since
    the queue is the truth. What it holds while it runs is in the queue or on Drive, so it may be left in any upload.
    """

    def __init__(
        self,
        config: ArchiveConfig,
        nudge: Relay,
        open_queue: Callable[[], AbstractContextManager[ArchiveQueue]],
        images: Path,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; ``open_queue`` is called in the stage's own thread, ``clock`` gives Unix seconds."""
        super().__init__("archive", still_after=_STILL_AFTER)
        self._config = config
        self._nudge = nudge
        self._open_queue = open_queue
        self._images = images
        self._clock = clock
        self._work: ArchiveWork | None = None

    def health(self) -> PartHealth:
        """Return how the archive is doing; what is wrong says what to do. Any thread may ask."""
        return PartHealth(ok=True) if self._work is None else self._work.health

    @property
    def waiting(self) -> Waiting:
        """How much waits to be sent, some seconds ago. Any thread may ask."""
        return Waiting(count=0, size=0, oldest=None) if self._work is None else self._work.waiting

    @override
    def run(self) -> None:
        with Inlet(self._nudge, self.stop_flag) as inlet, self._open_queue() as queue:
            work = self._work = ArchiveWork(self._config, queue, self._images, alive=self._alive)
            while self._alive():
                with self.leavable():
                    pause = work.step(self._clock())
                inlet.get(min(pause, _BEAT_EVERY))

    def _alive(self) -> bool:
        self.beat()
        return not self.stopping
