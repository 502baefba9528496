"""What becomes of messages that come faster than they can be handled, and of those that come too late."""

import asyncio
from pathlib import Path
from unittest.mock import AsyncMock, Mock

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub import inbox
from custom_components.event_hub.counters import HubCounters
from custom_components.event_hub.engine.events import SourceAvailability
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.receiver import Receiver
from custom_components.event_hub.storage.images import ImageShelf

TOPIC = "sensor/report/esp32_0A1B2C"


@pytest.fixture
def handle() -> Mock:
    """Return who handles what the receiver understands."""
    return Mock(return_value=())


@pytest.fixture
def receiver(hass: HomeAssistant, tmp_path: Path, handle: Mock) -> Receiver:
    """Return a receiver, most of whose messages nobody understands."""
    shelf = ImageShelf(hass, tmp_path, Mock())
    return Receiver(hass, State(), handle, shelf, HubCounters(), AsyncMock())


async def test_rabbitmq_gets_every_delivery_back_however_full_the_inbox_is(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "LIMIT", 1)
    monkeypatch.setattr(inbox, "SLICE", 0.0)
    handled = asyncio.Event()
    first, last = Mock(address="nobody", body=b"", ack=Mock()), Mock(address="nobody", body=b"", ack=handled.set)

    receiver.mqtt(TOPIC, b"no report", retained=False)
    receiver.amqp(first)
    receiver.amqp(last)

    monkeypatch.setattr(inbox, "SLICE", 0.005)
    async with asyncio.timeout(60):
        await handled.wait()
    first.ack.assert_called_once_with()
    assert receiver.refusals.by_reason["overload"] == 0


async def test_what_does_not_fit_is_refused_and_counted(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "LIMIT", 1)
    monkeypatch.setattr(inbox, "SLICE", 0.0)

    receiver.mqtt(TOPIC, b"first", retained=False)
    receiver.mqtt(TOPIC, b"second", retained=False)
    receiver.close()

    assert receiver.refusals.by_reason == {"overload": 1}


async def test_what_comes_while_the_hub_stops_is_no_overload(receiver: Receiver) -> None:
    receiver.close()

    receiver.mqtt(TOPIC, b"late", retained=False)

    assert receiver.refusals.by_reason.total() == 0


@pytest.mark.parametrize("retained", [False, True])
async def test_a_last_will_says_whether_its_broker_kept_it(receiver: Receiver, handle: Mock, retained: bool) -> None:
    receiver.mqtt("event_hub/app/home/status", b"offline", retained)

    handle.assert_called_once_with(SourceAvailability(source_id="app.home", online=False, retained=retained))
