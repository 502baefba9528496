"""Keeps Python's garbage collector from holding up commands.

A full collection walks every object there is: in Home Assistant several hundred
milliseconds in which nothing else happens, and a busy hub causes one every few
seconds. What is there once Home Assistant has started stays for good, so it is
set aside; a collection then walks what came since, in some milliseconds.
"""

import gc

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from .const import LOGGER


@callback
def async_set_aside(hass: HomeAssistant) -> None:
    """Set aside, once Home Assistant has started, what is there then; where somebody else did so, that is enough."""

    @callback
    def freeze(_: HomeAssistant) -> None:
        if not gc.get_freeze_count():
            gc.collect()
            gc.freeze()
            LOGGER.debug("%s objects set aside from garbage collection", gc.get_freeze_count())

    async_at_started(hass, freeze)
