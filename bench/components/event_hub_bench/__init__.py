"""Inside the Home Assistant that is measured: how late its loop is, and what devices cost that do nothing.

Installed by the benchmark alone. Actions: ``watch`` begins, ``watched`` answers with what
was seen since, ``collect_garbage`` with how long that takes.
"""

from collections import Counter
import gc
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers.typing import ConfigType

DOMAIN: Final = "event_hub_bench"
PERIOD: Final = 0.005


class LoopWatch:
    """A timer every five milliseconds, and how much later than due it came."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to watch."""
        self._hass = hass
        self._loop = hass.loop
        self._lateness: list[float] = []
        self._busy: list[float] = []
        self._collected = 0.0
        self._collections: list[float] = []
        self._collection_began = 0.0
        self._entities = 0
        self._entities_changed = 0.0
        gc.callbacks.append(self._note_collection)
        self._arm()

    def restart(self) -> None:
        """Forget what was seen."""
        self._lateness.clear()
        self._busy.clear()
        self._collections.clear()

    def seen(self) -> dict[str, Any]:
        """Return what was seen, in milliseconds, and when entities last came or went.

        ``busy`` is the lateness without what garbage collection took of it.
        """
        return {
            "lateness": [round(late * 1000, 3) for late in self._lateness],
            "busy": [round(late * 1000, 3) for late in self._busy],
            "collections": [round(took * 1000, 3) for took in self._collections],
            "entities": self._entities,
            "entities_changed": self._entities_changed,
            "by_domain": Counter(entity.partition(".")[0] for entity in self._hass.states.async_entity_ids()),
        }

    def _arm(self) -> None:
        self._due = self._loop.time() + PERIOD
        self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        late = self._loop.time() - self._due
        self._lateness.append(late)
        self._busy.append(max(late - self._collected, 0.0))
        self._collected = 0.0
        if (entities := self._hass.states.async_entity_ids_count()) != self._entities:
            self._entities, self._entities_changed = entities, time.monotonic()
        self._arm()

    def _note_collection(self, phase: str, _: object) -> None:
        if phase == "start":
            self._collection_began = time.monotonic()
        else:
            took = time.monotonic() - self._collection_began
            self._collected += took
            self._collections.append(took)


async def async_setup(hass: HomeAssistant, _: ConfigType) -> bool:
    """Offer the actions."""
    watch = LoopWatch(hass)

    @callback
    def begin(_: ServiceCall) -> None:
        watch.restart()

    @callback
    def tell(_: ServiceCall) -> ServiceResponse:
        return watch.seen()

    @callback
    def collect(_: ServiceCall) -> ServiceResponse:
        began = time.monotonic()
        gc.collect()
        return {"milliseconds": 1000 * (time.monotonic() - began)}

    hass.services.async_register(DOMAIN, "watch", begin)
    hass.services.async_register(DOMAIN, "collect_garbage", collect, supports_response=SupportsResponse.ONLY)
    hass.services.async_register(DOMAIN, "watched", tell, supports_response=SupportsResponse.ONLY)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Add the devices that do nothing."""
    await hass.config_entries.async_forward_entry_setups(entry, (Platform.SENSOR,))
    return True
