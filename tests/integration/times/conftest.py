"""A home in Berlin whose clock on the wall is set by the test."""

from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.event_hub import hub as hub_module
from custom_components.event_hub.const import DOMAIN
from tests.integration.actions.kit import add_inputs, add_outputs
from tests.integration.kit import Home


class WallClock:
    """Takes the place of the hub's module ``time`` and shows what it is set to."""

    def __init__(self) -> None:
        """Begin on a Saturday in summer, at noon."""
        self.now = datetime.fromisoformat("2026-07-04T12:00:00+02:00").timestamp()
        self._passed = 0.0

    def time(self) -> float:
        """Return unix seconds."""
        return self.now

    def monotonic(self) -> float:
        """Return seconds that nobody sets."""
        return self._passed

    async def show(self, home: Home, text: str) -> None:
        """Let it be an ISO time, and the hub look at it, as it does every minute at the latest.

        A time that is past is one that somebody set it to.
        """
        before, self.now = self.now, datetime.fromisoformat(text).timestamp()
        self._passed += max(self.now - before, 0.0)
        for _ in range(2):
            # What is due may set what is due next.
            async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=61))
            await home.told()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    """Return the clock that every run of the hub looks at."""
    clock = WallClock()
    monkeypatch.setattr(hub_module, "time", clock)
    return clock


@pytest.fixture
def entry() -> MockConfigEntry:
    """Return an entry whose activity log keeps what happened on days of the past."""
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": False}, options={"activity_days": 36_500})


@pytest.fixture
async def berlin(hass: HomeAssistant, clock: WallClock, entry: MockConfigEntry) -> Home:
    """Return a home whose hub has a door in a group and a siren."""
    assert clock.now
    await hass.config.async_set_time_zone("Europe/Berlin")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    home = Home(hass, entry)
    await add_inputs(home, "Door", label="Front Door", group="Ground Floor")
    await add_outputs(home, "Siren")
    return home
