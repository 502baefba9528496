"""Nothing that arrives stops the hub, and what does not concern adopted entities does not cost them."""

from typing import NoReturn

from homeassistant.core import HomeAssistant
import msgpack
import pytest

from custom_components.event_hub import receiver
from custom_components.event_hub.engine.events import InputAdopted
from custom_components.event_hub.engine.model import ADOPTED_SOURCE, InputRecord
from custom_components.event_hub.transports.entities import AdoptedEntities
from custom_components.event_hub.wire.messages import InputReport

from .kit import Home


class Delivery:
    """A message from RabbitMQ's queue; ``broken`` ones cannot be acknowledged."""

    def __init__(self, key: str, *, broken: bool = False) -> None:
        """Name one active input."""
        self.address = "event.notify.ioboard.garage"
        self.body: bytes = msgpack.packb({"inputs": [{"device_key": key, "state": "triggered"}]})
        self.acked = 0
        self._broken = broken

    def ack(self) -> None:
        """Count, or fail as a channel does that has just been closed."""
        self.acked += 1
        if self._broken:
            raise RuntimeError("channel closed")


@pytest.mark.logs_error("could not be handled")
async def test_a_message_that_breaks_the_parser_is_acknowledged_counted_and_the_next_one_handled(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("unforeseen")

    bad, good = Delivery("Door"), Delivery("Gate")
    with monkeypatch.context() as broken:
        broken.setattr(receiver, "parse_amqp", fail)
        broken.setattr(receiver, "parse_mqtt", fail)
        # Both are to be handled here, however long the logging takes.
        broken.setattr("custom_components.event_hub.inbox.SLICE", 60.0)
        home.hub.receiver.amqp(bad)
        home.hub.receiver.mqtt("sensor/garage/esp32", b"{}", False)  # noqa: FBT003 - the link's callback
    home.hub.receiver.amqp(good)
    await home.told()
    assert (bad.acked, good.acked) == (1, 1)
    assert home.hub.counters.errors == 2
    assert "Gate" in home.hub.state.inputs
    assert "unforeseen" in caplog.text


@pytest.mark.logs_error("A message could not be acknowledged")
async def test_messages_behind_one_that_cannot_be_acknowledged_are_handled(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = [Delivery("Door"), Delivery("Gate", broken=True), Delivery("Hall")]
    with monkeypatch.context() as no_time:
        no_time.setattr("custom_components.event_hub.inbox.SLICE", 0.0)
        for delivery in deliveries:
            home.hub.receiver.amqp(delivery)
    await home.told()
    assert [delivery.acked for delivery in deliveries] == [1, 1, 1]
    assert "Hall" in home.hub.state.inputs


async def test_a_device_that_describes_itself_anew_costs_adopted_entities_nothing(
    hass: HomeAssistant, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: list[dict[str, str]] = []
    follow = AdoptedEntities.async_update

    def count(entities: AdoptedEntities, mapping: dict[str, str]) -> None:
        updates.append(mapping)
        follow(entities, mapping)

    monkeypatch.setattr(AdoptedEntities, "async_update", count)
    for number in range(5):
        await home.report(InputReport(device_key="Door", label=f"Door {number}"))
    assert updates == []
    hass.states.async_set("binary_sensor.pir", "off")
    record = InputRecord(key="PIR", source_id=ADOPTED_SOURCE.source_id, entity_id="binary_sensor.pir", enabled=True)
    await home.post(InputAdopted(record=record))
    assert updates == [{"PIR": "binary_sensor.pir"}]
    hass.states.async_set("binary_sensor.pir", "on")
    await home.told()
    assert home.hub.state.input_status["PIR"].active
