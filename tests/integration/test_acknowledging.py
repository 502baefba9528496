"""A message from RabbitMQ is acknowledged once it is handled and what it caused is in safe hands, and only then."""

import asyncio
from dataclasses import replace
import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub import hub as hub_module, inbox, receiver
from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.events import Event, Linked, Reported, RuleSet
from custom_components.event_hub.engine.model import InputRule, Reason
from custom_components.event_hub.engine.state import State, Transition
from custom_components.event_hub.engine.step import step
from custom_components.event_hub.engine.times.quiet_hours import QuietHours
from custom_components.event_hub.engine.times.wall import DAY, HOUR
from custom_components.event_hub.storage.store import HubStore
from devkit.polling import until

from .fake_rabbitmq import Delivery, FakeRabbitMQ
from .flows.kit import KEPT
from .kit import PATIENCE, Home

EVENT = "event.notify.ioboard.garage"


@pytest.fixture
def entry(broker: FakeRabbitMQ) -> MockConfigEntry:
    """Return an entry that uses RabbitMQ."""
    assert not broker.links
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": False, "rabbitmq": KEPT})


@pytest.fixture
async def alarm(home: Home, broker: FakeRabbitMQ) -> FakeRabbitMQ:
    """Return the broker of a home whose door is linked to two sirens, which it does not confirm by itself."""
    broker.heartbeat(inputs=("Door", "Window"), outputs=("Siren 1", "Siren 2"))
    await home.enable(inputs=("Door",), outputs=("Siren 1", "Siren 2"))
    await home.post(Linked(inputs=("Door",), outputs=("Siren 1", "Siren 2")))
    broker.confirms = False
    return broker


async def test_what_causes_nothing_is_acknowledged_at_once(home: Home, broker: FakeRabbitMQ) -> None:
    assert broker.heartbeat(inputs=("Door",)).acknowledged == 1
    event = broker.event("Door")
    await until(lambda: event.acknowledged == 1)
    assert "Door" in home.hub.state.inputs


async def test_an_event_is_acknowledged_once_every_command_it_caused_is_handed_over(
    home: Home, alarm: FakeRabbitMQ
) -> None:
    delivery = alarm.event("Door")
    first, second = alarm.published
    assert [first.content["output_triggered"]["device_key"], second.content["output_triggered"]["device_key"]] == [
        "Siren 1",
        "Siren 2",
    ]
    first.confirm()
    await home.told()
    assert delivery.acknowledged == 0
    second.confirm()
    await until(lambda: delivery.acknowledged == 1)


async def test_an_event_whose_command_is_refused_is_acknowledged(home: Home, alarm: FakeRabbitMQ) -> None:
    delivery = alarm.event("Door")
    for published in alarm.published:
        published.refuse("nobody listens")
    await until(lambda: delivery.acknowledged == 1)
    status = home.hub.state.output_status["Siren 1"]
    assert (status.command_status, status.command_detail) == ("undelivered", "nobody listens")


async def test_after_a_while_the_stored_state_answers_for_the_command(
    home: Home, alarm: FakeRabbitMQ, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "ACK_PATIENCE", 0.0)
    delivery = alarm.event("Door")
    await until(lambda: delivery.acknowledged == 1)
    assert len(home.hub.state.commands) == 2
    assert hass_storage["event_hub.status"]["data"]["commands"].keys() == home.hub.state.commands.keys()
    for published in alarm.published:
        published.confirm()
    await home.told()
    assert delivery.acknowledged == 1


