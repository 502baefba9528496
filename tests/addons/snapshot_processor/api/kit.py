"""What tests of the API share: a catalogue without a ledger, over real files, and a client."""

from collections.abc import Iterator, Mapping
import contextlib
from dataclasses import dataclass, field
from http.client import HTTPConnection
from io import BytesIO
import json
from pathlib import Path
import threading
from typing import Any

from PIL import Image

from snapshot_processor.api import ApiServer
from snapshot_processor.catalogue import CameraEntry, DayEntry, ImageEntry, Position
from tests.addons.hub_relay.kit import PATIENCE, running

TOKEN = "a token of some length"
PORCH = "porch-camera"
DAY = "2026-11-26"
LONG_DAY = "2026-11-25"
LONG = 10_000
FIRST = 1_764_136_000.25


def picture(colour: str = "red", size: tuple[int, int] = (640, 360), kind: str = "JPEG", **options: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def entry(number: int, **changes: Any) -> ImageEntry:
    values: dict[str, Any] = {
        "id": number,
        "name": f"upload_{PORCH}_{number}.jpg",
        "taken_at": FIRST + number,
        "size": 1000,
        "people": 0,
        "summary": None,
        "marked": False,
        "reason": "motion",
    }
    return ImageEntry(**(values | changes))


class FakeCatalogue:
    """Three pictures of one day, ``LONG`` of another, and the files of those that ``files`` names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened = self.closed = 0
        self.threads: set[int] = set()
        self.asked: list[tuple[str, str]] = []
        self.error: Exception | None = None
        seen = entry(2, people=2, summary="2 person(s) and 7 things", marked=True, reason=None)
        self.day = {DAY: [entry(3), seen, entry(1)], LONG_DAY: [entry(number) for number in range(LONG + 9, 9, -1)]}
        self.files = {
            (1, False): self.write("clean.jpg", picture("red")),
            (2, False): self.write("two.jpg", picture("green")),
            (2, True): self.write("marked.jpg", picture("blue")),
            (3, False): folder / "removed.jpg",
            (4, False): self.write("picture.png", picture("red", kind="PNG")),
        }

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def open(self) -> FakeCatalogue:
        self._use()
        self.opened += 1
        return self

    def cameras(self) -> list[CameraEntry]:
        self._use()
        return [
            CameraEntry(key="Attic Camera", label="Attic", slug="attic", images=0, newest=None),
            CameraEntry(key="Porch Camera", label="Porch", slug=PORCH, images=LONG + 3, newest=FIRST + 3),
        ]

    def days(self, slug: str) -> list[DayEntry]:
        self._use()
        return [DayEntry(day=day, images=len(images)) for day, images in self.day.items()] if slug == PORCH else []

    def images(self, slug: str, day: str, *, limit: int, before: Position | None = None) -> list[ImageEntry]:
        self._use()
        self.asked.append((slug, day))
        found = self.day.get(day, []) if slug == PORCH else []
        return [one for one in found if before is None or (one.taken_at, one.id) < before][:limit]

    def path(self, image_id: int, *, marked: bool) -> Path | None:
        self._use()
        return self.files.get((image_id, marked))

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.closed += 1

    def _use(self) -> None:
        self.threads.add(threading.get_ident())
        if self.error is not None:
            raise self.error


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.content)


@dataclass
class Home:
    """The server, and whoever asks it."""

    server: ApiServer
    catalogue: FakeCatalogue
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)

    def get(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Reply:
        connection = self.connect()
        try:
            connection.request(method, path, headers=self.headers | dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, dict(response.headers), response.read())
        finally:
            connection.close()


@contextlib.contextmanager
def serving(catalogue: FakeCatalogue, **limits: float) -> Iterator[Home]:
    """Run a server, which cuts nobody off unless its ``limits`` are told."""
    limits = {"slowest": 3_600.0, "idle": 3_600.0} | limits
    server = ApiServer(catalogue.open, token=TOKEN, host="127.0.0.1", port=0, **limits)
    with running(server):
        yield Home(server=server, catalogue=catalogue)
