"""Lets time pass in the engine: what is due is handled in turns, and what fails keeps nothing else from its time."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback

from .const import LOGGER
from .engine.deadlines import TimerKey
from .engine.events import Tick
from .engine.state import Transition
from .engine.ticking import in_turns, is_due, postponed

if TYPE_CHECKING:
    from .hub import Hub

# So many seconds later what failed is tried again.
POSTPONED_BY: Final = 60.0


class Ticker:
    """Handles what is due in one hub. All methods belong in the event loop."""

    def __init__(self, hub: Hub, perform: Callable[[Transition], object]) -> None:
        """Tick for ``hub``; ``perform`` does what a step wants."""
        self._hub = hub
        self._perform = perform
        self._failing: set[TimerKey] = set()

    @callback
    def tick(self) -> None:
        """Handle what is due now, what is of the alarm first."""
        now = self._hub.now()
        for keys in in_turns(self._hub.state, now):
            self._handle(keys, now)

    def _handle(self, keys: tuple[TimerKey, ...], now: float) -> None:
        """Handle deadlines in one step; where that fails, each in its own, and those that fail later."""
        try:
            self._hub.post(Tick(only=keys))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not stop the clock
            left = [key for key in keys if is_due(self._hub.state, key, now)]
            if len(keys) == 1 or not left:
                self._failed(keys, error)
                return
            for key in left:
                self._handle((key,), now)
        else:
            self._failing.difference_update(keys)

    def _failed(self, keys: tuple[TimerKey, ...], error: Exception) -> None:
        """Put off what is still due, and log it, once until it goes well."""
        self._hub.counters.errors += 1
        now = self._hub.now()
        for key in keys:
            if is_due(self._hub.state, key, now):
                self._perform(postponed(key, now + POSTPONED_BY))
        if not self._failing.issuperset(keys):
            named = ", ".join(f"{timer.value} of {key}" for timer, key in keys)
            LOGGER.error("What is due could not be handled, and is tried again later: %s", named, exc_info=error)
        self._failing.update(keys)
