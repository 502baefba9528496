"""``scripts/develop`` as a person runs it."""

import os
from pathlib import Path
import signal
import subprocess

import pytest

from devkit.brokers import Mosquitto, RabbitMQ

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240.0


def develop(*options: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; nothing it started may be left then."""
    command = [str(ROOT / "scripts/develop"), "--headless-check", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.skipif(not (Mosquitto.installed() and RabbitMQ.installed()), reason="brokers are not installed")
def test_the_whole_system_starts_checks_itself_and_stops() -> None:
    done = develop()

    assert done.returncode == 0, done.stderr
    assert "10 devices in 6 dialects" in done.stdout
    assert "Front Door (Hallway) sounded Garden Siren and Hallway Siren" in done.stdout
    assert "Workshop Door switched Workshop Light on" in done.stdout


def test_a_machine_without_brokers_gets_one_that_is_written_in_python() -> None:
    done = develop("--embedded-broker")

    assert done.returncode == 0, done.stderr
    assert "with embedded" in done.stdout
    assert "Garage Back Door sounded Hallway Siren" in done.stdout
    assert "Workshop Door switched Workshop Light on" in done.stdout


def test_ctrl_c_stops_everything_it_started() -> None:
    command = [str(ROOT / "scripts/develop"), "--headless-check", "--embedded-broker"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        begun = next(line for line in process.stderr if "Starting the brokers" in line)
        started = _wait_for_child(process.pid)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()

    assert begun
    assert "Stopped before the check was done" in rest
    assert process.returncode == 1
    assert not Path(f"/proc/{started}").exists()


def _wait_for_child(parent: int) -> int:
    """Return the first process that ``parent`` starts."""
    while True:
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8")
        if text:
            return int(text.split()[0])
        os.sched_yield()
