"""An app's real container, run as the Supervisor runs it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import json
import os
from pathlib import Path
import secrets
import signal
import subprocess
import time
from typing import Final

from .engine import ContainerError, Engine, ImageFacts, Start, find_process

# However slow the machine is, what takes longer than so many seconds would take for ever.
PATIENCE: Final = 60.0

_POLL: Final = 0.05


class Container:
    """A container that runs. ``data`` is its /data; ``pid`` is the app's process on this machine."""

    def __init__(self, engine: Engine, start: Start, facts: ImageFacts, data: Path) -> None:
        """Describe a container; ``run_container`` starts it."""
        self.data = data
        self._engine, self._start, self._facts = engine, start, facts
        self._log = data.with_name(f"{data.name}.log")
        self._runner: subprocess.Popen[bytes] | None = None
        self.pid = 0

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def exit_code(self) -> int | None:
        """How it ended, or ``None`` while it runs."""
        return self._runner.poll() if self._runner else None

    def healthy(self) -> bool:
        """Ask for its health in the way the image tells the engine to."""
        done = subprocess.run(self.inside(*self._facts.health), capture_output=True, check=False)
        return done.returncode == 0

    def inside(self, *words: str) -> list[str]:
        """Return the words that run a program in it."""
        return self._engine.inside(self._start, words)

    def wait_for(self, text: str, patience: float = PATIENCE) -> None:
        """Wait until it has printed ``text``. Raises ``ContainerError`` if it ends or takes too long."""
        deadline = time.monotonic() + patience
        while text not in self.output:
            if self.exit_code is not None or time.monotonic() > deadline:
                raise ContainerError(f"It never said {text!r}:\n{self.output[-4000:]}")
            time.sleep(_POLL)

    def wait(self, patience: float = PATIENCE) -> int:
        """Wait until it ends, at most ``patience`` seconds, and return its exit code. Raises ``ContainerError``."""
        if self._runner is None:
            raise ContainerError("It was never started")
        try:
            return self._runner.wait(patience)
        except subprocess.TimeoutExpired:
            raise ContainerError(f"It did not end within {patience:g} s:\n{self.output[-4000:]}") from None

    def stop(self) -> int:
        """Stop it as the Supervisor does and return its exit code. Raises ``ContainerError`` when it takes too long."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send the app's main process a signal, if it still runs."""
        if self.exit_code is None:
            self._engine.signal(self._start, self.pid, number)

    def start(self, words: list[str]) -> None:
        """Run it, and return once the app's process is there. Raises ``ContainerError``."""
        with self._log.open("wb") as log:
            self._runner = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        deadline = time.monotonic() + PATIENCE
        while not self.pid:
            top = self._engine.first_process(self._start, self._runner.pid)
            self.pid = (top and find_process(top, self._facts.command)) or 0
            if not self.pid:
                if self.exit_code is not None or time.monotonic() > deadline:
                    raise ContainerError(f"It did not start:\n{self.output[-4000:]}")
                time.sleep(_POLL)

    def end(self) -> None:
        """End it, whatever state it is in."""
        if self._runner is None or self.exit_code is not None:
            return
        if self.pid:
            self.signal(signal.SIGKILL)
        try:
            self._runner.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self._runner.pid, signal.SIGKILL)
            self._runner.wait()


@contextmanager
def run_container(
    engine: Engine,
    image: str,
    options: Mapping[str, object],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    mounts: Mapping[str, Path] | None = None,
) -> Iterator[Container]:
    """Run an app with these options and end it with the block; its /data is in ``folder`` and outlives it.

    As the Supervisor does, the options are written to a file that only its owner may read. ``mounts`` are further
    folders by their place inside. Raises ``ContainerError`` when it does not start.
    """
    facts = engine.facts(image)
    if facts is None:
        raise ContainerError(f"There is no image {image}: `scripts/build_addons` makes it")
    data = folder.absolute() / "data"
    data.mkdir(parents=True, exist_ok=True)
    file = data / "options.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(dict(options)), encoding="utf-8")
    start = Start(
        image=image,
        name=f"event_hub_{secrets.token_hex(4)}",
        mounts={"/data": data, **(mounts or {})},
        environment=environment or {},
    )
    with engine.prepared(start) as words:
        container = Container(engine, start, facts, data)
        try:
            container.start(words)
            yield container
        finally:
            container.end()
