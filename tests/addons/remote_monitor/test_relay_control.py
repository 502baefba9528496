"""The loop over the relays, on the real driver and the simulated expander, in real time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
import queue
import threading
import time

import pytest

from remote_monitor.bus.simulated import SimulatedBus
from remote_monitor.drivers.mcp23017 import Outputs, RelayPin
from remote_monitor.relay_control import RelayControl
from remote_monitor.relay_model import Action, Commanded, Plan, Relay, Result, Status

from .kit import PATIENCE, RELAYS, Clock, plan_of

SIREN, LAMP, LOCK = 0, 3, 5
PINS = {
    "Siren": RelayPin(address=0x20, pin=SIREN),
    "Lamp": RelayPin(address=0x20, pin=LAMP),
    "Lock": RelayPin(address=0x20, pin=LOCK, safe_on=True),
}
PLAN = plan_of(Relay(key="Siren", seconds=2.0), Relay(key="Lamp", seconds=0.2), Relay(key="Lock", safe_on=True))


class Rig:
    """A control loop in a thread of its own, fed by a queue."""

    def __init__(
        self,
        beat: Callable[[], None] = lambda: None,
        heard: Callable[[Result], None] = lambda _result: None,
    ) -> None:
        self.bus = SimulatedBus(RELAYS)
        self.lost_for = 0.0
        self.error: BaseException | None = None
        self._orders: queue.Queue[Commanded] = queue.Queue()
        self._results: queue.Queue[Result] = queue.Queue()
        self._stop = threading.Event()
        self.control = RelayControl(
            PLAN, Outputs(self.bus, PINS), self._get, self._say, beat=beat, lost_for=lambda: self.lost_for
        )
        self._heard = heard
        self.thread = threading.Thread(target=self._run)

    def command(self, command_id: str, key: str, action: Action | None = None, **wants: float) -> None:
        self._orders.put(Commanded(command_id=command_id, key=key, action=action, **wants))

    def result(self, status: Status) -> Result:
        """Wait for the next result of this status."""
        while (result := self._results.get(timeout=PATIENCE)).status is not status:
            pass
        return result

    def pin(self, pin: int) -> bool | None:
        return self.bus.pins(0x20)[pin]

    def until(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < give_up
            threading.Event().wait(0.002)

    def end(self) -> None:
        self._stop.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()

    def _run(self) -> None:
        try:
            self.control.run(self._stop)
        except RuntimeError as error:
            self.error = error

    def _say(self, result: Result) -> None:
        self._heard(result)
        self._results.put(result)

    def _get(self, patience: float) -> Commanded | None:
        try:
            return self._orders.get(timeout=patience) if patience > 0 else self._orders.get_nowait()
        except queue.Empty:
            return None


@contextmanager
def running(rig: Rig) -> Iterator[Rig]:
    rig.thread.start()
    try:
        rig.until(lambda: {rig.bus.pins(address)[SIREN] for address in RELAYS} != {None})
        yield rig
    finally:
        rig.end()


@pytest.fixture
def rig() -> Iterator[Rig]:
    with running(Rig()) as rig:
        yield rig


class Until:
    """The end of a loop in time that passes only while it waits."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.now + seconds

    def is_set(self) -> bool:
        return self._clock.now >= self._end

    def wait(self, timeout: float) -> bool:
        self._clock.wait(timeout)
        return self.is_set()


def run(clock: Clock, plan: Plan, pins: Outputs, *commands: Commanded, beat: Callable[[], None] = lambda: None) -> None:
    """Give all commands at once, and let ten seconds pass."""
    orders = list(commands)

    def get(patience: float) -> Commanded | None:
        if orders:
            return orders.pop(0)
        clock.wait(patience)
        return None

    RelayControl(plan, pins, get, lambda _result: None, beat=beat, clock=clock).run(Until(clock, 10))


def test_pulses_of_sixteen_relays_at_once_begin_at_once_and_end_on_their_times() -> None:
    clock, seconds = Clock(), {f"Relay {pin}": 0.1 + pin / 7 for pin in range(16)}
    switched: dict[str, list[float]] = {key: [] for key in seconds}

    class Timed(Outputs):
        def write(self, key: str, *, on: bool) -> None:
            super().write(key, on=on)
            if on or switched[key]:
                switched[key].append(clock.now - began)

    began = clock.now
    pins = Timed(
        SimulatedBus(RELAYS, clock=clock), {key: RelayPin(address=0x21, pin=pin) for pin, key in enumerate(seconds)}
    )
    plan = plan_of(*(Relay(key=key, seconds=length) for key, length in seconds.items()))
    run(clock, plan, pins, *(Commanded(command_id=key, key=key) for key in seconds))
    assert {key: times[:2] for key, times in switched.items()} == {
        key: [0, pytest.approx(length)] for key, length in seconds.items()
    }


