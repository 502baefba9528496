"""The simulated bus in a file: one set of chips for all processes."""

import errno
from pathlib import Path
import subprocess
import sys

import pytest

from remote_monitor.bus import shared
from remote_monitor.bus.chips import ChipKind
from remote_monitor.bus.interface import BusError
from remote_monitor.bus.shared import SharedBus

from .kit import ADC_PI, PATIENCE, RELAYS, environment

WRITES_IN_ANOTHER_PROCESS = """
import pathlib, sys
from remote_monitor.bus import shared
from remote_monitor.bus.shared import SharedBus
shared._PATIENCE = float(sys.argv[2])
bus = SharedBus(pathlib.Path(sys.argv[1]))
for number in range(500):
    bus.writeto(0x21, bytes([0x14, number % 256, number % 256]))
bus.writeto(0x20, bytes([0x14, 0x05, 0x00]))
bus.writeto(0x20, bytes([0x00, 0xF0, 0xFF]))
bus.set_voltage(0x69, 4, 1.25)
"""


def test_what_one_process_writes_another_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Who has the bus may have to wait for the processor.
    monkeypatch.setattr(shared, "_PATIENCE", PATIENCE)
    bus = SharedBus.create(tmp_path / "bus", ADC_PI | RELAYS)
    other = subprocess.Popen(
        [sys.executable, "-c", WRITES_IN_ANOTHER_PROCESS, str(tmp_path / "bus"), str(PATIENCE)], env=environment()
    )
    seen = bytearray(2)
    while other.poll() is None:
        bus.writeto_then_readfrom(0x21, b"\x14", seen)
        assert seen[0] == seen[1], "a transfer of two bytes is never seen half"
    assert other.returncode == 0
    assert bus.pins(0x20)[:5] == (True, False, True, False, None)
    bus.writeto(0x69, bytes([0xE0]))
    data = bytearray(3)
    while data[2] != 0x60:
        bus.readfrom_into(0x69, data)
    assert int.from_bytes(data[:2]) == 1250
    bus.close()


def test_chips_keep_their_state_while_nobody_is_there(tmp_path: Path) -> None:
    first = SharedBus.create(tmp_path / "bus", RELAYS)
    first.writeto(0x20, bytes([0x00, 0x00, 0x00]))
    first.close()
    second = SharedBus.create(tmp_path / "bus", RELAYS)
    assert second.pins(0x20) == (False,) * 16
    second.close()


def test_a_bus_with_other_chips_replaces_the_one_before(tmp_path: Path) -> None:
    SharedBus.create(tmp_path / "bus", RELAYS).close()
    bus = SharedBus.create(tmp_path / "bus", {0x48: ChipKind.ADS1115})
    assert bus.kinds() == {0x48: ChipKind.ADS1115}
    assert [path.name for path in tmp_path.iterdir()] == ["bus"]
    bus.close()


@pytest.mark.parametrize("content", [None, b"", b"no bus", bytes(8192), b"i2c-sim1" + bytes(20_000)])
def test_a_file_that_is_no_bus_is_refused_and_can_be_replaced(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bus"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BusError, match=r"There is no simulated bus|is no simulated bus of this version"):
        SharedBus(path)
    SharedBus.create(path, RELAYS).close()
    SharedBus(path).close()


def test_a_process_that_stopped_in_mid_transfer_does_not_hold_the_others_up_for_ever(tmp_path: Path) -> None:
    bus = SharedBus.create(tmp_path / "bus", RELAYS)
    other = SharedBus(tmp_path / "bus")
    with other._transfer(), pytest.raises(BusError) as caught:
        bus.writeto(0x20, b"\x00")
    assert caught.value.errno == errno.EBUSY
    bus.writeto(0x20, b"\x00")
    bus.close()
    other.close()
