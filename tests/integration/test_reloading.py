"""What is left of a hub that was reloaded, disabled, removed or could not start: nothing."""

from collections.abc import Callable
import gc
from pathlib import Path
from typing import Any
from unittest.mock import patch
import weakref

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.hub import Hub
from custom_components.event_hub.storage.problems import ProblemKind, StorageProblem
from custom_components.event_hub.wire.messages import InputReport, OutputReport

from .flows.kit import KEPT
from .kit import Home
from .notices.kit import later, shown


@pytest.fixture
def entry(socket_enabled: None) -> MockConfigEntry:
    """Return an entry whose RabbitMQ is away."""
    del socket_enabled
    pytest_socket.socket_allow_hosts(["127.0.0.1"])
    rabbitmq = {**KEPT, "hosts": ["127.0.0.1:1"]}
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": True, "rabbitmq": rabbitmq})


def under_way(hass: HomeAssistant) -> dict[str, int]:
    """Count what listens and what is scheduled by us."""
    timers = (handle for handle in hass.loop._scheduled if not handle.cancelled())  # type: ignore[attr-defined]
    dispatched: dict[str, dict[Callable[..., Any], object]] = hass.data["dispatcher"]
    return {
        "listeners": sum(hass.bus.async_listeners().values()),
        "dispatched": sum(map(len, dispatched.values())),
        "timers": sum("event_hub" in repr(handle) for handle in timers),
    }


async def test_reloads_leave_nothing_behind(hass: HomeAssistant, home: Home) -> None:
    await home.report(InputReport(device_key="Door", active=True), outputs=[OutputReport(device_key="Siren")])
    await home.reload()
    before, hubs = under_way(hass), []

    for _ in range(5):
        hubs.append(weakref.ref(home.hub))
        await home.reload()

    gc.collect()
    assert [hub() for hub in hubs] == [None] * 5
    # Fewer may be left: what Home Assistant itself had under way at first has ended meanwhile.
    assert {what: count for what, count in under_way(hass).items() if count > before[what]} == {}


async def test_a_disabled_hub_runs_again_once_it_is_enabled(hass: HomeAssistant, home: Home) -> None:
    await home.report(InputReport(device_key="Door", active=False))

    await hass.config_entries.async_set_disabled_by(home.entry.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert under_way(hass)["timers"] == 0

    await hass.config_entries.async_set_disabled_by(home.entry.entry_id, None)
    await home.told()
    assert "Door" in home.hub.state.inputs


@pytest.mark.logs_error("Error setting up entry")
async def test_a_hub_that_fails_to_start_is_stopped(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    entry.add_to_hass(hass)
    with (
        patch.object(Hub, "async_start", side_effect=RuntimeError("for a test")),
        patch.object(Hub, "async_stop", autospec=True, side_effect=Hub.async_stop) as stop,
    ):
        await hass.config_entries.async_setup(entry.entry_id)

    assert entry.state is ConfigEntryState.SETUP_ERROR
    stop.assert_awaited_once()


@pytest.mark.parametrize("entry", [MockConfigEntry(domain=DOMAIN, data={"mqtt": False})])
async def test_no_note_outlives_a_hub_whose_files_cannot_be_deleted(hass: HomeAssistant, home: Home) -> None:
    home.hub.notices.storage_problem(
        StorageProblem(what=ProblemKind.BROKEN, file=str(Path("event_hub.status")), kept_as="aside")
    )
    await later(hass)
    assert shown(hass)

    with patch("custom_components.event_hub.async_remove_files", side_effect=OSError("read-only")):
        await hass.config_entries.async_remove(home.entry.entry_id)
    await hass.async_block_till_done()

    assert shown(hass) == {}
