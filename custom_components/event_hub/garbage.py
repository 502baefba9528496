"""Keeps Python's garbage collector from holding up commands.

A full collection walks every object there is: in Home Assistant several hundred
milliseconds in which nothing else happens, and a busy hub causes one every few
seconds. What is there once Home Assistant has started stays for good, so it is
set aside; a collection then walks what came since, in some milliseconds.

Few collections are needed where few objects wait for one: see ``untie``.
"""

import gc

from homeassistant.core import HomeAssistant, State, callback
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


@callback
def untie(state: State) -> None:
    """Let a state be freed as soon as there is a newer one and all who were told of it are done.

    A state knows its context, which knows the event that it began with, which knows the state: a ring of
    a dozen objects that only a full collection would free, after a flood a hundred thousand of them.
    Who looks for what a context began with finds the state itself, which tells no more than that.
    """
    began_with = state.context.origin_event
    if began_with is not None and began_with.data.get("new_state") is state:
        state.context.origin_event = None
