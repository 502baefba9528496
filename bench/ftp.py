"""The app's FTP server against bare pyftpdlib, and against vsftpd where that is installed: pictures a second.

Eight cameras send pictures of 200 KB at once, to each server in turns. All of them write to the same disk; what they
wrote is removed between the turns.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import shutil
import signal
import socket
from statistics import median
import sys
from typing import Final

from devkit.bootstrap.shell import ROOT
from devkit.brokers import find_program
from snapshot_processor.receive.config import FtpAccount, FtpConfig

from .child import Child
from .ftp_child import ACCOUNT, PASSWORD, PER_LOGIN, PICTURE
from .measure import processor_time
from .names import LOOPBACK
from .report import Figure

CAMERAS: Final = 8
LEAST: Final = 0.9
PACKAGES: Final = (ROOT, ROOT / "addons" / "common", ROOT / "addons" / "snapshot_processor")


@dataclass(slots=True, kw_only=True)
class Server:
    """One of the servers, and what was measured of it: pictures a second, and processor seconds for how many."""

    port: int
    pid: int
    inbox: Path
    user: str = ACCOUNT
    folder: str = "/"
    rates: list[float] = field(default_factory=list)
    used: float = 0.0
    pictures: int = 0


async def ftp(folder: Path, *, quick: bool) -> list[Figure]:
    """Measure them in turns, so that each has the same share of what else happens on the machine."""
    rounds, each = (4, PER_LOGIN) if quick else (40, 2 * PER_LOGIN)
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(_app(folder / "app"))
        bare = await stack.enter_async_context(_bare(folder / "bare"))
        servers = [app, bare]
        if os.geteuid() == 0 and (program := find_program("vsftpd")) is not None:
            servers.append(await stack.enter_async_context(_vsftpd(folder / "vsftpd", program)))
        cameras = await Child.start("ftp_child", "cameras")
        stack.push_async_callback(cameras.stop)
        for number in range(rounds + 1):
            # Another one begins each time: what a turn leaves the disk to do, the next one pays for.
            for server in servers[number % len(servers) :] + servers[: number % len(servers)]:
                await _turn(server, cameras, each, counts=number > 0)
    return _figures(*servers)


def _figures(app: Server, bare: Server, other: Server | None = None) -> list[Figure]:
    rate, floor = median(app.rates), median(bare.rates)
    name = "FTP, 8 cameras at once, pictures of 200 KB"
    figures = [
        Figure(
            name=f"{name} (floor: bare pyftpdlib)",
            value=rate,
            floor=floor,
            unit="/s",
            target=f"≥ {LEAST:g} times the floor",
            met=rate >= LEAST * floor,
        ),
        Figure(
            name="FTP, processor a picture (floor: bare pyftpdlib)",
            value=1000 * app.used / app.pictures,
            floor=1000 * bare.used / bare.pictures,
            unit="ms",
        ),
    ]
    if other is not None:
        figures.append(Figure(name=f"{name} (floor: vsftpd)", value=rate, floor=median(other.rates), unit="/s"))
    return figures


async def _turn(server: Server, cameras: Child, each: int, *, counts: bool) -> None:
    """Have the cameras send to one server; the first turn only warms it up."""
    before = processor_time(server.pid)
    done = await cameras.ask(
        "send", port=server.port, user=server.user, folder=server.folder, cameras=CAMERAS, each=each
    )
    used = processor_time(server.pid) - before
    files = [path for path in server.inbox.rglob("*") if path.is_file()]
    assert len(files) == CAMERAS * each, f"{len(files)} of {CAMERAS * each} pictures came"
    assert all(path.stat().st_size == len(PICTURE) for path in files), "a picture is not whole"
    for path in files:
        path.unlink()
    if counts:
        server.rates.append(CAMERAS * each / done["seconds"])
        server.used += used
        server.pictures += len(files)


@asynccontextmanager
async def _app(folder: Path) -> AsyncIterator[Server]:
    """The app's server, as the app starts it."""
    account = FtpAccount(name=ACCOUNT, password=PASSWORD)
    config = FtpConfig(inbox=folder, accounts=(account,), host=LOOPBACK, port=0)
    async with _process("snapshot_processor.receive", said=config.to_json()) as (process, port):
        yield Server(port=port, pid=process.pid, inbox=folder)


@asynccontextmanager
async def _bare(folder: Path) -> AsyncIterator[Server]:
    folder.mkdir()
    async with _process("bench.ftp_child", "bare", str(folder)) as (process, port):
        yield Server(port=port, pid=process.pid, inbox=folder)


@asynccontextmanager
async def _process(module: str, *words: str, said: str = "") -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Run a server that says its port; what it says later is read and forgotten."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", module, *words),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PACKAGES))},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{said}\n".encode())
        first = json.loads(await process.stdout.readline())
        reading = asyncio.create_task(_forget(process.stdout))
        yield process, first["port"]
        reading.cancel()
    finally:
        await _killed(process)


async def _forget(stream: asyncio.StreamReader) -> None:
    while await stream.readline():
        pass


@asynccontextmanager
async def _vsftpd(folder: Path, program: str) -> AsyncIterator[Server]:
    """The server of C that most machines have; it starts a process for every session, whose times it does not tell."""
    inbox = folder / "root" / "inbox"
    inbox.mkdir(parents=True)
    folder.chmod(0o755)
    _open_way(inbox)
    shutil.chown(inbox, "ftp")
    port = _free_port()
    settings = {
        "listen": "YES",
        "listen_address": LOOPBACK,
        "listen_port": port,
        "background": "NO",
        "anonymous_enable": "YES",
        "local_enable": "NO",
        "write_enable": "YES",
        "anon_upload_enable": "YES",
        "no_anon_password": "NO",
        "anon_root": folder / "root",
        "secure_chroot_dir": folder / "empty",
        "xferlog_enable": "NO",
        "seccomp_sandbox": "NO",
        "pasv_address": LOOPBACK,
    }
    (folder / "empty").mkdir()
    file = folder / "vsftpd.conf"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(program, str(file), start_new_session=True)
    try:
        while not _answers(port):
            assert process.returncode is None, "vsftpd does not start"
            await asyncio.sleep(0.05)
        yield Server(port=port, pid=process.pid, inbox=inbox, user="anonymous", folder="inbox")
    finally:
        await _killed(process)


def _open_way(folder: Path) -> None:
    """Let another user reach a folder of ours below the temporary one."""
    for parent in folder.parents:
        if parent.stat().st_mode & 0o001:
            return
        parent.chmod(parent.stat().st_mode | 0o011)


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), 1).close()
    except OSError:
        return False
    return True


async def _killed(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
