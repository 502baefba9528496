"""The simulated chips behave as their datasheets say."""

import errno

import pytest

from remote_monitor.bus.chips import ChipKind
from remote_monitor.bus.interface import BusError
from remote_monitor.bus.simulated import SimulatedBus

from .kit import Clock

ADC = 0x68
ADS = 0x48
PORT = 0x20


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bus(clock: Clock) -> SimulatedBus:
    kinds = {ADC: ChipKind.MCP3424, ADS: ChipKind.ADS1115, PORT: ChipKind.MCP23017}
    return SimulatedBus(kinds, clock=clock)


def read(bus: SimulatedBus, address: int, length: int) -> bytes:
    data = bytearray(length)
    bus.readfrom_into(address, data)
    return bytes(data)


def read_register(bus: SimulatedBus, address: int, register: int, length: int) -> bytes:
    data = bytearray(length)
    bus.writeto_then_readfrom(address, bytes([register]), data)
    return bytes(data)


def convert(bus: SimulatedBus, clock: Clock, config: int, length: int) -> bytes:
    bus.writeto(ADC, bytes([config | 0x80]))
    clock.wait(0.3)
    return read(bus, ADC, length)


def test_mcp3424_is_at_0x90_after_power_on_and_converts_input_1(bus: SimulatedBus, clock: Clock) -> None:
    bus.set_voltage(ADC, 1, 0.5)
    assert read(bus, ADC, 3)[2] == 0x90
    clock.wait(1 / 240)
    assert read(bus, ADC, 3) == (500).to_bytes(2) + b"\x10"


@pytest.mark.parametrize(
    ("bits", "seconds"), [(12, 1 / 240), (14, 1 / 60), (16, 1 / 15), (18, 1 / 3.75)], ids=lambda value: f"{value:.4g}"
)
def test_mcp3424_is_ready_after_the_time_of_its_resolution_and_not_before(
    bus: SimulatedBus, clock: Clock, bits: int, seconds: float
) -> None:
    config = (bits - 12) // 2 << 2
    bus.writeto(ADC, bytes([config | 0x80]))
    length = 4 if bits == 18 else 3
    clock.wait(seconds * 0.99)
    assert read(bus, ADC, length)[-1] == config | 0x80
    clock.wait(seconds * 0.02)
    assert read(bus, ADC, length)[-1] == config


@pytest.mark.parametrize(
    ("config", "volts", "expected"),
    [
        pytest.param(0x00, 1.0, "03e8 00", id="12 bit: 1 mV a step"),
        pytest.param(0x04, 1.0, "0fa0 04", id="14 bit: 250 uV a step"),
        pytest.param(0x08, 1.0, "3e80 08", id="16 bit: 62.5 uV a step"),
        pytest.param(0x0C, 1.0, "00fa00 0c", id="18 bit: 15.625 uV a step, three bytes"),
        pytest.param(0x00, 9.0, "07ff 00", id="12 bit: above full scale"),
        pytest.param(0x00, -9.0, "f800 00", id="12 bit: below full scale, sign repeated"),
        pytest.param(0x0C, -9.0, "fe0000 0c", id="18 bit: below full scale, sign repeated"),
        pytest.param(0x00, -0.001, "ffff 00", id="12 bit: one step below zero"),
        pytest.param(0x03, 0.1, "0320 03", id="gain 8"),
        pytest.param(0x60, 1.0, "0000 60", id="input 4, on which nothing stands"),
    ],
)
def test_mcp3424_gives_the_code_of_its_input(
    bus: SimulatedBus, clock: Clock, config: int, volts: float, expected: str
) -> None:
    bus.set_voltage(ADC, 1, volts)
    wanted = bytes.fromhex(expected)
    assert convert(bus, clock, config, len(wanted)) == wanted


def test_mcp3424_repeats_its_configuration_to_whoever_reads_on(bus: SimulatedBus, clock: Clock) -> None:
    assert convert(bus, clock, 0x00, 5) == bytes(5)


def test_mcp3424_converts_once_in_one_shot_mode_and_again_and_again_in_continuous_mode(
    bus: SimulatedBus, clock: Clock
) -> None:
    convert(bus, clock, 0x00, 3)
    bus.set_voltage(ADC, 1, 1.0)
    clock.wait(1.0)
    assert read(bus, ADC, 3) == bytes.fromhex("000080")
    bus.writeto(ADC, b"\x10")
    for volts in (1.0, 2.0):
        bus.set_voltage(ADC, 1, volts)
        clock.wait(1.1 / 240)
        assert int.from_bytes(read(bus, ADC, 2)) == volts * 1000


def test_mcp3424_starts_nothing_in_one_shot_mode_without_the_ready_bit(bus: SimulatedBus, clock: Clock) -> None:
    bus.writeto(ADC, b"\x00")
    clock.wait(1.0)
    assert read(bus, ADC, 3)[2] == 0x80


