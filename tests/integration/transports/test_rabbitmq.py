"""What is under way between the hub and a real RabbitMQ is lost neither when the hub stops nor when the wire is cut."""

import asyncio
from typing import Any

import msgpack
import pytest

from custom_components.event_hub.engine.events import Linked
from custom_components.event_hub.transports.amqp import AmqpConfig
from custom_components.event_hub.wire.messages import Outgoing, Transport
from devkit.polling import until
from tests.integration.kit import Home
from tests.transports.kit import Device, Wire

EVENT = "event.notify.ioboard.garage"
COMMAND = "event.trigger.ioboard"


def triggered(detail: str) -> bytes:
    body: bytes = msgpack.packb({"inputs": [{"device_key": "Door", "state": "triggered", "event_detail": detail}]})
    return body


async def decided(home: Home, *details: tuple[str, str | None]) -> None:
    """Wait for as many decisions since the start, and check the newest, oldest first."""
    await until(lambda: home.hub.counters.decisions.total() == len(details))
    newest = await home.decisions("Door", len(details))
    assert [(decision.reason, decision.detail) for decision in reversed(newest)] == list(details)


async def heard(device: Device, queue: str) -> str:
    """Return the detail of the event that caused the next command."""
    ((body, _),) = await asyncio.to_thread(device.collect, queue, 1)
    content: dict[str, Any] = msgpack.unpackb(body)
    return str(content["active_input"]["event_detail"])


async def up(home: Home) -> None:
    await until(lambda: home.hub.state.transports.get(Transport.AMQP))


@pytest.fixture
async def siren(home: Home, device: Device) -> str:
    """Return the queue of a siren that a door is linked to."""
    await up(home)
    queue = device.hear(COMMAND)
    device.event(
        msgpack.packb({"inputs": [{"device_key": "Door"}], "outputs": [{"device_key": "Siren"}]}),
        "event.heartbeat.ioboard.garage",
    )
    await until(lambda: "Siren" in home.hub.state.outputs)
    await home.enable(inputs=("Door",), outputs=("Siren",))
    await home.post(Linked(inputs=("Door",), outputs=("Siren",)))
    return queue


async def test_an_event_becomes_a_command_and_leaves_the_queue(
    home: Home, device: Device, siren: str, config: AmqpConfig
) -> None:
    device.event(triggered("first"), EVENT)
    await decided(home, ("triggered", "first"))
    assert await heard(device, siren) == "first"
    await until(lambda: not home.hub.state.commands)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert device.waiting(config.queue) == 0


async def test_what_was_under_way_when_the_hub_stopped_is_done_once_by_the_next_run(
    home: Home, device: Device, siren: str, wire: Wire, config: AmqpConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = home.hub
    publish = hub.links[Transport.AMQP].publish

    def publish_into_a_held_wire(outgoing: Outgoing) -> asyncio.Future[None]:
        wire.hold()
        return publish(outgoing)

    monkeypatch.setattr(hub.links[Transport.AMQP], "publish", publish_into_a_held_wire)
    device.event(triggered("first"), EVENT)
    await decided(home, ("triggered", "first"))
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert len(hub.state.commands) == 1
    wire.cut()
    await until(lambda: device.waiting(config.queue) == 1)

    assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await up(home)
    await decided(home, ("latched", "first"))
    assert await heard(device, siren) == "first"
    await until(lambda: not home.hub.state.commands)
    assert device.waiting(siren) == 0


async def test_a_command_that_the_wire_was_cut_under_is_sent_again(
    home: Home, device: Device, siren: str, wire: Wire
) -> None:
    wire.hold()
    await home.hass.services.async_call(
        "event_hub", "trigger_input", {"input": "Door", "detail": "by hand"}, blocking=True
    )
    wire.cut()
    assert await heard(device, siren) == "by hand"
    await until(lambda: not home.hub.state.commands)
    assert home.hub.state.output_status["Siren"].command_status == "unanswered"
