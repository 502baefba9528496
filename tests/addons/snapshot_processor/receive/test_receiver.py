"""The app's end: a stage that keeps a server running."""

from collections.abc import Callable, Generator
import ftplib
import json
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys

import pytest

from devkit.broker_process import free_ports, wait_for
from hub_relay.links import Backoff
from hub_relay.signals import Flag
from hub_relay.stages import Inlet, Overflow, Relays
from snapshot_processor.receive.config import FtpAccount
from snapshot_processor.receive.receiver import Receiver

from .kit import GARAGE, LOOPBACK, PATIENCE, PORCH, Server, alive, configuration, content, environment, send
from .test_logins import WRONG


class App:
    """A receiver, and the stage that it nudges."""

    def __init__(self, receiver: Receiver, inlet: Inlet) -> None:
        self.receiver = receiver
        self._inlet = inlet

    def camera(self, account: FtpAccount = PORCH) -> ftplib.FTP:
        client = ftplib.FTP(timeout=PATIENCE)  # noqa: S321 - what cameras speak
        assert self.receiver.port is not None
        client.connect(LOOPBACK, self.receiver.port)
        client.login(account.name, account.password)
        return client

    def wait_until_up(self) -> None:
        wait_for(lambda: self.receiver.port is not None, f"the server does not come: {self.receiver.health()}")

    def nudged(self) -> bool:
        frame = self._inlet.get(PATIENCE)
        return frame is not None and (frame.kind, frame.content) == ("arrived", {})


@pytest.fixture
def start(tmp_path: Path) -> Generator[Callable[..., App]]:
    """Return what starts a receiver with changes to its configuration."""
    relays, stop = Relays(), Flag()
    started: list[Receiver] = []
    relay = relays.relay("accept", limit=100, overflow=Overflow.DROP_NEWEST)

    def begin(**changes: object) -> App:
        receiver = Receiver(configuration(tmp_path, **changes), relay, backoff=Backoff(0.05, 0.05))
        receiver.start()
        started.append(receiver)
        return App(receiver, inlet)

    with Inlet(relay, stop) as inlet:
        yield begin
        for receiver in started:
            receiver.stop()
            assert receiver.join(PATIENCE)
            assert receiver.failure is None
    stop.close()
    relays.close()


def test_a_file_nudges_the_next_stage_and_is_counted(start: Callable[..., App]) -> None:
    app = start()
    app.wait_until_up()
    assert app.nudged()
    send(app.camera(), "picture.jpg", content())
    assert app.nudged()
    assert (app.receiver.counts.files, app.receiver.counts.bytes) == (1, 200_000)
    assert app.receiver.health().ok


def test_a_server_that_is_killed_is_started_again_and_counts_go_on(start: Callable[..., App]) -> None:
    app = start()
    app.wait_until_up()
    send(app.camera(), "before.jpg", b"before")
    wait_for(lambda: app.receiver.counts.files == 1, "the file is not counted")
    before = app.receiver.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: app.receiver.pid not in {None, before}, "no other server comes")
    app.wait_until_up()
    send(app.camera(), "after.jpg", b"after")
    # At each server's start, and for each file.
    assert all(app.nudged() for _ in range(4))
    assert app.receiver.counts.files == 2


def test_a_server_that_hangs_is_replaced(start: Callable[..., App], monkeypatch: pytest.MonkeyPatch) -> None:
    app = start()
    app.wait_until_up()
    hung = app.receiver.pid
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    # Only this one, and only now: the next may take its time to begin.
    with monkeypatch.context() as patience:
        patience.setattr("snapshot_processor.receive.receiver._SILENCE", 0.5)
        patience.setattr("snapshot_processor.receive.receiver._END_WITHIN", 0.1)
        wait_for(lambda: app.receiver.pid not in {None, hung}, "no other server comes")
    app.wait_until_up()
    send(app.camera(), "after.jpg", b"after")


