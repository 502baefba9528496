"""Setting aside what stays for good costs something, so it happens once."""

import gc

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
import pytest

from custom_components.event_hub import garbage


class Collector:
    """Stands in for the garbage collector."""

    def __init__(self, aside: int) -> None:
        """Begin with so many objects set aside."""
        self.aside = aside
        self.asked = 0
        self.done: list[str] = []

    def get_freeze_count(self) -> int:
        """Count what was set aside."""
        self.asked += 1
        return self.aside

    def collect(self) -> None:
        """Collect."""
        self.done.append("collect")

    def freeze(self) -> None:
        """Set aside what there is."""
        self.done.append("freeze")
        self.aside = 1000


def collector(monkeypatch: pytest.MonkeyPatch, aside: int = 0) -> Collector:
    """Put a collector in the real one's place."""
    collector = Collector(aside)
    for name in ("get_freeze_count", "collect", "freeze"):
        monkeypatch.setattr(gc, name, getattr(collector, name))
    garbage._set_aside.cache_clear()
    return collector


async def test_what_is_there_is_set_aside_once_home_assistant_has_started(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = collector(monkeypatch)
    hass.set_state(CoreState.not_running)
    garbage.async_set_aside(hass)
    assert found.done == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert found.done == ["collect", "freeze"]


async def test_a_reload_waits_for_none_of_it(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    found = collector(monkeypatch)
    garbage.async_set_aside(hass)
    asked = found.asked
    for _ in range(3):
        garbage.async_set_aside(hass)
    assert (found.done, found.asked) == (["collect", "freeze"], asked)


async def test_where_somebody_else_did_so_that_is_enough(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    found = collector(monkeypatch, aside=5)
    garbage.async_set_aside(hass)
    assert found.done == []
