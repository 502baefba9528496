"""Who asks the alarm for something: the Home Assistant user, or the automation, that a context belongs to."""

from typing import Final

from homeassistant.const import ATTR_NAME
from homeassistant.core import Context, HomeAssistant

from .alarm_desk import Requester
from .engine.alarm.codes import Path

# What names itself in the event that began a context.
_NAMED: Final = frozenset({"automation_triggered", "script_started"})


async def async_requester(hass: HomeAssistant, context: Context | None, path: Path) -> Requester:
    """Return who asks over ``path``. Without a user it is an automation, which may do less."""
    if context is None or context.user_id is None:
        return Requester(path=Path.AUTOMATION, name=_automation(context))
    user = await hass.auth.async_get_user(context.user_id)
    return Requester(path=path, name=(user.name if user is not None else None) or "A user without a name")


def _automation(context: Context | None) -> str:
    """Return the name of the automation or script where it is known: a script called by one goes by its name."""
    began = None if context is None else context.origin_event
    name = began.data.get(ATTR_NAME) if began is not None and began.event_type in _NAMED else None
    return str(name) if name else "Automation"
