"""The app's end of the FTP server: starts its process, hears it, and starts another when it is gone."""

from __future__ import annotations

import logging
import os
from pathlib import Path
import subprocess
import sys
import time
from typing import Final, override

import hub_relay
from hub_relay.links import Backoff
from hub_relay.signals import readable
from hub_relay.stages import Outlet, Relay, Stage

from ..model import PartHealth
from .config import FtpConfig
from .said import FtpCounts, Said

LOG: Final = logging.getLogger(__name__)
ARRIVED: Final = "arrived"
_STILL_AFTER: Final = 60.0
_LISTEN_FOR: Final = 1.0
# The server speaks every second.
_SILENCE: Final = 30.0
_END_WITHIN: Final = 2.0
_MIB: Final = 1024 * 1024
# What of the environment the server needs. It is what strangers can reach, so it gets no more: there are tokens in it.
_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")


class Receiver(Stage):
    """Keeps the FTP server running. Each frame ``arrived`` it sends means: look into the inbox."""

    def __init__(self, config: FtpConfig, nudge: Relay, *, backoff: Backoff | None = None) -> None:
        """Prepare; ``start`` starts the server's process."""
        super().__init__("ftp", still_after=_STILL_AFTER)
        self._config = config
        self._nudge = nudge
        self._backoff = backoff or Backoff(first=0.5, most=10.0)
        self._before = FtpCounts()
        self._said: Said | None = None
        self._problem: str | None = "The FTP server is not running yet"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def counts(self) -> FtpCounts:
        """What has happened since the stage was made, over all its servers. Any thread may ask."""
        said, before = self._said, self._before
        return before if said is None else before + said.counts

    @property
    def port(self) -> int | None:
        """Where the server listens, ``None`` while it does not."""
        said = self._said
        return None if said is None else said.port

    @property
    def pid(self) -> int | None:
        """The server's process, ``None`` while there is none."""
        process = self._process
        return None if process is None else process.pid

    def health(self) -> PartHealth:
        """Return how the server is doing. Any thread may ask."""
        said, problem = self._said, self._problem
        if said is None:
            return PartHealth(ok=False, detail=problem)
        if said.low:
            free = self._config.limits.reserve // _MIB
            return PartHealth(ok=False, detail=f"Less than {free} MiB of the disk are free: make room for pictures")
        if said.full:
            names = ", ".join(said.full)
            return PartHealth(ok=False, detail=f"Too many pictures wait, so no more are taken of: {names}")
        if said.banned:
            detail = f"Locked out for wrong logins: {', '.join(said.banned)}. Check user and password of cameras there"
            return PartHealth(ok=True, detail=detail)
        return PartHealth(ok=True)

    @override
    def run(self) -> None:
        with Outlet(self._nudge) as outlet:
            while not self.stopping:
                self.beat()
                self._run_server(outlet)
                self.wait(self._backoff.pause())

    def _run_server(self, outlet: Outlet) -> None:
        """Start a server and hear it until it ends, or this stage does."""
        try:
            process = self._process = _start(self._config)
        except OSError as error:
            self._down(f"The FTP server cannot start: {error.strerror}")
            return
        try:
            problem = self._hear(process, outlet)
        finally:
            _end(process)
            self._process = None
            self._before = self.counts
            self._said = None
        if not self.stopping:
            self._down(problem or "The FTP server ended unexpectedly and is started again")

    def _hear(self, process: subprocess.Popen[bytes], outlet: Outlet) -> str | None:
        """Pass on what the server says. Return why it ends, where that is known."""
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        descriptor = process.stdout.fileno()
        heard, rest = time.monotonic(), b""
        while not self.stopping:
            self.beat()
            if descriptor in readable(_LISTEN_FOR, self.stop_flag, descriptor):
                more = os.read(descriptor, 65_536)
                if not more:
                    return None
                heard = time.monotonic()
                *lines, rest = (rest + more).split(b"\n")
                for line in lines:
                    if (problem := self._take(line, outlet)) is not None:
                        return problem
            elif time.monotonic() - heard > _SILENCE:
                return "The FTP server does not answer and is started again"
        return None

    def _take(self, line: bytes, outlet: Outlet) -> str | None:
        said = Said.of_line(line)
        if said.problem is not None:
            return said.problem
        before = self._said
        if before is None:
            self._backoff.succeeded()
            self._problem = None
        self._said = said
        # The first time too: something may have come in while no server was heard.
        if before is None or (said.counts.files, said.counts.half) != (before.counts.files, before.counts.half):
            outlet.put(ARRIVED, {})
        return None

    def _down(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            LOG.warning("%s", problem)


def _start(config: FtpConfig) -> subprocess.Popen[bytes]:
    """Start the server's process. Raises ``OSError``."""
    packages = (str(Path(__file__).parents[2]), str(Path(hub_relay.__file__).parents[1]))
    path = os.pathsep.join(filter(None, (*packages, os.environ.get("PYTHONPATH"))))
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    process = subprocess.Popen(  # noqa: S603 - our own module
        [
            sys.executable,
            "-m",
            __package__ or "",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment | {"PYTHONPATH": path},
    )
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    try:
        process.stdin.write(config.to_json().encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        LOG.debug("The FTP server ended before it was configured")
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server, whatever state it is in."""
    process.terminate()
    try:
        process.wait(_END_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
