"""The watchdog, with real processes that are really killed."""

from collections.abc import AsyncIterator
from contextlib import suppress
import json
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from devkit.polling import until
from remote_monitor.bus.shared import SharedBus
from remote_monitor.drivers.mcp23017 import ChipLevels
from remote_monitor.failsafe import FAREWELL, READY, SILENCE, SafePlan, take_over
from remote_monitor.guard import FailsafeError, Guard

from .kit import PATIENCE, RELAYS, environment

# A machine that is busy for a moment is no app that hangs.
NEVER = 3_600.0
CHIPS = (ChipLevels(address=0x20, latches=0x0000, directions=0xFFFE),)


class App:
    """The app of ``bridge_process``, in the middle of its pulse."""

    def __init__(self, path: Path, silence: float) -> None:
        self.bus = SharedBus.create(path, RELAYS)
        program = Path(__file__).with_name("bridge_process.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), str(path), str(silence)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        assert self.process.stdout is not None
        self.watchdog = int(self.process.stdout.readline())

    @property
    def away(self) -> bool:
        """Whether both relays are out of their safe states: the siren on, the lock off (high)."""
        return (self.bus.pins(0x20)[0], self.bus.pins(0x21)[15]) == (True, True)

    @property
    def safe(self) -> bool:
        return (self.bus.pins(0x20)[0], self.bus.pins(0x21)[15]) == (False, False)

    def watchdog_lives(self) -> bool:
        return alive(self.watchdog)

    def end(self) -> None:
        for pid in (self.process.pid, self.watchdog):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate()
        self.bus.close()


def alive(pid: int) -> bool:
    """Return whether a process runs; one that ended may wait as a zombie for whoever adopted it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
async def app(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[App]:
    app = App(tmp_path / "bus", getattr(request, "param", NEVER))
    try:
        await until(lambda: app.away)
        yield app
    finally:
        app.end()


async def test_an_app_that_is_killed_in_the_middle_of_a_pulse_leaves_safe_pins(app: App) -> None:
    app.process.kill()
    # At once: who only noticed the silence would wait for an hour.
    await until(lambda: app.safe)
    await until(lambda: not app.watchdog_lives())


@pytest.mark.parametrize("app", [2 * SILENCE], indirect=True)
async def test_an_app_that_hangs_has_safe_pins_and_ends_when_it_wakes(app: App) -> None:
    app.process.send_signal(signal.SIGSTOP)
    await until(lambda: app.safe)
    await until(lambda: not app.watchdog_lives())
    app.process.send_signal(signal.SIGCONT)
    _, complaint = app.process.communicate(timeout=PATIENCE)
    assert app.process.returncode != 0
    assert "The watchdog is gone, or has put the relays into their safe states" in complaint
    assert app.safe


def test_relays_of_an_app_that_hangs_are_safe_within_two_seconds() -> None:
    # The rest of them is for a few writes.
    assert SafePlan(chips=CHIPS, bus=1).silence == SILENCE <= 1.5


async def test_after_an_ordered_stop_the_watchdog_ends_quietly(app: App) -> None:
    app.process.terminate()
    said, complaint = app.process.communicate(timeout=PATIENCE)
    assert app.process.returncode == 0
    assert complaint == ""
    assert said.splitlines()[-1] == "1 failed"
    assert app.safe
    assert not app.watchdog_lives()


async def test_an_app_whose_watchdog_is_killed_makes_its_relays_safe_and_ends(app: App) -> None:
    os.kill(app.watchdog, signal.SIGKILL)
    await until(lambda: app.safe)
    app.process.communicate(timeout=PATIENCE)
    assert app.process.returncode != 0


async def test_a_signal_to_the_whole_process_group_spares_the_watchdog(app: App) -> None:
    os.kill(app.watchdog, signal.SIGTERM)
    os.kill(app.watchdog, signal.SIGINT)
    app.process.kill()
    await until(lambda: app.safe)


def test_a_watchdog_that_cannot_reach_the_bus_says_so(tmp_path: Path) -> None:
    guard = Guard(SafePlan(chips=CHIPS, bus=str(tmp_path / "nothing")))
    with pytest.raises(FailsafeError, match="The watchdog cannot start: There is no simulated bus in"):
        guard.start()


def test_a_watchdog_for_an_i2c_bus_that_is_missing_says_so() -> None:
    guard = Guard(SafePlan(chips=CHIPS, bus=987))
    with pytest.raises(FailsafeError, match="There is no /dev/i2c-987"):
        guard.start()


def test_a_beat_without_a_watchdog_is_an_error() -> None:
    guard = Guard(SafePlan(chips=CHIPS, bus=987))
    with pytest.raises(FailsafeError, match="not started"):
        guard.beat()
    guard.end()


def test_a_watchdog_that_hangs_never_holds_the_app_up(tmp_path: Path) -> None:
    SharedBus.create(tmp_path / "bus", RELAYS).close()
    guard = Guard(SafePlan(chips=CHIPS, bus=str(tmp_path / "bus")))
    guard.start()
    watchdog = guard.pid
    assert watchdog is not None
    os.kill(watchdog, signal.SIGSTOP)

    def beat_on() -> None:
        for _ in range(1_000_000):
            guard.beat()

    with pytest.raises(FailsafeError, match="gone"):
        beat_on()
    guard.end()
    assert not alive(watchdog)
    with pytest.raises(FailsafeError, match="not started"):
        guard.beat()


def start_watchdog(path: Path, silence: float) -> subprocess.Popen[str]:
    plan = SafePlan(chips=CHIPS, bus=str(path), silence=silence)
    watchdog = subprocess.Popen(
        [sys.executable, "-m", "remote_monitor.failsafe", plan.to_json()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert watchdog.stdout is not None
    assert watchdog.stdout.readline().strip() == READY
    return watchdog


async def test_a_watchdog_that_hears_nothing_takes_over_and_tries_until_the_chip_answers(tmp_path: Path) -> None:
    bus = SharedBus.create(tmp_path / "bus", RELAYS)
    bus.fail(0x20)
    watchdog = start_watchdog(tmp_path / "bus", silence=0.1)
    with pytest.raises(subprocess.TimeoutExpired):
        watchdog.wait(0.5)
    bus.fail(0x20, failing=False)
    assert watchdog.wait(PATIENCE) == 3
    assert bus.pins(0x20) == (False, *[None] * 15)
    watchdog.communicate()
    bus.close()


async def test_a_farewell_ends_the_watchdog_without_a_write(tmp_path: Path) -> None:
    bus = SharedBus.create(tmp_path / "bus", RELAYS)
    watchdog = start_watchdog(tmp_path / "bus", silence=NEVER)
    watchdog.communicate(FAREWELL.decode(), timeout=PATIENCE)
    assert watchdog.returncode == 0
    assert bus.writes(0x20) == []
    bus.close()


def test_safe_states_are_written_latches_first_and_given_up_after_a_while(tmp_path: Path) -> None:
    bus = SharedBus.create(tmp_path / "bus", RELAYS)
    assert take_over(bus, CHIPS)
    assert [write.register for write in bus.writes(0x20)] == [0x14, 0x15, 0x00, 0x01]
    bus.stuck()
    assert not take_over(bus, CHIPS, persistence=0.1)
    bus.close()


def test_a_plan_survives_its_way_to_the_watchdog() -> None:
    plan = SafePlan(chips=CHIPS, bus=1)
    assert SafePlan.from_json(plan.to_json()) == plan
    with pytest.raises(KeyError):
        SafePlan.from_json(json.dumps({}))
