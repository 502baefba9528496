"""The FTP server as its real process, and cameras that send to it."""

from collections.abc import Callable
import contextlib
from dataclasses import replace
import ftplib
import io
import os
from pathlib import Path
import random
import signal
import socket
import subprocess
import sys
import threading
from typing import Any, Final, Self

from devkit.bootstrap.shell import ROOT
from devkit.broker_process import wait_for
from snapshot_processor.receive.config import FtpAccount, FtpConfig, FtpLimits
from snapshot_processor.receive.inbox import Arrival, sweep
from snapshot_processor.receive.said import Said

LOOPBACK: Final = "127.0.0.1"
# However slow the machine is, what takes longer than so many seconds would take for ever.
PATIENCE: Final = 60.0
PORCH: Final = FtpAccount(name="porch", password="the porch's password")
GARAGE: Final = FtpAccount(name="garage", password="the garage's password")
READER: Final = FtpAccount(name="reader", password="the reader's password", readable=True)
PACKAGES: Final = (ROOT, ROOT / "addons" / "common", ROOT / "addons" / "snapshot_processor")
# No disk of a developer's machine is to fail a test; answers to wrong logins come soon.
LIMITS: Final = FtpLimits(reserve=0, login_delay=0.01)


def configuration(folder: Path, **changes: Any) -> FtpConfig:
    """A configuration on a free port of loopback; what is a limit may be changed by its name."""
    limits = {name: changes.pop(name) for name in list(changes) if hasattr(LIMITS, name)}
    settings: dict[str, Any] = {
        "inbox": folder / "inbox",
        "accounts": (PORCH, GARAGE, READER),
        "host": LOOPBACK,
        "port": 0,
        "limits": replace(LIMITS, **limits),
    }
    return FtpConfig(**(settings | changes))


def environment() -> dict[str, str]:
    """Return what the app's packages need to be found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PACKAGES))}


def content(size: int = 200_000, seed: int = 0) -> bytes:
    """Bytes with every line ending in them, in which a change would be noticed."""
    return b"\r\n\n\r" + random.Random(seed).randbytes(size - 4)  # noqa: S311 - repeatable, no secret


class Server:
    """The server's own process; what it says is heard by a thread."""

    def __init__(self, config: FtpConfig) -> None:
        self.config = config
        self.said: list[Said] = []
        self.log = config.inbox.parent / "server.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snapshot_processor.receive"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(),
            )
        self._ears = threading.Thread(target=self._hear, daemon=True)
        self._ears.start()
        assert self.process.stdin is not None
        self.process.stdin.write(config.to_json().encode() + b"\n")
        self.process.stdin.flush()
        wait_for(lambda: bool(self.said) or self.process.poll() is not None, "the server says nothing")

    @property
    def port(self) -> int:
        return self.said[-1].port

    @property
    def last(self) -> Said:
        return self.said[-1]

    def login(self, account: FtpAccount = PORCH, client: ftplib.FTP | None = None) -> ftplib.FTP:
        """Return a client that is logged in; the test closes it or not."""
        client = client or ftplib.FTP(timeout=PATIENCE)  # noqa: S321 - what cameras speak
        client.connect(LOOPBACK, self.port)
        client.login(account.name, account.password)
        return client

    def waiting(self) -> list[Arrival]:
        return sweep(self.config.inbox)

    def wait_for_files(self, count: int = 1) -> list[Arrival]:
        """Wait until so many files wait, and return them."""
        wait_for(lambda: len(self.waiting()) >= count, f"there are not {count} files", PATIENCE)
        found = self.waiting()
        assert len(found) == count
        return found

    def wait_for_said(self, condition: Callable[[Said], bool], problem: str) -> Said:
        wait_for(lambda: condition(self.last), problem, PATIENCE)
        return self.last

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self._ears.join(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _hear(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(Said.of_line(line))


class Half:
    """An upload that stays in the middle: its first bytes are on the server's disk."""

    def __init__(self, server: Server, client: ftplib.FTP, sent: bytes = b"the first half") -> None:
        self.client = client
        client.voidcmd("TYPE I")
        self.data = client.transfercmd("STOR half.jpg")
        self.data.sendall(sent)
        wait_for(lambda: partly(server.config.inbox) == [sent], "the first half does not come", PATIENCE)


def partly(inbox: Path) -> list[bytes]:
    """Return the content of the files that clients are sending."""
    found = []
    for path in inbox.rglob("*.part"):
        with contextlib.suppress(FileNotFoundError):
            found.append(path.read_bytes())
    return found


def send(client: ftplib.FTP, name: str, body: bytes) -> str:
    """Send a file and return the server's last answer."""
    return client.storbinary(f"STOR {name}", io.BytesIO(body))


def answer(client: ftplib.FTP, line: str) -> str:
    """Return what the server answers, also when it refuses; control characters are sent as they are."""
    try:
        assert client.sock is not None
        client.sock.sendall(line.encode() + b"\r\n")
        return str(client.getmultiline())
    except ftplib.Error as error:
        return str(error)


def drop(connection: socket.socket) -> None:
    """Close as a crash does: with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def alive(pid: int) -> bool:
    """Return whether a process runs; one that ended may wait for whoever adopted it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
