"""``scripts/develop`` as a person runs it."""

import asyncio
from contextlib import suppress
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from devkit.broker_process import wait_for
from devkit.brokers import Mosquitto, RabbitMQ
from devkit.develop_lock import RunningError, sole_user
from devkit.develop_watch import while_all_run
from devkit.home_assistant import HomeAssistantProcess
from devkit.home_assistant_api import ApiError, eventually

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


def test_home_assistant_that_dies_is_named_and_stops_everything() -> None:
    command = [str(ROOT / "scripts/develop"), "--headless-check", "--embedded-broker"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert next(line for line in process.stderr if "Joining the simulated devices" in line)
        assistant = _wait_for_child(process.pid)
        os.kill(assistant, signal.SIGKILL)
        rest = process.stderr.read()
        code = process.wait(PATIENCE)

    assert "Home Assistant was ended by SIGKILL (code -9), so everything is stopped. Its log: " in rest
    assert code == 1


@pytest.mark.usefixtures("socket_enabled")
def test_a_restart_of_home_assistant_that_somebody_asks_for_is_carried_out(tmp_path: Path) -> None:
    async def restart() -> None:
        async with HomeAssistantProcess(tmp_path) as assistant:
            before = assistant.pid
            work = asyncio.create_task(while_all_run(asyncio.Event().wait(), {"Home Assistant": assistant}))
            with suppress(ApiError, ConnectionError):
                await assistant.api.call_action("homeassistant", "restart", {})

            async def restarted() -> bool:
                assert not work.done()
                # While it is on its way there is nobody to be asked.
                with suppress(RuntimeError, ConnectionError):
                    state = (await assistant.api.call("get_config"))["state"]
                    return bool(state == "RUNNING" and assistant.pid not in (None, before))
                return False

            await eventually("Home Assistant's restart", restarted, PATIENCE)
            work.cancel()

    # In a loop of its own: the websocket's last heartbeat may still be planned when it is closed.
    asyncio.run(restart())


# Sets up and runs everything in a folder of its own.
STARTING = """
from devkit import develop
import asyncio, pathlib, sys, time
develop.DATA = pathlib.Path(sys.argv[1])
asyncio.run(develop.run_until_stopped(develop.Options(), time.monotonic()))
"""


@pytest.mark.skipif(not (Mosquitto.installed() and RabbitMQ.installed()), reason="brokers are not installed")
@pytest.mark.parametrize("program", ["epmd", "mosquitto", "beam.smp", "python"])
def test_what_one_that_is_killed_while_it_starts_leaves_is_ended_by_the_next(tmp_path: Path, program: str) -> None:
    folder = tmp_path / "develop"
    with subprocess.Popen([sys.executable, "-c", STARTING, str(folder)], cwd=ROOT, start_new_session=True) as process:
        try:
            wait_for(lambda: any(name.startswith(program) for name in _of(folder)), f"no {program}")
        finally:
            process.kill()
    assert _of(folder)
    # A process that was just being made has the lock for an instant longer.
    wait_for(lambda: _begins(folder), "the next cannot start")
    assert _of(folder) == []


def _begins(folder: Path) -> bool:
    """Begin in a folder as the next start does, and say whether that could be done."""
    with suppress(RunningError), sole_user(folder):
        return True
    return False


def _of(folder: Path) -> list[str]:
    """Return the programs that run for a folder, which shows in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append((process / "exe").readlink().name)
    return found


def _wait_for_child(parent: int) -> int:
    """Return the first process that ``parent`` starts."""
    while True:
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8")
        if text:
            return int(text.split()[0])
        os.sched_yield()
