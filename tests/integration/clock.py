"""The hub's clock in the hands of a test."""

from datetime import timedelta
import time
from typing import Final

from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from .kit import Home

# So many seconds does a look take: what happens later is later.
LOOK: Final = 0.0001


class Clock:
    """Takes the place of the module ``time`` and goes on only as far as it was moved, however slow the machine is.

    ``ahead`` is time that passes, ``set_by`` how somebody set the clock. With every look a little time passes.
    """

    def __init__(self) -> None:
        self.ahead = 0.0
        self.set_by = 0.0
        self._began = time.time()
        self._began_monotonic = time.monotonic()

    def time(self) -> float:
        """Return unix seconds."""
        return self._began + self._passed() + self.set_by

    def monotonic(self) -> float:
        """Return seconds that nobody sets."""
        return self._began_monotonic + self._passed()

    def _passed(self) -> float:
        self.ahead += LOOK
        return self.ahead

    async def go_on(self, home: Home, seconds: float) -> None:
        """Let time pass for the hub, and its timers be due."""
        self.ahead += seconds
        async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=self.ahead))
        await home.told()
