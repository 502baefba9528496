"""What is held back in quiet hours, as the hub ends: on disk, and acknowledged while there is somebody to be told."""

import asyncio

import pytest

from custom_components.event_hub import times_desk
from custom_components.event_hub.engine.events import EnabledSet
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.storage.store import HubStore
from custom_components.event_hub.wire.messages import InputReport, Transport
from devkit.polling import until
from tests.integration.actions.kit import tell
from tests.integration.fake_rabbitmq import FakeLink, FakeRabbitMQ
from tests.integration.kit import Home
from tests.integration.test_never_stopped import Delivery

from .conftest import WallClock

EVENING = "2026-07-04T22:00:00+02:00"
# Seconds that the disk takes, which is longer than all else that an end takes.
SLOW = 0.2


@pytest.fixture
async def evening(berlin: Home, clock: WallClock) -> Home:
    """Return a home in its quiet hours, with a gate whose events are held back."""
    await berlin.report(InputReport(device_key="Gate"))
    await berlin.post(EnabledSet(inputs=("Gate",), enabled=True))
    await tell(berlin.hass, "set_rule", inputs=["Gate"], informational=True, latch=0)
    await clock.show(berlin, EVENING)
    return berlin


async def test_what_is_held_back_is_acknowledged_before_the_broker_is_left_however_slow_the_disk(
    evening: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, broker = Delivery("Gate"), Delivery("Gate"), FakeRabbitMQ()
    evening.hub.receiver.amqp(first)
    await until(lambda: first.acked)
    evening.hub.receiver.amqp(second)
    saved, save, acked_at_the_end = asyncio.Event(), HubStore.async_save_status_now, []

    async def take_long(store: HubStore, state: State) -> bool:
        await saved.wait()
        return await save(store, state)

    class Link(FakeLink):
        async def async_stop(self) -> None:
            acked_at_the_end.append(second.acked)

    monkeypatch.setattr(HubStore, "async_save_status_now", take_long)
    evening.hub.links[Transport.AMQP] = Link(broker, lambda _: None, lambda _: None)  # type: ignore[assignment]
    evening.hass.loop.call_later(SLOW, saved.set)
    assert await evening.hass.config_entries.async_unload(evening.entry.entry_id)
    assert acked_at_the_end == [1]


async def test_a_disk_that_takes_nothing_keeps_no_hub_from_ending(
    evening: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times_desk, "STOP_PATIENCE", 0.01)
    saved, save = asyncio.Event(), HubStore.async_save_status_now
    waited: list[bool] = []

    async def take_long(store: HubStore, state: State) -> bool:
        if not waited:
            waited.append(True)
            await saved.wait()
        return await save(store, state)

    monkeypatch.setattr(HubStore, "async_save_status_now", take_long)
    evening.hub.receiver.amqp(Delivery("Gate"))
    await until(lambda: waited)
    async with asyncio.timeout(60):
        await evening.hub.async_stop()
    assert not saved.is_set()
    saved.set()
