"""What these tests share: tiny pictures, a home on a disk of its own, and somebody who looks as told."""

from collections.abc import Callable, Iterator, Mapping
import contextlib
from dataclasses import dataclass, field
from functools import cache
import hashlib
from io import BytesIO
import os
from pathlib import Path
import sqlite3
from typing import Any

import msgpack
from PIL import Image

from hub_relay.commands import Command
from snapshot_processor.accept import Cameras, Intake
from snapshot_processor.events import Composer
from snapshot_processor.images import Picture
from snapshot_processor.ledger.database import connect, prepare
from snapshot_processor.ledger.ledger import Ledger, LedgerPlace
from snapshot_processor.ledger.outbox import OutboxOfBroker
from snapshot_processor.ledger.pictures import KnownPicture, NewPicture, Seen
from snapshot_processor.look import Looking
from snapshot_processor.model import Category, Detection, Look, PartHealth, Status, Thing
from snapshot_processor.receive import inbox
from snapshot_processor.settings import Settings, read_settings
from snapshot_processor.store import Store, day_of
from snapshot_processor.tally import AcceptCounts

NOW = 1_790_000_000.0
BROKERS = ("mqtt", "amqp")
SHARED = "camera"
PORCH, GARDEN = "Porch Camera", "Garden Camera"
OPTIONS: dict[str, Any] = {
    "ftp_password": "cameras only",
    "cameras": [
        {"label": "camera", "location": "Porch", "snapshot_url": "http://porch/image.jpg"},
        {"label": "camera", "location": "Garden", "ftp_username": "garden", "ftp_password": "green"},
    ],
}
PERSON = Detection(
    status=Status.DONE, detector="fake", things=(Thing(label="person", category=Category.PERSON, confidence=90.0),)
)
NOTHING = Detection(status=Status.DONE, detector="fake")


