"""What these tests share: a ledger, pictures on a disk, and an archive whose clock the test winds."""

from collections.abc import Callable, Iterator
import contextlib
from dataclasses import dataclass, field
import hashlib
from pathlib import Path
import sqlite3
import time
from typing import Any

from devkit.fake_drive import FakeDrive
from devkit.polling import POLL
from snapshot_processor.archive.config import ArchiveConfig
from snapshot_processor.archive.login import Login
from snapshot_processor.archive.queue import SCHEMA, ArchiveItem, ArchiveQueue, add
from snapshot_processor.archive.work import ArchiveWork

SECRET = "the client's own secret"
FOLDER = "Home pictures"
# 12 noon of a day in UTC.
NOON = 1_795_694_400.0
DAY = 86_400.0


def config(drive: FakeDrive, place: Path, **changes: Any) -> ArchiveConfig:
    settings: dict[str, Any] = {
        "token": place / "drive_token.json",
        "client_id": "client",
        "client_secret": SECRET,
        "folder": FOLDER,
        "endpoint": drive.url,
        "timeout": 50.0,
    }
    return ArchiveConfig(**(settings | changes))


def logged_in(drive: FakeDrive, settings: ArchiveConfig) -> Any:
    """Log in as the only user does, and return the credentials, which are kept too."""
    login = Login(settings)
    prompt = login.begin(time.time())
    drive.login.allow(prompt.code)
    return login.poll(prompt)


def open_ledger(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, autocommit=True)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(SCHEMA)
    return connection


def item_of(path: str, content: bytes, taken_at: float = NOON) -> ArchiveItem:
    return ArchiveItem(
        path=path,
        name=Path(path).name,
        camera="Front door",
        taken_at=taken_at,
        size=len(content),
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
    )


def eventually(condition: Callable[[], object], patience: float = 60.0) -> None:
    """Wait until ``condition`` holds. Fails after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(POLL)


@dataclass(kw_only=True)
class Home:
    """One installation: its disk, its ledger, and the archive's work on a clock that only the test moves."""

    drive: FakeDrive
    folder: Path
    now: float = NOON
    changes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.images = self.folder / "images"
        self.settings = config(self.drive, self.folder, **self.changes)
        self.connection = open_ledger(self.folder / "ledger.db")
        self.queue = ArchiveQueue(self.connection)
        self.work = ArchiveWork(self.settings, self.queue, self.images)

    def take(self, taken_at: float | None = None, content: bytes | None = None) -> ArchiveItem:
        """Take a picture: its file is there and it is queued, as after a commit."""
        moment = self.now if taken_at is None else taken_at
        content = b"\xff\xd8" + str(moment).encode() * 50 + b"\xff\xd9" if content is None else content
        item = item_of(f"front_door/2026-11-26/upload_front_door_{int(moment)}.jpg", content, moment)
        path = self.images / item.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        add(self.connection, item)
        return item

    def restart(self) -> None:
        """End as a kill does, and come up again with what is on the disk."""
        self.connection.close()
        self.__post_init__()

    def step(self) -> float:
        """Make one step, and let the time pass that it asks for."""
        pause = self.work.step(self.now)
        self.now += pause
        return pause

    def run(self, seconds: float = 1.0) -> int:
        """Make steps until so much time has passed, and no more; returns how many."""
        end = self.now + seconds
        steps = 0
        while self.now < end:
            self.now = min(self.now + self.work.step(self.now), end)
            steps += 1
            assert steps < 1000 + seconds / 5, "the archive runs hot"
        return steps

    def close(self) -> None:
        self.connection.close()


@contextlib.contextmanager
def queue_at(path: Path) -> Iterator[ArchiveQueue]:
    """Open a queue as a stage's thread does."""
    connection = open_ledger(path)
    try:
        yield ArchiveQueue(connection)
    finally:
        connection.close()
