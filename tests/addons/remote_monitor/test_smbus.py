"""The Linux bus. Its kernel end is played by the simulated chips, with the real messages of smbus2."""

import errno
import os
from pathlib import Path

import pytest
from smbus2 import i2c_msg

from remote_monitor.bus import smbus
from remote_monitor.bus.interface import BusError
from remote_monitor.bus.simulated import SimulatedBus
from remote_monitor.bus.smbus import SmbusBus
from remote_monitor.drivers.adc import Adc
from remote_monitor.drivers.mcp3424 import DIVIDER, Mcp3424
from remote_monitor.drivers.mcp23017 import Outputs, RelayPin

from .kit import Clock, adc_pi

READ = 1


class Kernel:
    """Carries out the messages of one ioctl on simulated chips."""

    def __init__(self, chips: SimulatedBus) -> None:
        self.fd = os.open(os.devnull, os.O_RDWR)
        self.ioctls: list[list[int]] = []
        self._chips = chips

    def i2c_rdwr(self, *messages: i2c_msg) -> None:
        self.ioctls.append([message.flags for message in messages])
        for message in messages:
            if message.flags == READ:
                data = bytearray(len(message))
                self._chips.readfrom_into(message.addr, data)
                for place, value in enumerate(data):
                    message.buf[place] = value.to_bytes()
            else:
                self._chips.writeto(message.addr, bytes(message))

    def close(self) -> None:
        os.close(self.fd)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def chips(clock: Clock) -> SimulatedBus:
    return adc_pi(clock)


@pytest.fixture
def kernel(chips: SimulatedBus, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    played = Kernel(chips)
    monkeypatch.setattr(smbus, "SMBus", lambda _number: played)
    return played


@pytest.mark.usefixtures("kernel")
def test_the_drivers_work_over_it(chips: SimulatedBus, clock: Clock) -> None:
    bus = SmbusBus(1)
    chips.set_voltage(0x69, 2, 2.0 / DIVIDER)
    found = Adc([Mcp3424(bus, 0x68), Mcp3424(bus, 0x69)], wait=clock.wait, clock=clock).sample()
    assert found[6] == pytest.approx(2.0, abs=0.003)
    outputs = Outputs(bus, {"Siren": RelayPin(address=0x20, pin=4)})
    outputs.write("Siren", on=True)
    assert outputs.refresh() == {}
    assert chips.pins(0x20)[4] is True
    bus.close()


def test_a_read_after_a_write_is_one_ioctl_so_that_no_other_process_comes_between(kernel: Kernel) -> None:
    bus = SmbusBus(1)
    data = bytearray(b"....")
    bus.writeto_then_readfrom(0x20, b"\xaa\x00", data, out_start=1, in_start=1, in_end=3)
    assert data == b".\xff\xff."
    assert kernel.ioctls == [[0, READ]]
    bus.close()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EREMOTEIO, "No chip answers at 0x68"),
        (errno.ENXIO, "No chip answers at 0x68"),
        (errno.ETIMEDOUT, "stuck"),
        (errno.EIO, "The I2C transfer with 0x68 failed"),
    ],
)
def test_the_kernels_errors_say_what_to_check(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    bus = SmbusBus(1)

    def refuse(*_messages: i2c_msg) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(kernel, "i2c_rdwr", refuse)
    with pytest.raises(BusError, match=words):
        bus.writeto(0x68, b"\x80")
    bus.close()


def test_a_bus_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(
        BusError, match=r"There is no /dev/i2c-987: enable I2C on the host, or correct the option i2c_bus"
    ):
        SmbusBus(987)


def test_a_device_that_is_no_bus_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "i2c"
    path.touch()
    with pytest.raises(BusError, match="it must be an I2C bus"):
        SmbusBus(str(path))