def test_a_port_that_is_taken_is_named_and_used_once_it_is_free(start: Callable[..., App]) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        (port,) = free_ports(1)
        other.bind((LOOPBACK, port))
        other.listen()
        app = start(port=port)
        expected = f"Port {port} for FTP is taken: stop what uses it, or choose another"
        wait_for(lambda: app.receiver.health().detail == expected, "it is not said")
        assert not app.receiver.health().ok
    app.wait_until_up()
    assert app.receiver.health().ok
    send(app.camera(), "now.jpg", b"now")


def test_who_is_locked_out_is_named_and_the_server_is_well(start: Callable[..., App]) -> None:
    app = start(wrong_logins=1)
    app.wait_until_up()
    with pytest.raises(ftplib.Error):
        app.camera(WRONG)
    wait_for(lambda: app.receiver.counts.banned == 1, "nobody is locked out")
    health = app.receiver.health()
    assert health.ok
    assert health.detail is not None
    assert LOOPBACK in health.detail


def test_a_disk_that_is_nearly_full_is_said(start: Callable[..., App]) -> None:
    app = start(reserve=2**60)
    app.wait_until_up()
    health = app.receiver.health()
    assert not health.ok
    assert health.detail == f"Less than {2**40} MiB of the disk are free: make room for pictures"


def test_an_account_with_too_much_waiting_is_named(start: Callable[..., App]) -> None:
    app = start(waiting=10)
    app.wait_until_up()
    send(app.camera(GARAGE), "large.jpg", bytes(10))
    wait_for(lambda: not app.receiver.health().ok, "it is not said")
    assert app.receiver.health().detail == "Too many pictures wait, so no more are taken of: garage"


def test_it_stops_and_takes_its_server_along(start: Callable[..., App]) -> None:
    app = start()
    app.wait_until_up()
    pid = app.receiver.pid
    assert pid is not None
    camera = app.camera()
    app.receiver.stop()
    assert app.receiver.join(PATIENCE)
    assert not alive(pid)
    assert camera.sock is not None
    assert camera.sock.recv(10) == b""
    assert app.receiver.health().ok is False


def test_the_servers_environment_has_no_tokens(start: Callable[..., App], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERVISOR_TOKEN", "a token")
    app = start()
    app.wait_until_up()
    assert b"a token" not in Path(f"/proc/{app.receiver.pid}/environ").read_bytes()
    assert PORCH.password.encode() not in Path(f"/proc/{app.receiver.pid}/cmdline").read_bytes()


def test_a_server_is_one_process(start: Callable[..., App]) -> None:
    app = start()
    app.wait_until_up()
    send(app.camera(), "picture.jpg", b"picture")
    assert Path(f"/proc/{app.receiver.pid}/task/{app.receiver.pid}/children").read_text() == ""


def test_a_server_ends_when_the_app_is_killed(tmp_path: Path) -> None:
    program = Path(__file__).with_name("receiver_process.py")
    with subprocess.Popen(
        [sys.executable, str(program), configuration(tmp_path).to_json()], stdout=subprocess.PIPE, env=environment()
    ) as app:
        assert app.stdout is not None
        server = json.loads(app.stdout.readline())
        assert alive(server)
        app.kill()
    wait_for(lambda: not alive(server), "the server goes on without its app")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_when_it_is_told_but_a_terminals_word_is_for_the_app(
    tmp_path: Path, number: signal.Signals
) -> None:
    server = Server(configuration(tmp_path))
    server.process.send_signal(number)
    if number is signal.SIGINT:
        send(server.login(), "still.jpg", b"here")
        assert server.process.stdin is not None
        server.process.stdin.close()
    assert server.process.wait(PATIENCE) == 0
    server.end()


@pytest.mark.parametrize("line", [b"", b"\n", b"{}\n", b"no json\n", b'{"accounts": 7}\n', b"[]\n"])
def test_a_configuration_that_is_none_ends_the_server_without_a_trace(line: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "snapshot_processor.receive"],
        input=line,
        capture_output=True,
        env=environment(),
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == (1 if line else 0)
    assert done.stderr == b""
