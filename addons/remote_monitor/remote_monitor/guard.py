"""The app's end of the watchdog."""

from __future__ import annotations

import logging
import os
from pathlib import Path
import select
import subprocess
import sys
from typing import IO, Final

from .failsafe import BEAT, FAREWELL, READY, SafePlan

_START: Final = 10.0
_END: Final = 2.0

_LOGGER = logging.getLogger(__name__)


class FailsafeError(Exception):
    """The watchdog cannot start, or is gone: without it relays must not be switched."""


class Guard:
    """Starts the watchdog, tells it that the app lives, and says farewell. One thread at a time uses it."""

    def __init__(self, plan: SafePlan) -> None:
        """Describe the watchdog; it is not started yet."""
        self._plan = plan
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The watchdog's process id, ``None`` before its start."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the watchdog; from now on ``beat`` is due. Raises ``FailsafeError`` when it cannot reach the bus."""
        here = str(Path(__file__).parents[1])
        path = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
        try:
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "remote_monitor.failsafe", self._plan.to_json()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": path},
                start_new_session=True,  # what kills the app's whole process group must spare its watchdog
            )
        except OSError as error:
            raise FailsafeError(f"The watchdog cannot start: {error}") from error
        said = _first_line(process.stdout)
        if said != READY:
            process.kill()
            process.communicate()
            raise FailsafeError(f"The watchdog cannot start: {said or 'it says nothing'}")
        self._process = process
        os.set_blocking(self._pipe(), False)

    def beat(self) -> None:
        """Tell that the app lives, without ever waiting. Raises ``FailsafeError`` when the watchdog does not hear."""
        try:
            os.write(self._pipe(), BEAT)
        except OSError as error:
            raise FailsafeError("The watchdog is gone, or has put the relays into their safe states") from error

    def abandon(self) -> None:
        """Leave the relays to the watchdog, which goes on trying to make them safe after this process has ended."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def end(self) -> None:
        """Say farewell and wait for the watchdog to end; to be called once the relays are safe."""
        process = self._process
        if process is None:
            return
        try:
            os.write(self._pipe(), FAREWELL)
        except OSError:
            _LOGGER.warning("The watchdog was gone before the app stopped")
        self._process = None
        try:
            process.communicate(timeout=_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def _pipe(self) -> int:
        if self._process is None or self._process.stdin is None:
            raise FailsafeError("The watchdog was not started")
        return self._process.stdin.fileno()


def _first_line(stream: IO[bytes] | None) -> str:
    """Return what the process says first, or nothing if it takes too long."""
    if stream is None or not select.select([stream], [], [], _START)[0]:
        return ""
    return stream.readline().decode(errors="replace").strip()
