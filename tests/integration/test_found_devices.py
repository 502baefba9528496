"""The notification that tells of new devices, once there is no hub for them any more."""

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntryState
import pytest

from custom_components.event_hub.wire.messages import InputReport

from .kit import Home
from .notices.kit import later, notifications


@pytest.mark.parametrize("runs", [1, 2])
async def test_new_devices_are_no_news_once_the_hub_is_deleted(home: Home, runs: int) -> None:
    persistent_notification.async_create(home.hass, "It rains.", notification_id="rain")
    for run in range(runs):
        await home.report(InputReport(device_key=f"Door {run}"))
        await later(home.hass)
        await home.reload()
    assert len(notifications(home.hass)) == 1 + runs
    await home.hass.config_entries.async_remove(home.entry.entry_id)
    await home.hass.async_block_till_done()
    assert [each["notification_id"] for each in notifications(home.hass)] == ["rain"]


async def test_new_devices_stay_news_while_the_hub_is_only_switched_off(home: Home) -> None:
    await home.report(InputReport(device_key="Door"))
    await later(home.hass)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.NOT_LOADED
    assert [each["title"] for each in notifications(home.hass)] == ["Event Hub: a new device"]
