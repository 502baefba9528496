"""The snapshot processor's app: from a camera's upload to the event, with and without a detector.

The floor is a bare pyftpdlib that takes the same uploads, and does nothing else.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ftplib import FTP
import io
import json
from pathlib import Path
import random
import signal
import sqlite3
import sys
import threading
import time
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from PIL import Image

from devkit.brokers import Mosquitto, free_ports
from devkit.devices.app import app_environment
from devkit.devices.scene import draw_scene

from .ftp_child import ACCOUNT, PASSWORD
from .measure import memory, percentile
from .names import LOOPBACK
from .report import Figure

CAMERAS: Final = 8
EVENTS: Final = "event_hub/snapshot/bench/event"
MORE_THAN_BARE: Final = 50.0
MOST_MEMORY: Final = 64.0
_EVERY: Final = 0.1
_PATIENCE: Final = 120.0
_BACKLOG: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _App:
    """Where it runs."""

    pid: int
    ftp_port: int
    ledger: Path


class Heard:
    """Counts the app's events, and knows when each came (monotonic seconds)."""

    def __init__(self, port: int) -> None:
        """Subscribe."""
        self.times: list[float] = []
        self._changed = threading.Condition()
        ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="bench_hub")
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = self._hear
        self._client.connect(LOOPBACK, port)
        self._client.subscribe(EVENTS, 1)
        self._client.loop_start()
        assert ready.wait(_PATIENCE)

    def wait(self, count: int) -> float:
        """Wait until so many have come, and return when the last of them did."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.times) >= count, _PATIENCE), f"{len(self.times)} of {count}"
            return self.times[count - 1]

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: Client, _data: Any, _message: MQTTMessage) -> None:
        with self._changed:
            self.times.append(time.monotonic())
            self._changed.notify_all()


async def pictures(folder: Path, *, quick: bool) -> list[Figure]:
    """Measure the app without a detector, then with HOG."""
    count, flood, backlog = (10, 40, 50) if quick else (200, 400, _BACKLOG)
    plain, scenes = _Pictures(_noise()), _Pictures(draw_scene("Bench", 1.7e9, 1, size=(640, 480)))
    with Mosquitto(folder / "mosquitto") as broker:
        async with _app(folder / "plain", broker.port, "off") as app, _bare(folder / "bare") as bare_port:
            took, bare = await asyncio.to_thread(_latencies, (app, bare_port), broker.port, plain, count)
            rate, floor = await asyncio.to_thread(_floods, (app, bare_port), broker.port, plain, flood)
            grown, size = await asyncio.to_thread(_backlog, app, broker, plain, backlog)
        async with _app(folder / "hog", broker.port, "hog") as app, _bare(folder / "bare_hog") as bare_port:
            looked, bare_looked = await asyncio.to_thread(_latencies, (app, bare_port), broker.port, scenes, count)
            rate_looked, _ = await asyncio.to_thread(_floods, (app, bare_port), broker.port, scenes, flood // 4)
    return [
        *_latency_figures("picture of 200 KB to event, no detector (floor: the bare upload)", took, bare, target=True),
        *_latency_figures("picture of 640x480 to event, HOG (floor: the bare upload)", looked, bare_looked),
        Figure(
            name="pictures through the whole chain, no detector (floor: bare upload)",
            value=rate,
            floor=floor,
            unit="/s",
        ),
        Figure(name="pictures through the whole chain, HOG at 640x480", value=rate_looked, unit="/s"),
        Figure(
            name=f"memory that a backlog of {backlog:,} pictures ({size:.0f} MiB) takes (floor: the app at rest)",
            value=grown[1],
            floor=grown[0],
            unit="MiB",
            target=f"≤ {MOST_MEMORY:g} MiB more than at rest",
            met=grown[1] - grown[0] <= MOST_MEMORY,
        ),
    ]


def _latency_figures(name: str, took: Sequence[float], bare: Sequence[float], *, target: bool = False) -> list[Figure]:
    median, floor = percentile(took, 50), percentile(bare, 50)
    return [
        Figure(
            name=f"{name}, median",
            value=median,
            floor=floor,
            unit="ms",
            target=f"< {MORE_THAN_BARE:g} ms more than the floor" if target else "",
            met=median - floor < MORE_THAN_BARE if target else None,
        ),
        Figure(name=f"{name}, p95", value=percentile(took, 95), floor=percentile(bare, 95), unit="ms"),
    ]


class _Pictures:
    """As many as are wanted, each with other bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._number = 0
        self._lock = threading.Lock()

    def __call__(self) -> bytes:
        """Return one that nobody had yet: a comment makes the difference."""
        with self._lock:
            self._number += 1
            number = self._number
        comment = f"picture {number:08}".encode()
        return self._content[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + self._content[2:]


def _noise() -> bytes:
    """Return a picture of 1280x720 that takes about 200 KB."""
    chance = random.Random(1)
    small = Image.frombytes("RGB", (320, 180), chance.randbytes(320 * 180 * 3))
    out = io.BytesIO()
    small.resize((1280, 720), Image.Resampling.BICUBIC).save(out, "JPEG", quality=50)
    return out.getvalue()


def _latencies(
    ends: tuple[_App, int], broker: int, make: Callable[[], bytes], count: int
) -> tuple[list[float], list[float]]:
    """Send to both in turns; returns how many milliseconds it took until the event, and until the bare 226."""
    app, bare_port = ends
    heard = Heard(broker)
    took, bare = [], []
    with _login(app.ftp_port) as to_app, _login(bare_port) as to_bare:
        for number in range(1, count + 1):
            began = time.monotonic()
            to_app.storbinary("STOR picture.jpg", io.BytesIO(make()))
            took.append(1000 * (heard.wait(number) - began))
            began = time.monotonic()
            to_bare.storbinary("STOR picture.jpg", io.BytesIO(make()))
            bare.append(1000 * (time.monotonic() - began))
            time.sleep(_EVERY)
    heard.close()
    return took, bare


def _floods(ends: tuple[_App, int], broker: int, make: Callable[[], bytes], count: int) -> tuple[float, float]:
    """Let eight cameras send as fast as they can; returns events, and bare uploads, a second."""
    app, bare_port = ends
    heard = Heard(broker)
    began = time.monotonic()
    sent = _send_all(app.ftp_port, make, count)
    rate = sent / (heard.wait(sent) - began)
    heard.close()
    began = time.monotonic()
    return rate, _send_all(bare_port, make, count) / (time.monotonic() - began)


def _backlog(app: _App, broker: Mosquitto, make: Callable[[], bytes], count: int) -> tuple[tuple[float, float], float]:
    """Take in so many pictures while the broker is away; returns MiB at rest and at most then, and of the pictures."""
    at_rest, _ = memory(app.pid)
    broker.stop()
    sent = _send_all(app.ftp_port, make, count)
    ledger = sqlite3.connect(f"{app.ledger.as_uri()}?mode=ro", uri=True)
    most, waiting, deadline = at_rest, 0, time.monotonic() + _PATIENCE
    while waiting < sent:
        assert time.monotonic() < deadline, f"{waiting} of {sent} wait for the broker"
        (waiting,) = ledger.execute("SELECT COUNT(*) FROM outbox").fetchone()
        most = max(most, memory(app.pid)[0])
        time.sleep(0.05)
    ledger.close()
    broker.start()
    return (at_rest, most), sent * len(make()) / 1024 / 1024


def _send_all(port: int, make: Callable[[], bytes], count: int) -> int:
    each = count // CAMERAS

    def send(_number: int) -> None:
        with _login(port) as client:
            for _ in range(each):
                client.storbinary("STOR picture.jpg", io.BytesIO(make()))

    with ThreadPoolExecutor(CAMERAS) as pool:
        list(pool.map(send, range(CAMERAS)))
    return each * CAMERAS


def _login(port: int) -> FTP:
    client = FTP(timeout=_PATIENCE)  # noqa: S321 - what cameras speak
    client.connect(LOOPBACK, port)
    client.login(ACCOUNT, PASSWORD)
    return client


@asynccontextmanager
async def _app(folder: Path, broker: int, detectors: str) -> AsyncIterator[_App]:
    folder.mkdir()
    ftp_port, api_port = free_ports(2)
    camera = {"location": "Bench", "ftp_username": ACCOUNT, "ftp_password": PASSWORD, "motion": 0, "cool_down": 0}
    options = {
        "device_name": "bench",
        "detectors": detectors,
        "ftp_port": ftp_port,
        "api_port": api_port,
        "mqtt_host": LOOPBACK,
        "mqtt_port": broker,
        "cameras": [camera],
    }
    (folder / "options.json").write_text(json.dumps(options), encoding="utf-8")
    words = ("-m", "snapshot_processor", "--options", str(folder / "options.json"), "--health-port", "0")
    console = folder / "console.log"
    with console.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            env=app_environment("snapshot_processor"),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        while not {"mqtt: connected", "Waiting for pictures"} <= _said(console):
            await asyncio.sleep(0.1)
        yield _App(pid=process.pid, ftp_port=ftp_port, ledger=folder / "state" / "ledger.db")
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


def _said(console: Path) -> set[str]:
    text = console.read_text(encoding="utf-8")
    return {words for words in ("mqtt: connected", "Waiting for pictures") if words in text}


@asynccontextmanager
async def _bare(folder: Path) -> AsyncIterator[int]:
    folder.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.ftp_child", "bare", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        # Killed, it leaves behind what pyftpdlib's import begins, and Python says so.
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(await process.stdout.readline())["port"]
    finally:
        process.kill()
        await process.wait()
