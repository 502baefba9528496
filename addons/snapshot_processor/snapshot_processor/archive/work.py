"""The archive's work, step by step. It never waits and reads no clock, so a test lets a day pass in a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import hashlib
import logging
from pathlib import Path
import sqlite3
from typing import Any, Final

from ..model import PartHealth
from .config import ArchiveConfig
from .drive import Drive
from .errors import BAD_KEY, UNCLEAR, DriveError, Kind
from .login import Login, Prompt
from .queue import ArchiveItem, ArchiveQueue, Waiting
from .rules import DAY, FILED_AFTER, Outage, Step, next_step, pause_after, waits_for_itself

LOG: Final = logging.getLogger(__name__)
# How long there is nothing to do unless a picture comes, in seconds.
IDLE: Final = 60.0
_COUNT_EVERY: Final = 5.0
# How many things Drive may refuse to move or trash before tidying is given up for this time.
_REFUSALS: Final = 5
_WELL: Final = PartHealth(ok=True)
_LEDGER: Final = "The archive cannot note what it has done: make room on this machine's disk"


class ArchiveWork:
    """Logs in, uploads what waits, files away, and trashes what is old.

    ``health`` and ``waiting`` may be read by any thread. ``alive`` is called between things that take a while, and
    says whether to go on.
    """

    def __init__(
        self, config: ArchiveConfig, queue: ArchiveQueue, images: Path, *, alive: Callable[[], bool] = lambda: True
    ) -> None:
        """Prepare; the queue's connection belongs to the thread that makes the steps."""
        self._config = config
        self._queue = queue
        self._images = images
        self._alive = alive
        self._login = Login(config)
        self._drive: Drive | None = None
        self._prompt: Prompt | None = None
        self._poll_at = 0.0
        self._outage = Outage()
        self._tidied_at: float | None = None
        self._counted_at: float | None = None
        self._last_problem: str | None = None
        self.health = _WELL
        self.waiting = Waiting(count=0, size=0, oldest=None)

    def step(self, now: float) -> float:
        """Do one thing and return the seconds until there may be another."""
        try:
            self._count(now)
            pause = self._do(now)
        except DriveError as error:
            self._failed(error, now)
            pause = self._outage.left(now)
        except sqlite3.Error as error:
            LOG.debug("The ledger: %s", error)
            self._failed(DriveError(Kind.AWAY, _LEDGER), now)
            pause = self._outage.left(now)
        except Exception as error:  # noqa: BLE001 - no answer of Google's may end the archive, whatever is in it
            if self._last_problem != UNCLEAR:
                # Its text may hold a part of the answer, and that a token.
                LOG.error("A step of the archive broke down: %s", type(error).__name__)  # noqa: TRY400 - as above
            self._failed(DriveError(Kind.AWAY, UNCLEAR), now)
            pause = self._outage.left(now)
        return pause

    def _do(self, now: float) -> float:
        step = next_step(outage=self._outage, logged_in=self._drive is not None, tidied_at=self._tidied_at, now=now)
        if step is Step.REST:
            return self._outage.left(now)
        if self._drive is None:
            return self._log_in(now)
        if step is Step.TIDY:
            self._tidied_at = now
            self._tidy(self._drive, now)
            return 0.0
        item = self._queue.next(now)
        if item is None:
            if self._outage.failures:
                # Nothing waits that would show whether Drive is there again.
                self._tidy(self._drive, now)
            return IDLE
        self._upload(self._drive, item, now)
        return 0.0

    def _log_in(self, now: float) -> float:
        credentials: Any = self._login.kept() if self._prompt is None else None
        if credentials is None:
            if self._prompt is None or now >= self._prompt.expires_at:
                return self._ask(self._login.begin(now), now)
            # However often new pictures wake the archive: Google says how often it may be asked. A clock that was set
            # back must not keep it from asking.
            if 0 < (left := self._poll_at - now) <= self._prompt.interval:
                return left
            answer = self._login.poll(self._prompt)
            if isinstance(answer, Prompt):
                self._outage = Outage()
                return self._wait(answer, now)
            credentials = answer
            LOG.info("Logged in at Google")
        self._prompt = None
        self._drive = Drive(self._config, credentials)
        return 0.0

    def _wait(self, prompt: Prompt, now: float) -> float:
        self._prompt = prompt
        self._poll_at = now + prompt.interval
        return prompt.interval

    def _ask(self, prompt: Prompt, now: float) -> float:
        self._last_problem = prompt.sentence
        self.health = PartHealth(ok=False, detail=prompt.sentence)
        LOG.warning("%s", prompt.sentence)
        return self._wait(prompt, now)

    def _upload(self, drive: Drive, item: ArchiveItem, now: float) -> None:
        content = self._content(item, now)
        if content is None:
            return
        try:
            remote_id = drive.upload(item, content)
        except DriveError as error:
            if error.own:
                self._put_off(item, error, now)
                return
            raise
        self._queue.uploaded(item, remote_id, now)
        self._well()

    def _content(self, item: ArchiveItem, now: float) -> bytes | None:
        """Return the picture's bytes; one that is no more what was queued is given up."""
        try:
            content = (self._images / item.path).read_bytes()
        except FileNotFoundError:
            self._drop(item, "its file is gone", now)
            return None
        except OSError as error:
            why = f"Its file cannot be read: {error.strerror}"
            LOG.warning("%s is not archived now: %s", item.path, why)
            self._queue.postpone(item, why, now + pause_after(item.attempts))
            return None
        if len(content) != item.size or hashlib.md5(content, usedforsecurity=False).hexdigest() != item.md5:
            self._drop(item, "its file has changed", now)
            return None
        return content

    def _drop(self, item: ArchiveItem, why: str, now: float) -> None:
        LOG.warning("%s is not archived: %s", item.path, why)
        self._queue.drop(item, why, now)

    def _put_off(self, item: ArchiveItem, error: DriveError, now: float) -> None:
        """Put off what may be the picture's own fault: first with everything else, to keep the order, later alone."""
        if waits_for_itself(item.attempts + 1):
            LOG.warning("%s is put off: %s", item.path, error.text)
            self._queue.postpone(item, error.text, now + pause_after(item.attempts))
            return
        self._failed(error, now)
        self._queue.postpone(item, error.text, self._outage.until)

    def _tidy(self, drive: Drive, now: float) -> None:
        drive.look_again()
        self._queue.forget(now - DAY)
        self._each(drive.to_file_away(now - FILED_AFTER), drive.file_away)
        if self._config.keep_days is not None:
            self._each(drive.expired(now - self._config.keep_days * DAY), drive.trash)
        self._well()

    def _each[T](self, things: Iterable[T], do: Callable[[T], None]) -> None:
        refused = 0
        for thing in things:
            if not self._alive():
                return
            try:
                do(thing)
            except DriveError as error:
                # One that may not be touched does not keep the others.
                refused += 1
                if error.kind is not Kind.REFUSED or refused > _REFUSALS:
                    raise
                LOG.debug("Left as it is: %s", error.text)

    def _count(self, now: float) -> None:
        if self._counted_at is None or not 0 <= now - self._counted_at < _COUNT_EVERY:
            self._counted_at = now
            self.waiting = self._queue.waiting()

    def _failed(self, error: DriveError, now: float) -> None:
        if error.kind is Kind.REVOKED:
            if self._config.service_account is None:
                self._new_login(error)
                return
            error = DriveError(Kind.LOGIN, BAD_KEY)
        if error.kind is Kind.LOGIN:
            self._prompt = None
        self._outage = self._outage.failed(now)
        self.health = PartHealth(ok=False, detail=error.text)
        if self._last_problem != error.text:
            self._last_problem = error.text
            LOG.warning("%s", error.text)

    def _new_login(self, error: DriveError) -> None:
        LOG.warning("%s", error.text)
        self._drive = self._prompt = None
        self._login.forget()

    def _well(self) -> None:
        if self._last_problem is not None:
            LOG.info("The archive on Google Drive works again")
        self._last_problem = None
        self._outage = Outage()
        self.health = _WELL
