"""The app as its real process, and what its own pages say."""

from collections.abc import Callable, Iterator, Mapping
import contextlib
from dataclasses import dataclass
from http.client import HTTPConnection
import json
import os
from pathlib import Path
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from typing import Any, Final
import uuid

from devkit.bootstrap.shell import ROOT
from devkit.broker_process import LOOPBACK
from devkit.brokers import Mosquitto
from devkit.devices.app import app_environment
from devkit.polling import POLL

# However slow the machine is, what takes longer than so many seconds would take for ever.
PATIENCE: Final = 60.0
HEARTBEAT: Final = "snapshot_processor.heartbeat.INTERVAL"
HASTY: Final = f"{__package__}.hasty"
_PORTS: Final = 13
# Below those that connections get: they stay free while an app is dead, and no connection to one reaches itself.
_PLACES: Final = range(12_000, 32_000, 20)


def eventually(condition: Callable[[], object], problem: str, patience: float = PATIENCE) -> None:
    """Wait until ``condition`` holds. Fails after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{problem}: not within {patience:g} s"
        time.sleep(POLL)


def camera(location: str, account: str | None = None, **options: Any) -> dict[str, Any]:
    """Return the options of a camera; its account's password is made of its name."""
    login = {} if account is None else {"ftp_username": account, "ftp_password": password_of(account)}
    return {"label": "Camera", "location": location, **login, **options}


def password_of(account: str) -> str:
    return f"only the {account} knows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a request was answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.content)


class App:
    """The app, its folder and its ports, which stay the same over its lives. ``pauses`` are those to shorten."""

    def __init__(
        self, folder: Path, broker: Mosquitto, *, pauses: Mapping[str, float] | None = None, **options: Any
    ) -> None:
        self.folder = folder
        self.broker = broker
        self.name = f"app_{uuid.uuid4().hex[:8]}"
        self.images = folder / "state" / "images"
        first = _free_ports()
        self.ftp_port, self.api_port, self.health_port = first, first + 1, first + 2
        self.process: subprocess.Popen[bytes] | None = None
        self._pauses = dict(pauses or {})
        self._options: dict[str, Any] = {
            "device_name": self.name,
            "mqtt_host": LOOPBACK,
            "mqtt_port": broker.port,
            "ftp_port": self.ftp_port,
            "ftp_passive_first": first + 3,
            "ftp_passive_last": first + _PORTS - 1,
            "api_port": self.api_port,
            "detectors": "off",
            "reserve_megabytes": 0,
        }
        self.set(**options)

    def set(self, **options: Any) -> None:
        """Change options, which count from the next start."""
        self._options |= options
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "options.json").write_text(json.dumps(self._options), encoding="utf-8")

    def start(self) -> None:
        """Start it, and return once it takes pictures."""
        words = [HASTY, json.dumps(self._pauses)] if self._pauses else ["snapshot_processor"]
        environment = app_environment("snapshot_processor")
        environment["PYTHONPATH"] += f"{os.pathsep}{ROOT}"
        options = str(self.folder / "options.json")
        with self.log_file.open("ab") as log:
            begun = len(self.log)
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words, "--options", options, "--health-port", str(self.health_port)],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        pushed = any("ftp_username" in one for one in self._options["cameras"])
        sign = "Waiting for pictures on port" if pushed else "Taking pictures of"
        eventually(lambda: sign in self.log[begun:] or self.process_ended, "the app does not start")
        assert not self.process_ended, self.log[-2000:]

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def process_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def children(self) -> list[int]:
        """Return the processes that the app has started."""
        found: list[int] = []
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found += map(int, (task / "children").read_text().split())
        return found

    def end(self) -> None:
        """Tell it to end, and check that it does so in order and within its time: it ends with a failure after that."""
        assert self.process is not None
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        assert status == 0, self.log[-2000:]

    def kill(self, *, family: bool = True) -> None:
        """End it as a power cut does, or the main process alone: then its children end by themselves."""
        assert self.process is not None
        children = self.children()
        if family:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        eventually(lambda: not any(map(alive, children)), "the FTP server does not end")

    def close(self) -> None:
        """End it, if it still runs."""
        if not self.process_ended:
            self.end()

    @property
    def log_file(self) -> Path:
        return self.folder / "console.log"

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")

    @property
    def token(self) -> str:
        return (self.folder / "state" / "api_token").read_text(encoding="ascii")

    def get(self, path: str, token: str | None = None) -> Page:
        """Ask the API, with the app's own token unless another is given."""
        token = self.token if token is None else token
        return _get(self.api_port, path, {"Authorization": f"Bearer {token}"} if token else {})

    def health(self) -> Page:
        return _get(self.health_port, "/health", {})

    def files(self, slug: str = "*", kind: str = "*") -> list[Path]:
        """Return the files of a camera's pictures whose name begins with this word, in no order.

        Those that came within the same few milliseconds may have the same time.
        """
        return list(self.images.glob(f"{slug}/*/{kind}_*"))

    def broken(self) -> list[Path]:
        """Return what is kept apart."""
        return sorted((self.images / ".broken").iterdir())

    def ask(self, sql: str) -> int:
        """Return the number that the ledger answers."""
        ledger = f"{(self.folder / 'state' / 'ledger.db').as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(ledger, uri=True)) as connection:
            (number,) = connection.execute(sql).fetchone()
            return int(number)

    def all_told(self) -> bool:
        """Say whether nothing waits: not to be accepted, not to be looked at, not to be told."""
        inbox = self.images / ".inbox"
        waiting = [path for path in inbox.rglob("*~*") if path.suffix in {".done", ".half"}]
        return not waiting and not self.ask(
            "SELECT (SELECT COUNT(*) FROM pictures WHERE looked = 0) + (SELECT COUNT(*) FROM outbox)"
        )


def alive(pid: int) -> bool:
    """Say whether a process runs; one that ended may wait for whoever adopted it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2][1] != "Z"
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def running(app: App) -> Iterator[App]:
    """Run the app within the block."""
    try:
        app.start()
        yield app
    finally:
        app.close()


def _free_ports() -> int:
    """Return the first of some ports in a row that nobody listens on."""
    for first in random.sample(_PLACES, len(_PLACES)):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + _PORTS):
                stack.enter_context(socket.create_server(("", port)))
            return first
    raise AssertionError("There are no free ports")


def _get(port: int, path: str, headers: Mapping[str, str]) -> Page:
    connection = HTTPConnection(LOOPBACK, port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        return Page(status=answer.status, headers=dict(answer.headers), content=answer.read())
    finally:
        connection.close()
