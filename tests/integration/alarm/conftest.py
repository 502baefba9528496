"""A home with one partition, disarmed and closed, whose time the test moves."""

from collections.abc import Iterator, Mapping

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub import hub as hub_module
from custom_components.event_hub.storage import code_hash
from custom_components.event_hub.storage.journal_file import JournalFile
from tests.integration.clock import Clock
from tests.integration.kit import Home

from .kit import Disk, House, record_sirens


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that every run of the hub looks at."""
    clock = Clock()
    monkeypatch.setattr(hub_module, "time", clock)
    return clock


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hash take no time, where it is not what is tested."""
    monkeypatch.setattr(code_hash, "COST", 4)


@pytest.fixture
def sirens(hass: HomeAssistant) -> list[bool]:
    """Return the orders that the siren got."""
    return record_sirens(hass)


@pytest.fixture
async def house(quick_hashes: None, clock: Clock, sirens: list[bool], home: Home) -> House:
    """Return a home with a partition."""
    assert quick_hashes is None
    house = House(home, clock, sirens)
    await house.set_up()
    return house


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Return the disk that the journal is on."""
    disk = Disk()

    def append(file: JournalFile, changes: Mapping[str, bytes]) -> None:
        disk.append(file, changes)

    monkeypatch.setattr(JournalFile, "append", append)
    yield disk
    disk.go_on()
