"""Keeps Python's garbage collector from holding up commands.

A full collection walks every object there is: in Home Assistant several hundred
milliseconds in which nothing else happens, and a busy hub causes one every few
seconds. What is there once Home Assistant has started stays for good, so it is
set aside; a collection then walks what came since, in some milliseconds.

Few collections are needed where few objects wait for one: see ``untie``.
"""

from functools import cache
import gc

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from .const import LOGGER


@callback
def async_set_aside(hass: HomeAssistant) -> None:
    """Set aside, once Home Assistant has started, what is there then; where somebody else did so, that is enough."""

    @callback
    def freeze(_: HomeAssistant) -> None:
        _set_aside()

    async_at_started(hass, freeze)


@cache
def _set_aside() -> None:
    """Do it once: even to count what was set aside is to walk all of it, and every reload would wait for that."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
        LOGGER.debug("%s objects set aside from garbage collection", gc.get_freeze_count())


@callback
def untie(context: Context) -> None:
    """Let the event that a state's change was be freed, once the state was replaced and all are done who were told.

    The event knows its context, which knows the event that it began with: a ring, with the states before and
    after in it, that only a full collection would free; after a flood they are a hundred thousand objects. A context
    that began with something else, with what a person did for example, stays as it is.
    """
    began_with = context.origin_event
    if began_with is not None and began_with.event_type == EVENT_STATE_CHANGED:
        context.origin_event = None