@cache
def jpeg_of(shade: int) -> bytes:
    """Return a small picture; another shade is another picture."""
    out = BytesIO()
    Image.new("RGB", (24, 16), (shade % 256, shade // 256 % 256, 90)).save(out, "JPEG")
    return out.getvalue()


@cache
def png_of(shade: int) -> bytes:
    """Return a small picture of the other kind."""
    out = BytesIO()
    Image.new("RGB", (24, 16), (shade % 256, 0, 90)).save(out, "PNG")
    return out.getvalue()


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def settings_of(state: Path, **options: Any) -> Settings:
    """Return the settings of options that are all right."""
    settings, problems = read_settings({**OPTIONS, **options}, state)
    assert problems == ()
    return settings


@dataclass
class FakeLooker:
    """Says what it is told to, and remembers what it was asked."""

    answer: Callable[[Picture], Detection] = lambda _picture: PERSON
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def look(self, key: str, look: Look, picture: Picture, now: float, *, asked_for: bool) -> Detection:
        assert look.detectors
        assert now > 0
        self.asked.append((key, asked_for))
        return self.answer(picture)

    def health(self) -> PartHealth:
        return PartHealth(ok=False, detail="the fake one is tired")


class Home:
    """One installation: its disk, its ledger, and the steps of the chain one at a time, in the test's own thread."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.settings = settings_of(folder / "state", **options)
        self.cameras = {one.key: one for one in self.settings.cameras}
        self.store = Store(self.settings.images)
        self.store.prepare()
        self.place = LedgerPlace(path=folder / "state" / "ledger.db", brokers=BROKERS)
        if not self.place.path.exists():
            prepare(self.place.path)
        self.ledger: Ledger = self.place.open()
        self.counts = AcceptCounts()
        self.now = NOW
        self.looker = FakeLooker()
        self.connect: Callable[[Path], sqlite3.Connection] = connect

    def clock(self) -> float:
        return self.now

    @property
    def intake(self) -> Intake:
        return Intake(
            Cameras(self.settings.cameras, self.settings.shared_account), self.store, self.ledger, self.counts
        )

    @property
    def looking(self) -> Looking:
        return Looking(self.cameras, self.store, self.ledger, self.looker, self.clock)

    def outbox(self, broker: str = "mqtt") -> OutboxOfBroker:
        connection = self.connect(self.place.path)
        ledger = self.place.on(connection)
        return OutboxOfBroker(connection, broker, Composer(ledger.pictures, self.store, self.cameras).event)

    def told(self, broker: str = "mqtt") -> list[dict[str, Any]]:
        """Return what waits for a broker, in its order; it goes on waiting."""
        said = []
        with self.outbox(broker) as outbox:
            # Never committed.
            outbox._connection.execute("BEGIN")
            while (message := outbox.first()) is not None:
                said.append({"kind": message.kind, **msgpack.unpackb(message.body)})
                outbox.done(message)
        return said

    def events(self, broker: str = "mqtt") -> list[dict[str, Any]]:
        """Return the devices of the events that wait for a broker."""
        return [said["inputs"][0] for said in self.told(broker) if said["kind"] == "event"]

    def results(self, broker: str = "mqtt") -> list[tuple[str, str]]:
        """Return the answers that wait for a broker: command and status."""
        return [(said["command_id"], said["status"]) for said in self.told(broker) if said["kind"] == "result"]

    def upload(
        self, content: bytes, folder: str = "porch", *, account: str = SHARED, ago: float = 1.0, name: str = "a.jpg"
    ) -> Path:
        """Put a file where the FTP server does."""
        arrival = inbox.put(self.store.inbox, account, folder, name, content)
        os.utime(arrival.path, (self.now - ago, self.now - ago))
        return arrival.path

    def sweep(self) -> int:
        """Take in what waits, and return how many are in their place."""
        return sum(found is True for found in self.intake.sweep())

    def look(self) -> int:
        """Look at everything."""
        looking, count = self.looking, 0
        while looking.next():
            count += 1
        return count

    def pictures(self) -> list[KnownPicture]:
        rows = self.ledger.connection.execute("SELECT id FROM pictures ORDER BY id").fetchall()
        return [known for (number,) in rows if (known := self.ledger.pictures.by_id(number))]

    def kept(
        self,
        *,
        camera: str = PORCH,
        age: float = 0.0,
        size: int = 1_000,
        seen: bool = True,
        to_archive: bool = False,
        told: bool = True,
    ) -> KnownPicture:
        """Have a picture in its place, whose file is of that size, and of which everybody knows when it is ``told``."""
        slug = self.cameras[camera].slug if camera in self.cameras else "gone-camera"
        number = len(self.pictures()) + 1
        path = f"{slug}/{day_of(self.now - age)}/upload_{slug}_{int(self.now - age)}_{number}.jpg"
        known = self.ledger.pictures.take_in(new_picture(number, camera, slug, path, self.now - age, size))
        self.store.write(path, bytes(size))
        self.ledger.settle(known)
        if seen:
            self.ledger.pictures.looked_at(known, Seen(detection=NOTHING, summary=None), to_archive=to_archive)
        if told:
            self.ledger.connection.execute("DELETE FROM outbox WHERE picture = ?", (known.id,))
        again = self.ledger.pictures.by_id(known.id)
        assert again is not None
        return again

    def files(self) -> set[str]:
        """Return the paths of all files in their place."""
        found = (path.relative_to(self.store.root) for path in self.store.root.glob("[!.]*/*/*"))
        return {path.as_posix() for path in found}

    def close(self) -> None:
        self.ledger.__exit__()


def new_picture(number: int, camera: str, slug: str, path: str, at: float, size: int) -> NewPicture:
    return NewPicture(
        ticket=f"{number:032x}",
        camera=camera,
        slug=slug,
        operation="upload",
        taken_at=at,
        path=path,
        arrived=f".inbox/{number}",
        size=size,
        md5=f"{number:032x}",
    )


def command_of(camera: str = PORCH, command_id: str = "c1", *, expires_at: float = NOW + 90, **changes: Any) -> Command:
    """Return a command of the hub to take a picture."""
    said: Mapping[str, Any] = {
        "command_id": command_id,
        "device_key": camera,
        "device_label": "Camera",
        "device_type": "camera",
        "params": None,
        "state": None,
        "issued_at": expires_at - 90,
        "expires_at": expires_at,
        "cause": {},
        **changes,
    }
    return Command.of_content(said)


@contextlib.contextmanager
def no_room(home: Home) -> Iterator[None]:
    """Let the ledger take nothing within the block, whichever thread asks."""
    changes = [(table, what) for table in ("pictures", "outbox", "commands") for what in ("INSERT", "UPDATE", "DELETE")]
    with contextlib.closing(connect(home.place.path)) as connection:
        for table, what in changes:
            connection.execute(
                f"CREATE TRIGGER no_{what}_{table} BEFORE {what} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        try:
            yield
        finally:
            for table, what in changes:
                connection.execute(f"DROP TRIGGER no_{what}_{table}")