async def test_what_is_not_stored_yet_is_not_acknowledged(
    home: Home, alarm: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    save = HubStore.async_save_now

    async def save_slowly(store: HubStore, state: State) -> bool:
        asked.set()
        await go_on.wait()
        return await save(store, state)

    with monkeypatch.context() as slow:
        slow.setattr(receiver, "ACK_PATIENCE", 0.0)
        slow.setattr(HubStore, "async_save_now", save_slowly)
        delivery = alarm.event("Door")
        async with asyncio.timeout(PATIENCE):
            await asked.wait()
        assert delivery.acknowledged == 0
        go_on.set()
        await until(lambda: delivery.acknowledged == 1)
    assert home.hub.state.commands


async def held_back(home: Home, broker: FakeRabbitMQ) -> None:
    """Let it be quiet now, and the door be of no importance."""
    broker.heartbeat(inputs=("Door",))
    await home.enable(inputs=("Door",))
    await home.post(RuleSet(input_key="Door", rule=InputRule(informational=True, latch=0)))
    second = int(time.time()) % DAY
    quiet = QuietHours(begin_at=(second - HOUR) % DAY, end_at=(second + HOUR) % DAY)
    home.hub.state.settings = replace(home.hub.state.settings, quiet_hours=quiet, zone=ZoneInfo("UTC"))


async def test_what_quiet_hours_hold_back_is_acknowledged_once_it_is_stored(
    home: Home, broker: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    await held_back(home, broker)
    go_on = asyncio.Event()
    save = HubStore.async_save_status_now

    async def save_slowly(store: HubStore, state: State) -> bool:
        await go_on.wait()
        return await save(store, state)

    with monkeypatch.context() as slow:
        slow.setattr(HubStore, "async_save_status_now", save_slowly)
        delivery = broker.event("Door")
        await until(lambda: home.hub.counters.decisions[Reason.DEFERRED] == 1)
        assert delivery.acknowledged == 0
        go_on.set()
        await until(lambda: delivery.acknowledged == 1)


async def test_a_disk_that_fails_in_quiet_hours_keeps_rabbitmq_from_nothing(
    home: Home, broker: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    await held_back(home, broker)

    async def fail(store: HubStore, state: State) -> bool:
        assert store
        assert state
        return False

    with monkeypatch.context() as full:
        full.setattr(HubStore, "async_save_status_now", fail)
        # More than RabbitMQ delivers before the first is acknowledged, and faster than anything is stored in turn.
        deliveries = [broker.event("Door") for _ in range(300)]
        await until(lambda: all(each.acknowledged == 1 for each in deliveries))


async def test_what_cannot_be_stored_is_acknowledged_once_it_can_be(
    home: Home, alarm: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "ACK_PATIENCE", 0.0)
    tries: list[bool] = []
    save = HubStore.async_save_now
    delivery: Delivery

    async def fail_twice(store: HubStore, state: State) -> bool:
        assert delivery.acknowledged == 0
        tries.append(len(tries) >= 2)
        return tries[-1] and await save(store, state)

    with monkeypatch.context() as full:
        full.setattr(HubStore, "async_save_now", fail_twice)
        delivery = alarm.event("Door")
        await until(lambda: delivery.acknowledged == 1)
    assert tries == [False, False, True]
    assert home.hub.state.commands


async def test_what_waits_when_the_hub_stops_is_left_to_the_next_run(
    home: Home, broker: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "SLICE", 0.0)
    handled, waiting = broker.event("Door"), broker.event("Window")
    home.hub.receiver.close()
    late = broker.event("Hall")
    await home.hass.async_block_till_done()
    assert [delivery.acknowledged for delivery in (waiting, late)] == [0, 0]
    assert "Hall" not in home.hub.state.inputs
    assert handled.address == EVENT


async def test_an_event_whose_command_is_cut_off_by_the_end_is_not_lost(home: Home, alarm: FakeRabbitMQ) -> None:
    alarm.event("Door")
    before = set(home.hub.state.commands)
    assert len(before) == 2
    await home.reload()
    assert set(home.hub.state.commands) == before


@pytest.mark.parametrize("body", [b"", b"\xc1", b"no map", b"\x81", b"\x81\xa6inputs\x05"])
async def test_what_is_no_message_is_counted_and_acknowledged_and_the_next_one_handled(
    home: Home, broker: FakeRabbitMQ, body: bytes
) -> None:
    delivery = broker.deliver(EVENT, body)
    assert delivery.acknowledged == 1
    assert sum(home.hub.receiver.refusals.by_reason.values()) == 1
    broker.event("Door")
    await home.told()
    assert "Door" in home.hub.state.inputs


async def test_a_device_that_is_none_costs_the_others_of_its_message_nothing(home: Home, broker: FakeRabbitMQ) -> None:
    assert broker.event("", "Door", "x" * 256).acknowledged == 1
    assert "Door" in home.hub.state.inputs
    assert sum(home.hub.receiver.refusals.by_reason.values()) == 2


@pytest.mark.logs_error("could not be handled")
async def test_a_message_that_the_engine_fails_at_is_counted_and_acknowledged_and_the_next_one_handled(
    home: Home, broker: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_at_the_door(state: State, event: Event, now: float) -> Transition:
        if isinstance(event, Reported) and event.report.inputs[0].device_key == "Door":
            raise ZeroDivisionError("a fault of ours")
        return step(state, event, now)

    monkeypatch.setattr(hub_module, "step", fail_at_the_door)
    delivery = broker.event("Door")
    assert delivery.acknowledged == 1
    assert home.hub.counters.errors == 1
    assert home.hub.receiver.refusals.by_reason == {"internal_error": 1}
    assert "a fault of ours" in caplog.text
    # Writing the fault into the log may have taken more than a time slice.
    window = broker.event("Window")
    await until(lambda: window.acknowledged == 1)
    assert set(home.hub.state.inputs) == {"Panic", "Report", "Window"}


@pytest.mark.logs_error("could not be told everywhere")
async def test_what_people_cannot_be_told_of_costs_no_command(
    home: Home, alarm: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(home.hub.notices, "handle", fail)
    delivery = alarm.event("Door")
    assert [published.content["output_triggered"]["device_key"] for published in alarm.published] == [
        "Siren 1",
        "Siren 2",
    ]
    assert home.hub.counters.errors > 0
    for published in alarm.published:
        published.confirm()
    await until(lambda: delivery.acknowledged == 1)
