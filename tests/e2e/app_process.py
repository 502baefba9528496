"""An app as a process of its own, which tests start, end and kill."""

from collections.abc import Callable
import json
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from devkit.devices.app import app_environment
from devkit.fake_supervisor import FakeSupervisor

PATIENCE = 60.0


class AppProcess:
    """The app, its options and its log."""

    def __init__(
        self, package: str, folder: Path, options: dict[str, Any], supervisor: FakeSupervisor | None = None
    ) -> None:
        self.folder = folder
        self.options = folder / "options.json"
        self.options.write_text(json.dumps(options), encoding="utf-8")
        self.supervisor = supervisor
        self.process: subprocess.Popen[bytes] | None = None
        self._package = package

    def start(self) -> None:
        environment = app_environment(self._package)
        if self.supervisor is not None:
            environment |= {"SUPERVISOR_URL": self.supervisor.url, "SUPERVISOR_TOKEN": self.supervisor.token}
        with (self.folder / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self._package, "--options", str(self.options), "--health-port", "0"],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End it, if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.end()

    @property
    def log(self) -> str:
        file = self.folder / "console.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""


def eventually(what: str, check: Callable[[], object], within: float = PATIENCE) -> None:
    """Wait until a check, which may ask the hub, passes."""
    deadline = time.monotonic() + within
    while not check():
        assert time.monotonic() < deadline, f"{what}: not within {within:g} s"