def test_ads1115_is_at_0x8583_after_power_on(bus: SimulatedBus) -> None:
    assert read_register(bus, ADS, 1, 2) == bytes.fromhex("8583")


@pytest.mark.parametrize(
    ("config", "code"),
    [
        pytest.param(0xC383, 8000, id="input 1, 4.096 V"),
        pytest.param(0xD383, 16000, id="input 2"),
        pytest.param(0x8383, -8000, id="input 1 against 2"),
        pytest.param(0xC583, 16000, id="2.048 V"),
        pytest.param(0xDB83, 32767, id="above full scale"),
        pytest.param(0x8B83, -32768, id="below full scale"),
    ],
)
def test_ads1115_converts_what_its_configuration_names(bus: SimulatedBus, clock: Clock, config: int, code: int) -> None:
    bus.set_voltage(ADS, 1, 1.0)
    bus.set_voltage(ADS, 2, 2.0)
    bus.writeto(ADS, b"\x01" + config.to_bytes(2))
    clock.wait(0.99 / 128)
    assert read(bus, ADS, 2)[0] & 0x80 == 0
    clock.wait(0.02 / 128)
    assert read(bus, ADS, 2)[0] & 0x80 == 0x80
    assert int.from_bytes(read_register(bus, ADS, 0, 2), signed=True) == code


def test_mcp23017_has_inputs_only_and_low_latches_after_power_on(bus: SimulatedBus) -> None:
    assert read_register(bus, PORT, 0x00, 22) == b"\xff\xff" + bytes(20)
    assert bus.pins(PORT) == (None,) * 16


def test_mcp23017_drives_its_latches_on_outputs_and_counts_registers_up(bus: SimulatedBus) -> None:
    bus.writeto(PORT, bytes([0x14, 0x81, 0x01]))
    bus.writeto(PORT, bytes([0x00, 0x7E, 0xFE]))
    assert [pin for pin, level in enumerate(bus.pins(PORT)) if level] == [0, 7, 8]
    assert [pin for pin, level in enumerate(bus.pins(PORT)) if level is None] == [1, 2, 3, 4, 5, 6, *range(9, 16)]
    assert read_register(bus, PORT, 0x12, 2) == bytes([0x81, 0x01])
    assert [(write.register, write.value) for write in bus.writes(PORT)] == [
        (0x14, 0x81),
        (0x15, 0x01),
        (0x00, 0x7E),
        (0x01, 0xFE),
    ]


def test_mcp23017_takes_a_write_to_its_port_as_one_to_its_latch(bus: SimulatedBus) -> None:
    bus.writeto(PORT, bytes([0x12, 0xA5]))
    assert read_register(bus, PORT, 0x14, 1) == b"\xa5"
    assert read_register(bus, PORT, 0x12, 1) == b"\x00", "an input shows what stands at the pin"


def test_mcp23017_keeps_its_last_256_writes(bus: SimulatedBus) -> None:
    for number in range(300):
        bus.writeto(PORT, bytes([0x14, number % 256]))
    assert [write.value for write in bus.writes(PORT)] == [number % 256 for number in range(44, 300)]


def test_a_chip_that_fails_or_is_not_there_does_not_acknowledge(bus: SimulatedBus) -> None:
    bus.fail(ADC)
    for address in (ADC, 0x50):
        with pytest.raises(BusError, match=f"No chip answers at {address:#x}") as caught:
            bus.writeto(address, b"")
        assert caught.value.errno == errno.EREMOTEIO
    bus.fail(ADC, failing=False)
    bus.writeto(ADC, b"")


def test_every_transfer_times_out_on_a_stuck_bus(bus: SimulatedBus) -> None:
    bus.stuck()
    with pytest.raises(BusError, match="stuck") as caught:
        read(bus, ADS, 2)
    assert caught.value.errno == errno.ETIMEDOUT
    bus.stuck(stuck=False)
    assert len(read(bus, ADS, 2)) == 2


def test_noise_wavers_around_the_voltage(bus: SimulatedBus, clock: Clock) -> None:
    bus.set_voltage(ADC, 1, 1.0)
    bus.set_noise(ADC, 1, 0.01)
    codes = {int.from_bytes(convert(bus, clock, 0x00, 2)) for _ in range(100)}
    assert len(codes) > 5
    assert min(codes) >= 990
    assert max(codes) <= 1010


def test_a_voltage_needs_an_input_that_is_there(bus: SimulatedBus) -> None:
    with pytest.raises(ValueError, match="inputs 1 to 4, not 5"):
        bus.set_voltage(ADC, 5, 1.0)
    with pytest.raises(KeyError, match="no converter"):
        bus.set_voltage(PORT, 1, 1.0)
    with pytest.raises(KeyError, match="no port expander"):
        bus.pins(ADC)
