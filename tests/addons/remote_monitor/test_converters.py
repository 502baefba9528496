"""The converters' drivers, over the simulated bus."""

from collections.abc import Callable
import threading

from hypothesis import given, strategies as st
import pytest

from remote_monitor.bus import interface
from remote_monitor.bus.chips import ChipKind
from remote_monitor.bus.simulated import SimulatedBus
from remote_monitor.drivers.adc import Adc, Converter, ReadFault
from remote_monitor.drivers.ads1115 import Ads1115
from remote_monitor.drivers.mcp3424 import DIVIDER, Mcp3424

from .kit import Clock, adc_pi


class Rig:
    """An ADC Pi whose time only moves when somebody waits."""

    def __init__(self, bits: int = 12) -> None:
        self.clock = Clock()
        self.bus = adc_pi(self.clock)
        self.chips = [Mcp3424(self.bus, address, bits=bits) for address in (0x68, 0x69)]
        self.adc = Adc(self.chips, wait=self.clock.wait, clock=self.clock)

    def put(self, channel: int, volts: float) -> None:
        """Put volts on a terminal of the board."""
        self.bus.set_voltage(0x68 + (channel - 1) // 4, (channel - 1) % 4 + 1, volts / DIVIDER)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.mark.parametrize("bits", [12, 14, 16, 18])
def test_every_terminal_of_the_adc_pi_is_read_in_volts(bits: int) -> None:
    rig = Rig(bits)
    for channel in range(1, 9):
        rig.put(channel, channel * 0.55)
    step = 2 * 2.048 * DIVIDER / (1 << bits)
    assert rig.adc.sample() == {channel: pytest.approx(channel * 0.55, abs=step) for channel in range(1, 9)}


@given(st.floats(-3.0, 8.0), st.sampled_from([12, 14]))
def test_a_voltage_is_told_within_a_step_from_zero_to_full_scale(volts: float, bits: int) -> None:
    rig = Rig(bits)
    rig.put(3, volts)
    step = 2 * 2.048 * DIVIDER / (1 << bits)
    assert rig.adc.sample()[3] == pytest.approx(max(0.0, min(rig.adc.full_scale(3), volts)), abs=step)


@pytest.mark.parametrize(("bits", "most"), [(12, 0.025), (14, 0.085)])
def test_both_chips_convert_at_once_so_that_eight_channels_are_read_ten_times_a_second(bits: int, most: float) -> None:
    rig = Rig(bits)
    began = rig.clock.now
    rig.adc.sample()
    assert rig.clock.now - began < most


def test_a_slow_chip_is_waited_for_up_to_twice_its_time(rig: Rig) -> None:
    class Slow(Mcp3424):
        conversion_time = 0.004

    slow = Slow(rig.bus, 0x68)
    rig.put(2, 3.0)
    adc = Adc([slow], wait=rig.clock.wait, clock=rig.clock)
    assert adc.sample()[2] == pytest.approx(3.0, abs=0.003)


def test_a_chip_that_does_not_finish_is_a_fault(rig: Rig) -> None:
    class Hasty(Mcp3424):
        conversion_time = 0.0001

    rig.chips[0] = Hasty(rig.bus, 0x68, bits=18)
    adc = Adc(rig.chips, wait=rig.clock.wait, clock=rig.clock)
    found = adc.sample()
    assert found[1] == ReadFault(reason="The chip at 0x68 does not finish a conversion")
    assert found[5] == 0.0


def test_a_chip_that_does_not_answer_is_a_fault_and_the_other_is_read(rig: Rig) -> None:
    rig.put(6, 2.5)
    rig.bus.fail(0x68)
    found = rig.adc.sample()
    wanted = ReadFault(reason="No chip answers at 0x68: check its wiring, power and address")
    assert [found[channel] for channel in (1, 2, 3, 4)] == [wanted] * 4
    assert found[6] == pytest.approx(2.5, abs=0.003)
    rig.bus.fail(0x68, failing=False)
    assert rig.adc.sample()[1] == 0.0


def test_a_stuck_bus_costs_one_time_out_a_chip(rig: Rig) -> None:
    rig.bus.stuck()
    began, tried = rig.clock.now, 0
    write = rig.bus.writeto

    def count(address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        nonlocal tried
        tried += 1
        write(address, buffer, start=start, end=end)

    rig.bus.writeto = count  # type: ignore[method-assign, assignment]
    found = rig.adc.sample()
    assert all(isinstance(value, ReadFault) for value in found.values())
    assert len(found) == 8
    assert tried == 2
    assert rig.clock.now == began


def test_a_chip_that_lost_power_between_start_and_result_is_a_fault(rig: Rig) -> None:
    for channel in (1, 2, 3, 4):
        rig.put(channel, 1.0)

    def power_cut(seconds: float) -> None:
        rig.clock.wait(seconds)
        rig.bus.power_cycle(0x68)

    found = Adc(rig.chips[:1], wait=power_cut, clock=rig.clock).sample()
    assert found[2] == ReadFault(reason="The chip at 0x68 lost its settings: check its power supply")
    assert rig.adc.sample()[2] == pytest.approx(1.0, abs=0.003)


def test_only_the_channels_asked_for_are_read(rig: Rig) -> None:
    adc = Adc(rig.chips, channels=frozenset({2, 7}), wait=rig.clock.wait, clock=rig.clock)
    assert sorted(adc.sample()) == [2, 7]


def test_a_channel_that_no_chip_has_is_refused(rig: Rig) -> None:
    with pytest.raises(ValueError, match="no input 9: the converters have inputs 1 to 8"):
        Adc(rig.chips, channels=frozenset({9, 10}))


def test_the_ads1115_is_read_in_volts_with_low_ones_as_zero() -> None:
    clock = Clock()
    bus = SimulatedBus({0x48: ChipKind.ADS1115}, clock=clock)
    for channel, volts in enumerate((0.1, 1.5, 3.3, -0.2), start=1):
        bus.set_voltage(0x48, channel, volts)
    adc = Adc([Ads1115(bus, 0x48)], wait=clock.wait, clock=clock)
    assert adc.sample() == {
        channel: pytest.approx(volts, abs=2e-4) for channel, volts in enumerate((0.1, 1.5, 3.3, 0), 1)
    }
    bus.power_cycle(0x48)
    assert adc.sample()[3] == pytest.approx(3.3, abs=2e-4)


def test_an_ads1115_that_is_slow_or_loses_power_is_waited_for_or_a_fault() -> None:
    class Hasty(Ads1115):
        conversion_time = 0.003  # type: ignore[misc]

    clock = Clock()
    bus = SimulatedBus({0x48: ChipKind.ADS1115}, clock=clock)
    bus.set_voltage(0x48, 1, 1.5)
    assert Adc([Hasty(bus, 0x48)], wait=clock.wait, clock=clock).sample()[1] == pytest.approx(1.5, abs=2e-4)

    def power_cut(seconds: float) -> None:
        clock.wait(seconds)
        bus.power_cycle(0x48)

    found = Adc([Ads1115(bus, 0x48)], wait=power_cut, clock=clock).sample()
    assert found[1] == ReadFault(reason="The chip at 0x48 lost its settings: check its power supply")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda bus: Mcp3424(bus, 0x68, bits=13), "bits must be 12, 14, 16 or 18, is 13"),
        (lambda bus: Ads1115(bus, 0x48, full_scale=5.0), "full_scale must be one of 6.144, .* is 5.0"),
    ],
)
def test_a_setting_that_no_chip_has_is_refused(make: Callable[[SimulatedBus], Converter], words: str, rig: Rig) -> None:
    with pytest.raises(ValueError, match=words):
        make(rig.bus)


def test_a_bus_that_another_thread_keeps_is_an_error_in_the_end(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interface, "_PATIENCE", 0.1)
    assert rig.bus.try_lock()
    found = rig.adc.sample()
    assert found[1] == ReadFault(reason="The I2C bus is held by a transfer that does not end")
    rig.bus.unlock()
    assert rig.adc.sample()[1] == 0.0


def test_the_bus_is_shared_by_threads() -> None:
    """Two threads with drivers of their own never see each other's chip."""
    bus = adc_pi(lambda: 0.0)
    wrong: list[int] = []

    def use(address: int) -> None:
        for number in range(2_000):
            while not bus.try_lock():
                pass
            bus.writeto(address, bytes([0x14, number % 256]))
            seen = bytearray(1)
            bus.writeto_then_readfrom(address, b"\x14", seen)
            bus.unlock()
            if seen[0] != number % 256:
                wrong.append(number)

    threads = [threading.Thread(target=use, args=(address,)) for address in (0x20, 0x21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
