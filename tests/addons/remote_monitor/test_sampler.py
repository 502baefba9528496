"""The loop over the inputs, on the real drivers and the simulated chips."""

from collections.abc import Mapping
import threading
import time

import pytest

from remote_monitor.bands import Change, Zone, simple, supervised
from remote_monitor.drivers.adc import Adc
from remote_monitor.drivers.mcp3424 import Mcp3424
from remote_monitor.sampler import Input, Sampler

from .kit import PATIENCE, Clock, adc_pi

LOOP = supervised({Zone.SHORT: (0, 10), Zone.NORMAL: (25, 45), Zone.ALARM: (50, 70), Zone.CUT: (90, 100)})
FULL = 2.048


class Rig:
    """Eight loops on an ADC Pi; rounds are taken by the test."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.bus = adc_pi(self.clock)
        chips = [Mcp3424(self.bus, address) for address in (0x68, 0x69)]
        adc = Adc(chips, wait=self.clock.wait, clock=self.clock)
        inputs = [Input(key=f"Loop {channel}", channel=channel, rule=LOOP) for channel in range(1, 9)]
        self.told: list[dict[str, Zone]] = []
        self.sampler = Sampler(adc, inputs, self._tell)
        for channel in range(1, 9):
            self.put(channel, 35)

    def put(self, channel: int, percent: float) -> None:
        self.bus.set_voltage(0x68 + (channel - 1) // 4, (channel - 1) % 4 + 1, FULL * percent / 100)

    def rounds(self, count: int) -> list[dict[str, Zone]]:
        """Take so many rounds, and return what was told in them."""
        self.told.clear()
        for _ in range(count):
            self.sampler.sample(self.clock.now)
            self.clock.wait(0.1)
        return self.told

    def _tell(self, changes: Mapping[str, Change]) -> None:
        self.told.append({key: change.after for key, change in changes.items()})


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    assert rig.rounds(5) == []
    return rig


def test_a_voltage_that_changes_is_told_within_two_rounds_and_only_that_input(rig: Rig) -> None:
    rig.put(6, 60)
    assert rig.rounds(2) == [{"Loop 6": Zone.ALARM}]
    assert rig.rounds(5) == []
    assert rig.sampler.states["Loop 6"].wire()["sample_value"] == pytest.approx(60, abs=0.1)


def test_inputs_that_change_together_are_told_together(rig: Rig) -> None:
    rig.put(2, 60)
    rig.put(7, 99)
    assert rig.rounds(3) == [{"Loop 2": Zone.ALARM, "Loop 7": Zone.CUT}]


def test_a_chip_that_stops_answering_makes_its_inputs_faults_and_comes_back(rig: Rig) -> None:
    rig.bus.fail(0x69)
    assert rig.rounds(2) == []
    assert rig.rounds(5) == [{f"Loop {channel}": Zone.FAULT for channel in (5, 6, 7, 8)}]
    assert rig.sampler.states["Loop 5"].fault == "No chip answers at 0x69: check its wiring, power and address"
    assert rig.sampler.states["Loop 1"].zone is Zone.NORMAL
    rig.bus.fail(0x69, failing=False)
    assert rig.rounds(5) == [{f"Loop {channel}": Zone.NORMAL for channel in (5, 6, 7, 8)}]


def test_a_stuck_bus_makes_every_input_a_fault_that_says_what_to_do(rig: Rig) -> None:
    rig.bus.stuck()
    assert rig.rounds(3) == [{f"Loop {channel}": Zone.FAULT for channel in range(1, 9)}]
    assert "check SDA and SCL" in str(rig.sampler.states["Loop 3"].fault)
    rig.bus.stuck(stuck=False)
    assert rig.rounds(3) == [{f"Loop {channel}": Zone.NORMAL for channel in range(1, 9)}]


def test_a_single_reading_that_fails_is_not_told(rig: Rig) -> None:
    for _ in range(20):
        rig.bus.fail(0x68)
        assert rig.rounds(1) == []
        rig.bus.fail(0x68, failing=False)
        assert rig.rounds(1) == []


def test_noise_on_a_loop_is_not_told(rig: Rig) -> None:
    for channel in range(1, 5):
        rig.bus.set_noise(0x68, channel, FULL * 0.08)
    assert rig.rounds(500) == []


def test_an_unplugged_sensor_is_a_cut_or_an_alarm_by_its_rule(rig: Rig) -> None:
    rig.put(1, 100)
    assert rig.rounds(3) == [{"Loop 1": Zone.CUT}]
    adc = Adc([Mcp3424(rig.bus, 0x68)], wait=rig.clock.wait, clock=rig.clock)
    told: list[Mapping[str, Change]] = []
    plain = Sampler(adc, [Input(key="Door", channel=1, rule=simple(0))], told.append)
    for _ in range(3):
        plain.sample(0.0)
    assert told[0]["Door"].after is Zone.ALARM


class Grid:
    """A loop in real time with an adc that takes as long as the test says."""

    def __init__(self, rate: float, takes: float = 0.0) -> None:
        self.stop = threading.Event()
        self.began: list[float] = []
        self._takes = takes
        self._enough = threading.Event()
        adc = Adc([])
        self.sampler = Sampler(adc, [], lambda _changes: None, rate=rate, beat=self._beat)
        self._wanted = 0

    def run(self, rounds: int) -> None:
        self._wanted = rounds
        thread = threading.Thread(target=self.sampler.run, args=(self.stop,))
        thread.start()
        assert self._enough.wait(PATIENCE)
        self.stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()

    def _beat(self) -> None:
        self.began.append(time.monotonic())
        if len(self.began) >= self._wanted:
            self._enough.set()
        threading.Event().wait(self._takes)


class LateFlag:
    """Lets virtual time pass, wakes a little late every time, and ends the loop after so many rounds."""

    def __init__(self, clock: Clock, rounds: int) -> None:
        self._clock = clock
        self._left = rounds

    def is_set(self) -> bool:
        return self._left < 0

    def wait(self, timeout: float) -> bool:
        self._clock.wait(timeout + 0.0007)
        self._left -= 1
        return self.is_set()


def test_lateness_does_not_add_up_over_an_hour() -> None:
    clock, last = Clock(), 0.0

    def beat() -> None:
        nonlocal last
        last = clock.now
        clock.wait(0.03)

    began = clock.now
    sampler = Sampler(Adc([]), [], lambda _changes: None, beat=beat)
    sampler.run(LateFlag(clock, rounds=36_000), clock)
    assert last - began == pytest.approx(35_999 * 0.1 + 0.0007, abs=1e-4)
    timing = sampler.timing()
    assert (timing.rounds, timing.skipped) == (36_000, 0)
    assert (timing.late_p99, timing.late_most) == pytest.approx((0.0007, 0.0007), abs=1e-4)


def test_no_round_is_ahead_of_its_time_on_this_machine() -> None:
    grid = Grid(rate=100.0)
    grid.run(50)
    timing = grid.sampler.timing()
    assert timing.rounds >= 50
    assert 0 <= timing.late_p99 <= timing.late_most
    # The first may have been late.
    assert grid.began[49] - grid.began[0] >= 49 * 0.01 - timing.late_most


def test_a_round_that_takes_too_long_leaves_out_the_next_ones_instead_of_hurrying_after_them() -> None:
    grid = Grid(rate=100.0, takes=0.025)
    grid.run(10)
    gaps = [after - before for before, after in zip(grid.began, grid.began[1:], strict=False)]
    assert min(gaps) >= 0.025
    assert grid.sampler.timing().skipped >= 18
