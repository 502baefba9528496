"""Relays on the port expander: Adafruit's driver over the simulated bus."""

import sys

from hypothesis import given, strategies as st
import pytest

from remote_monitor.bus.interface import BusError
from remote_monitor.bus.simulated import SimulatedBus
from remote_monitor.drivers.mcp23017 import ChipLevels, Outputs, RelayPin, safe_levels

from .kit import Clock, adc_pi

PINS = {
    "Siren": RelayPin(address=0x20, pin=0),
    "Gate": RelayPin(address=0x20, pin=9, active_low=True),
    "Lock": RelayPin(address=0x20, pin=15, safe_on=True),
    "Lamp": RelayPin(address=0x21, pin=3),
}


@pytest.fixture
def bus() -> SimulatedBus:
    return adc_pi(Clock())


def driven(bus: SimulatedBus, address: int) -> dict[int, bool]:
    return {pin: level for pin, level in enumerate(bus.pins(address)) if level is not None}


def test_latches_are_written_before_directions_so_that_no_relay_clicks_at_start(bus: SimulatedBus) -> None:
    outputs = Outputs(bus, PINS)
    assert bus.writes(0x20) == []
    assert outputs.refresh() == {}
    assert [(write.register, write.value) for write in bus.writes(0x20)] == [
        (0x12, 0b00000000),
        (0x13, 0b10000010),
        (0x00, 0b11111110),
        (0x01, 0b01111101),
    ]
    assert driven(bus, 0x20) == {0: False, 9: True, 15: True}
    assert driven(bus, 0x21) == {3: False}


def test_an_app_that_starts_again_moves_no_pin_that_is_safe_already(bus: SimulatedBus) -> None:
    Outputs(bus, PINS).refresh()
    before = len(bus.writes(0x20))
    Outputs(bus, PINS).refresh()
    levels = [(write.register, write.value) for write in bus.writes(0x20)]
    assert levels[before:] == levels[:before]


def test_a_relay_is_switched_by_the_level_it_is_wired_for(bus: SimulatedBus) -> None:
    outputs = Outputs(bus, PINS)
    outputs.write("Gate", on=True)
    outputs.write("Siren", on=True)
    assert driven(bus, 0x20) == {0: True, 9: False, 15: True}
    outputs.write("Gate", on=False)
    outputs.write("Lock", on=False)
    assert driven(bus, 0x20) == {0: True, 9: True, 15: False}


@given(st.lists(st.tuples(st.sampled_from(sorted(PINS)), st.booleans()), max_size=20))
def test_pins_always_show_what_was_last_asked_of_each_relay(orders: list[tuple[str, bool]]) -> None:
    bus = adc_pi(Clock())
    outputs = Outputs(bus, PINS)
    outputs.refresh()
    wanted = {key: pin.safe_on for key, pin in PINS.items()}
    for key, on in orders:
        outputs.write(key, on=on)
        wanted[key] = on
        shown = {name: bus.pins(pin.address)[pin.pin] != pin.active_low for name, pin in PINS.items()}
        assert shown == wanted


def test_what_could_not_be_written_is_written_when_the_chip_is_back(bus: SimulatedBus) -> None:
    outputs = Outputs(bus, PINS)
    outputs.write("Siren", on=True)
    bus.fail(0x20)
    with pytest.raises(BusError, match="No chip answers at 0x20"):
        outputs.write("Siren", on=False)
    outputs.write("Lamp", on=True)
    assert [str(error) for error in outputs.refresh().values()] == [
        "No chip answers at 0x20: check its wiring, power and address"
    ]
    assert driven(bus, 0x20)[0] is True
    bus.fail(0x20, failing=False)
    assert outputs.refresh() == {}
    assert driven(bus, 0x20)[0] is False
    assert driven(bus, 0x21)[3] is True


def test_a_chip_that_lost_power_gets_its_registers_back_latches_first(bus: SimulatedBus) -> None:
    outputs = Outputs(bus, PINS)
    outputs.write("Siren", on=True)
    before = len(bus.writes(0x20))
    bus.power_cycle(0x20)
    assert outputs.refresh() == {}
    assert driven(bus, 0x20) == {0: True, 9: True, 15: True}
    assert [write.register for write in bus.writes(0x20)][before:] == [0x12, 0x13, 0x00, 0x01]


def test_a_chip_that_is_well_is_only_read(bus: SimulatedBus) -> None:
    outputs = Outputs(bus, PINS)
    outputs.refresh()
    before = len(bus.writes(0x20))
    for _ in range(10):
        outputs.refresh()
    assert len(bus.writes(0x20)) == before


def test_an_expander_that_comes_late_is_taken_in(bus: SimulatedBus) -> None:
    bus.fail(0x21)
    outputs = Outputs(bus, PINS)
    assert list(outputs.refresh()) == [0x21]
    with pytest.raises(BusError, match="No chip answers at 0x21"):
        outputs.write("Lamp", on=True)
    bus.fail(0x21, failing=False)
    outputs.refresh()
    assert driven(bus, 0x21) == {3: True}


def test_safe_levels_are_what_the_registers_hold_when_every_relay_is_safe() -> None:
    assert safe_levels(PINS) == (
        ChipLevels(address=0x20, latches=0x8200, directions=0x7DFE),
        ChipLevels(address=0x21, latches=0x0000, directions=0xFFF7),
    )


def test_a_pin_that_is_not_there_or_taken_is_refused() -> None:
    with pytest.raises(ValueError, match="Bell: pin must be 0 to 15, is 16"):
        safe_levels({"Bell": RelayPin(address=0x20, pin=16)})
    with pytest.raises(ValueError, match="Bell: pin 0 of 0x20 drives another relay already"):
        safe_levels(PINS | {"Bell": RelayPin(address=0x20, pin=0)})


def test_no_hardware_detection_is_loaded(bus: SimulatedBus) -> None:
    Outputs(bus, PINS).refresh()
    assert {"board", "adafruit_blinka", "RPi"}.isdisjoint(sys.modules)