def test_a_relay_is_not_held_up_by_the_pulse_of_another(rig: Rig) -> None:
    rig.command("long", "Siren", seconds=600.0)
    rig.command("short", "Lamp", seconds=0.2)
    assert rig.result(Status.DONE).command_id == "short"
    assert (rig.pin(SIREN), rig.pin(LAMP)) == (True, False)


def test_pins_are_safe_before_the_first_command_and_after_the_stop() -> None:
    with running(Rig()) as rig:
        assert (rig.pin(SIREN), rig.pin(LAMP), rig.pin(LOCK)) == (False, False, True)
        rig.command("1", "Siren", Action.ON)
        rig.command("2", "Lock", Action.OFF)
        rig.command("3", "Lamp", seconds=60.0)
        rig.until(lambda: rig.control.states == {"Siren": True, "Lamp": True, "Lock": False})
    assert (rig.pin(SIREN), rig.pin(LAMP), rig.pin(LOCK)) == (False, False, True)
    assert rig.result(Status.FAILED) == Result(
        command_id="3", key="Lamp", status=Status.FAILED, detail="Cut short: the app stops"
    )


def test_expiry_is_told_by_the_calendar_and_not_by_the_clock_of_the_deadlines(rig: Rig) -> None:
    rig.command("old", "Lamp", expires_at=time.time() - 5.0)
    assert rig.result(Status.EXPIRED).command_id == "old"
    rig.command("new", "Lamp", expires_at=time.time() + PATIENCE)
    assert rig.result(Status.ACCEPTED).command_id == "new"


def test_a_pin_that_cannot_be_written_fails_the_command_with_what_to_do_and_is_safe_when_the_chip_is_back(
    rig: Rig,
) -> None:
    rig.bus.fail(0x20)
    rig.command("1", "Siren")
    assert rig.result(Status.FAILED) == Result(
        command_id="1",
        key="Siren",
        status=Status.FAILED,
        detail="No chip answers at 0x20: check its wiring, power and address",
    )
    rig.until(lambda: rig.control.problems == ("No chip answers at 0x20: check its wiring, power and address",))
    rig.bus.fail(0x20, failing=False)
    rig.until(lambda: rig.control.problems == ())
    assert rig.pin(SIREN) is False
    rig.command("2", "Siren")
    assert rig.result(Status.ACCEPTED).command_id == "2"


def test_a_pulse_that_ends_while_the_chip_is_away_fails_and_the_pin_is_safe_when_it_is_back() -> None:
    def leave(result: Result) -> None:
        if result.status is Status.ACCEPTED:
            board.bus.fail(0x20)

    board = Rig(heard=leave)
    with running(board):
        board.command("1", "Lamp", seconds=0.3)
        assert board.result(Status.FAILED).command_id == "1"
        assert board.pin(LAMP) is True
        board.bus.fail(0x20, failing=False)
        board.until(lambda: board.pin(LAMP) is False)


def test_an_expander_that_lost_power_is_set_up_again(rig: Rig) -> None:
    rig.command("1", "Siren", Action.ON)
    assert rig.result(Status.DONE).command_id == "1"
    # From now on the pin is an input, until somebody sets it up.
    rig.bus.power_cycle(0x20)
    rig.until(lambda: rig.pin(SIREN) is True)
    assert rig.pin(LOCK) is True


def test_relays_are_safe_when_no_broker_was_there_for_too_long(rig: Rig) -> None:
    rig.command("1", "Siren", seconds=60.0)
    assert rig.result(Status.ACCEPTED).command_id == "1"
    rig.lost_for = 61.0
    assert "no broker" in str(rig.result(Status.FAILED).detail)
    assert rig.pin(SIREN) is False


def test_it_beats_at_least_every_half_second_while_nothing_happens() -> None:
    clock = Clock()
    beats = [clock.now]
    run(clock, PLAN, Outputs(SimulatedBus(RELAYS, clock=clock), PINS), beat=lambda: beats.append(clock.now))
    assert len(beats) > 20
    assert max(after - before for before, after in pairwise(beats)) <= 0.5


def test_without_its_watchdog_it_makes_the_relays_safe_and_ends() -> None:
    gone = threading.Event()

    def beat() -> None:
        if gone.is_set():
            raise RuntimeError("The watchdog is gone")

    with running(Rig(beat)) as rig:
        rig.command("1", "Siren", seconds=60.0)
        assert rig.result(Status.ACCEPTED).command_id == "1"
        gone.set()
        rig.command("2", "Lamp")
        rig.thread.join(PATIENCE)
    assert str(rig.error) == "The watchdog is gone"
    assert (rig.pin(SIREN), rig.pin(LAMP), rig.pin(LOCK)) == (False, False, True)
    assert rig.result(Status.FAILED).command_id == "1"
