"""What private brokers have in common: a process on free loopback ports, started, stopped and killed by its own id."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
import os
from pathlib import Path
import random
import shutil
import signal
import socket
import subprocess
import time
from typing import ClassVar, Final, Self

from .certificates import ServerFiles

LOOPBACK: Final = "127.0.0.1"
_READY_TIMEOUT = 60.0
_STOP_TIMEOUT = 60.0
_POLL = 0.05
# Below what systems use for outgoing connections (from 32768 on, on Linux).
_PORTS: Final = range(12_000, 32_000)
_FROZEN: Final = "TtZX"
_PLACES = ("/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/usr/sbin", "/opt/rabbitmq/sbin")


class BrokerError(RuntimeError):
    """A broker is not installed, did not start or did not obey; the text has the end of its log."""


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on at the moment.

    Not the system's own choice: that comes from the range of outgoing connections, one of which may have taken the
    port by the time a server wants it.
    """
    with ExitStack() as stack:
        return [_hold_a_port(stack) for _ in range(count)]


def _hold_a_port(stack: ExitStack) -> int:
    while True:
        port = random.choice(_PORTS)  # noqa: S311 - no secret
        try:
            stack.enter_context(socket.create_server((LOOPBACK, port)))
        except OSError:
            continue
        return port


def find_program(name: str) -> str | None:
    """Return where a broker's program is, also where Debian keeps it out of ``PATH``; ``None`` if nowhere."""
    # Debian's own wrapper for RabbitMQ changes the user and the folder, so the original comes first.
    path = os.pathsep.join((_PLACES[0], os.environ.get("PATH", ""), *_PLACES[1:]))
    return shutil.which(name, path=path)


def accepts(port: int) -> bool:
    """Say whether somebody listens on a loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_for(condition: Callable[[], bool], problem: str, patience: float = 60.0) -> None:
    """Wait until ``condition`` holds. Raises ``BrokerError`` with ``problem`` after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise BrokerError(problem)
        time.sleep(_POLL)


class Broker(ABC):
    """One broker process, which may be started, stopped, killed and started again on the same port."""

    program: ClassVar[str]

    def __init__(self, folder: Path, *, port: int | None, tls: ServerFiles | None) -> None:
        """Prepare a broker that keeps everything in ``folder``; with ``tls`` it also listens on ``tls_port``."""
        self.folder = folder.absolute()
        self.host: Final = LOOPBACK
        self.tls = tls
        free, self.tls_port = free_ports(2)
        self.port = port or free
        self.log = self.folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where clients connect without encryption, as ``host:port``."""
        return f"{self.host}:{self.port}"

    @property
    def tls_address(self) -> str:
        """Where clients connect with encryption, as ``host:port``."""
        return f"{self.host}:{self.tls_port}"

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """What it ended with though nobody stopped it, negative for a signal; else ``None``."""
        return self._process.poll() if self._process else None

    @classmethod
    def installed(cls) -> bool:
        """Say whether this broker is on the machine."""
        return find_program(cls.program) is not None

    def start(self) -> Self:
        """Start, and return once clients can connect. Raises ``BrokerError``."""
        program = find_program(self.program)
        if program is None:
            raise BrokerError(f"{self.program} is not installed: `scripts/setup` does that")
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [program, *self._prepare()]
        with self.log.open("ab") as log:
            # A session of its own, so that the whole family can be signalled and nobody else.
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, **self._environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready()
        return self

    def stop(self) -> None:
        """Stop in order, within some seconds; what is durable is on the disk afterwards."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop in order and start again on the same port with the same data."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it: connections stay open and nobody answers."""
        self._signal(signal.SIGSTOP)
        # The signal is only on its way when this process goes on.
        wait_for(lambda: all(state in _FROZEN for state in self._states()), f"{self.program} does not freeze")

    def resume(self) -> None:
        """Let it go on after ``pause``."""
        self._signal(signal.SIGCONT)

    def restore(self) -> None:
        """Let it run, whatever a test did to it."""
        self.resume()
        if self.pid is None:
            self.start()

    def __enter__(self) -> Self:
        """Start the broker for a ``with`` block."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop it at the end of the block."""
        self.stop()

    @abstractmethod
    def _prepare(self) -> list[str]:
        """Write what the broker reads and return its arguments."""

    @abstractmethod
    def _answers(self) -> bool:
        """Say whether a client would be served now."""

    def _environment(self) -> Mapping[str, str]:
        return {}

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_TIMEOUT
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise BrokerError(f"{self.program} did not start:\n{tail}")
            time.sleep(_POLL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _states(self) -> Iterator[str]:
        """Yield the letters that stand for what the threads of the family do."""
        for file in Path("/proc").glob("[0-9]*/task/*/stat"):
            try:
                _, _, said = file.read_text(encoding="utf-8", errors="replace").rpartition(")")
            except OSError:
                continue  # it ended meanwhile
            state, _parent, group = said.split()[:3]
            if self._process is not None and int(group) == self._process.pid:
                yield state

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is not None and any(self._states()):
            os.killpg(process.pid, signal.SIGKILL)  # it ended by itself, and left its family behind
        self._signal(number)
        if number is not signal.SIGKILL:
            self._signal(signal.SIGCONT)  # or a frozen one would not hear it
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            process.wait()
        self._process = None
