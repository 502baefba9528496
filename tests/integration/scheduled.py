"""What of the hub is still to happen at its time: nothing may be, once it has ended."""

from functools import partial
from typing import Any, Final

from homeassistant.core import HassJob, HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles

OWN: Final = "custom_components.event_hub"


def owner(call: Any) -> str:
    """Return the module whose work a call does, whoever makes it."""
    if isinstance(call, partial):
        return owner(call.func)
    if isinstance(call, HassJob):
        return owner(call.target)
    its = getattr(call, "__self__", call)
    job = getattr(its, "job", None)
    if job is not None:
        return owner(job)
    return str(call.__module__ if its is call else type(its).__module__)


def scheduled(hass: HomeAssistant) -> set[str]:
    """Return which modules of the hub have something to do at its time."""
    handles: list[Any] = get_scheduled_timer_handles(hass.loop)
    modules = {owner(each._callback) for each in handles if not each.cancelled()}
    return {module.removeprefix(f"{OWN}.") for module in modules if module.startswith(OWN)}
