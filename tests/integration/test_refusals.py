"""What is refused is counted every time, and logged once a source and minute."""

import json

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub import inbox, receiver, refusals
from custom_components.event_hub.const import DOMAIN, LOGGER
from custom_components.event_hub.engine.events import InputAdopted
from custom_components.event_hub.engine.model import InputRecord

from .clock import Clock
from .fake_rabbitmq import FakeRabbitMQ
from .flows.kit import KEPT
from .kit import Home

GARAGE = "event.notify.ioboard.garage"
CELLAR = "event.notify.ioboard.cellar"
SENSOR = "sensor/report/esp32_0A1B2C"


@pytest.fixture
def entry(broker: FakeRabbitMQ) -> MockConfigEntry:
    """Return an entry that uses RabbitMQ."""
    assert not broker.links
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": False, "rabbitmq": KEPT})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that messages are received by."""
    clock = Clock()
    monkeypatch.setattr(receiver, "time", clock)
    return clock


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged about refusals."""
    messages = [record.getMessage() for record in caplog.records if record.name == LOGGER.name]
    return [message for message in messages if message.startswith("Refused")]


def sense(home: Home, *labels: str) -> None:
    """Let an ESP board report active inputs, without waiting for anything."""
    inputs = {f"input_{count}": {"input_label": label, "active": True} for count, label in enumerate(labels, 1)}
    home.hub.receiver.mqtt(SENSOR, json.dumps({"device_id": "esp32", **inputs}).encode(), False)  # noqa: FBT003


async def test_every_refusal_is_counted_and_one_a_source_and_minute_is_logged(
    home: Home, broker: FakeRabbitMQ, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        broker.deliver(GARAGE, b"nonsense")
    broker.deliver(CELLAR, b"nonsense")
    assert home.hub.receiver.refusals.by_reason.total() == 6
    first, second = said(caplog)
    assert f"'{GARAGE}'" in first
    assert f"'{CELLAR}'" in second

    clock.ahead = 61.0
    broker.deliver(GARAGE, b"nonsense")
    assert said(caplog)[2].endswith("; 4 more in the minute before")
    assert home.hub.receiver.refusals.by_reason.total() == 7


async def test_refusals_are_logged_once_a_minute_after_the_clock_was_set_back(
    home: Home, broker: FakeRabbitMQ, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    broker.deliver(GARAGE, b"nonsense")
    for minute in range(3):
        clock.set_by = -3600.0 + 61.0 * minute
        broker.deliver(GARAGE, b"nonsense")
        broker.deliver(GARAGE, b"nonsense")
        assert len(said(caplog)) == 2 + minute
    assert home.hub.receiver.refusals.by_reason.total() == 7


async def test_a_camera_that_sends_under_ever_new_names_is_one_source(
    home: Home, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(30):
        home.hub.receiver.mqtt(f"event_hub/app/cam/image/x{number}", b"", False)  # noqa: FBT003
    home.hub.receiver.mqtt("event_hub/app/other/image/x", b"", False)  # noqa: FBT003
    await home.told()
    assert home.hub.receiver.refusals.by_reason.total() == 31
    first, second = said(caplog)
    assert "'event_hub/app/cam/image/x0'" in first
    assert "'event_hub/app/other/image/x'" in second
    clock.ahead = 61.0
    home.hub.receiver.mqtt("event_hub/app/cam/image/y", b"", False)  # noqa: FBT003
    await home.told()
    assert said(caplog)[2].endswith("; 29 more in the minute before")


async def test_a_source_s_other_messages_are_handled_while_some_are_refused(home: Home, broker: FakeRabbitMQ) -> None:
    broker.deliver(GARAGE, b"nonsense")
    broker.event("Door")
    assert "Door" in home.hub.state.inputs


async def test_ever_new_names_do_not_fill_the_memory(
    home: Home, broker: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "SOURCES_LIMIT", 10)
    for number in range(35):
        broker.deliver(f"event.notify.ioboard.name{number}", b"nonsense")
    await home.told()
    counted = home.hub.receiver.refusals
    assert counted.by_reason.total() == 35
    assert len(counted._logged) <= 10


async def test_a_long_or_forged_origin_does_not_spoil_the_log(
    home: Home, broker: FakeRabbitMQ, caplog: pytest.LogCaptureFixture
) -> None:
    broker.deliver("event.notify.ioboard.garage\nERROR forged " + "x" * 1000, b"nonsense")
    (line,) = said(caplog)
    assert "\n" not in line
    assert len(line) < 1000
    assert home.hub.receiver.refusals.by_reason.total() == 1


async def test_what_comes_faster_than_it_can_be_handled_is_refused_and_counted(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as flood:
        flood.setattr(inbox, "LIMIT", 2)
        flood.setattr(inbox, "SLICE", 0.0)
        for label in ("Door", "Window", "Hatch", "Gate"):
            sense(home, label)
    await home.told()
    assert [key for key in home.hub.state.inputs if key not in ("Panic", "Report")] == ["Door", "Window"]
    assert home.hub.receiver.refusals.by_reason == {"overload": 2}
    assert len(said(caplog)) == 1
    sense(home, "Gate")
    assert "Gate" in home.hub.state.inputs


async def test_a_board_gone_mad_does_not_push_out_what_the_others_say(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as flood:
        flood.setattr(inbox, "LIMIT", 6)
        flood.setattr(inbox, "QUOTA", 2)
        flood.setattr(inbox, "SLICE", 0.0)
        for _ in range(100):
            home.hub.receiver.mqtt("sensor/alive/mad", b"?", False)  # noqa: FBT003 - the link's callback
            home.hub.receiver.mqtt("event_hub/mad/board/event", b"?", False)  # noqa: FBT003 - the link's callback
        sense(home, "Door")
    await home.told()
    assert "Door" in home.hub.state.inputs
    assert home.hub.receiver.refusals.by_reason["overload"] == 2 * 98
    # What was handled makes room again.
    before = home.hub.receiver.refusals.by_reason.total()
    home.hub.receiver.mqtt("sensor/alive/mad", b"?", False)  # noqa: FBT003 - the link's callback
    assert home.hub.receiver.refusals.by_reason["overload"] == 2 * 98
    assert home.hub.receiver.refusals.by_reason.total() == before + 1


async def test_rabbitmq_loses_nothing_in_a_flood_on_mqtt(
    home: Home, broker: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as flood:
        flood.setattr(inbox, "LIMIT", 1)
        flood.setattr(inbox, "SLICE", 0.0)
        sense(home, "Door")
        deliveries = [broker.event("Window"), broker.event("Hatch")]
    await home.told()
    assert [delivery.acknowledged for delivery in deliveries] == [1, 1]
    assert {"Door", "Window", "Hatch"} <= set(home.hub.state.inputs)


async def test_an_adopted_entity_in_a_flood_is_refused_and_counted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.hass.states.async_set("binary_sensor.hall", "off")
    await home.post(InputAdopted(record=InputRecord(key="Hall", source_id="", entity_id="binary_sensor.hall")))
    with monkeypatch.context() as flood:
        flood.setattr(inbox, "LIMIT", 1)
        flood.setattr(inbox, "SLICE", 0.0)
        sense(home, "Door")
        home.hass.states.async_set("binary_sensor.hall", "on")
        home.hub.receiver.mqtt("nobody", b"", True)  # noqa: FBT003 - retained, and so of the past
    await home.told()
    assert home.hub.receiver.refusals.by_reason == {"overload": 1}
    assert home.hub.counters.retained == 1


async def test_retained_events_are_counted_and_not_handled(home: Home) -> None:
    body = json.dumps({"device_id": "esp32", "input_1": {"input_label": "Door", "active": True}}).encode()
    home.hub.receiver.mqtt(SENSOR, body, True)  # noqa: FBT003 - the link's callback
    await home.told()
    assert "Door" not in home.hub.state.inputs
    assert home.hub.counters.retained == 1
