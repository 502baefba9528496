"""A Home Assistant of its own for each test, with the hub set up where a test asks for it."""

from collections.abc import Iterator
import logging
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub import alarm_keeper, deferred, hub
from custom_components.event_hub.const import DOMAIN

from .fake_rabbitmq import FakeRabbitMQ
from .kit import Home
from .scheduled import OWN

# What Home Assistant logs of an entity of ours that is not there, or of a hub that did not start or end as it should.
_FAULTS: Final = (
    "Error adding entity",
    "Not adding entity",
    "does not generate unique IDs",
    "Error setting up entry",
    "Error unloading entry",
)


@pytest.fixture
def no_errors(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Let a test fail where the hub logs an error, or Home Assistant one of its doing, that the test does not expect.

    It says with ``logs_error`` what it expects.
    """
    yield
    expected = {text for marker in request.node.iter_markers("logs_error") for text in marker.args}
    records = [record for when in ("setup", "call", "teardown") for record in caplog.get_records(when)]
    errors = [record.getMessage() for record in records if record.levelno >= logging.ERROR and _is_of_ours(record)]
    assert [error for error in errors if not any(text in error for text in expected)] == []
    assert {text for text in expected if not any(text in error for error in errors)} == set()


def _is_of_ours(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return record.name.startswith(OWN) or (DOMAIN in message and any(fault in message for fault in _FAULTS))


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the disk answer in time and a turn be long enough, however busy the machine is.

    Tests of slow disks and of short turns say how long these are for them. Others let days pass while one writes.
    """
    monkeypatch.setattr(alarm_keeper, "PATIENCE", 1e8)
    monkeypatch.setattr(deferred, "SLICE", 60.0)


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Keep the hub's files of a test apart from those of others."""
    return str(tmp_path)


@pytest.fixture
def entry() -> MockConfigEntry:
    """Return an entry that needs no broker."""
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": False})


@pytest.fixture
async def home(hass: HomeAssistant, entry: MockConfigEntry) -> Home:
    """Return a home whose hub runs."""
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return Home(hass, entry)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeRabbitMQ:
    """Return the broker that a hub whose entry uses RabbitMQ is connected to."""
    broker = FakeRabbitMQ()
    monkeypatch.setattr(hub, "AmqpLink", broker.link)
    return broker
