"""Lets time pass in the engine: what is due is handled in turns, and what fails keeps nothing else from its time.

The timer runs by a clock that nobody sets, deadlines are of one that may be: then they move along.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback

from .const import LOGGER
from .engine.deadlines import TimerKey
from .engine.events import ClockSet, Tick
from .engine.state import Transition
from .engine.step import step
from .engine.ticking import in_turns, is_due, postponed

if TYPE_CHECKING:
    from .hub import Hub

# So often it is looked at least whether something is due; and no sooner than this.
LONGEST_WAIT: Final = 60.0
SHORTEST_WAIT: Final = 0.02
# So many seconds later what failed is tried again.
POSTPONED_BY: Final = 60.0


class Ticker:
    """Handles what is due in one hub. All methods belong in the event loop."""

    def __init__(self, hub: Hub, perform: Callable[[Transition], object]) -> None:
        """Tick for ``hub``; ``perform`` does what a step wants."""
        self._hub = hub
        self._perform = perform
        self._failing: set[TimerKey] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = float("inf")
        self._stopped = False

    @callback
    def arm(self) -> None:
        """Set the timer for the next deadline; one that is due earlier stays, and looks again."""
        due = self._hub.state.next_deadline()
        if due is None or due >= self._timer_due or self._stopped:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        wait = min(max(due - self._hub.now(), SHORTEST_WAIT), LONGEST_WAIT)
        self._timer = self._hub.hass.loop.call_later(wait, self._on_time)

    @callback
    def stop(self) -> None:
        """Let nothing be due any more."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    @callback
    def clock_set(self, by: float) -> None:
        """Let everything that runs move along with a clock that was set by so many seconds."""
        LOGGER.info("The clock was set by %.1f s; what runs goes on as before", by)
        self._timer_due += by
        # First what is told: what follows from the step is told by the new clock.
        for move in (self._hub.telling.clock_set, self._move):
            try:
                move(by)
            except Exception:  # noqa: BLE001 - a fault of ours must not take along what happens just now
                LOGGER.exception("What runs could not be moved along with the clock")
                self._hub.counters.errors += 1

    def _move(self, by: float) -> None:
        self._perform(step(self._hub.state, ClockSet(by=by), self._hub.now()))

    def _on_time(self) -> None:
        self._timer = None
        self._timer_due = float("inf")
        due = None
        try:
            now = self._hub.look_at_clock()
            due = self._hub.state.next_deadline()
            if due is not None and due <= now:
                self._tick()
            self.arm()
        except Exception:  # noqa: BLE001 - a fault of ours must not stop the clock
            LOGGER.exception("What is due could not be handled, and is tried again in a while")
            self._hub.counters.errors += 1
            self._timer_due = due or 0.0
            self._timer = self._hub.hass.loop.call_later(LONGEST_WAIT, self._on_time)

    def _tick(self) -> None:
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
