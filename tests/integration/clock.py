"""The hub's clock in the hands of a test."""

from datetime import timedelta
import time

from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from .kit import Home


class Clock:
    """Takes the place of the module ``time`` and goes ahead of the real one as far as it was moved.

    ``ahead`` is time that passes, ``set_by`` how somebody set the clock.
    """

    def __init__(self) -> None:
        self.ahead = 0.0
        self.set_by = 0.0

    def time(self) -> float:
        """Return unix seconds."""
        return time.time() + self.ahead + self.set_by

    def monotonic(self) -> float:
        """Return seconds that nobody sets."""
        return time.monotonic() + self.ahead

    async def go_on(self, home: Home, seconds: float) -> None:
        """Let time pass for the hub, and its timers be due."""
        self.ahead += seconds
        async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=self.ahead))
        await home.told()
