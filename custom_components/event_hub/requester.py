"""Who asks the alarm for something: the Home Assistant user, or the automation, that a context belongs to."""

from typing import Final

from homeassistant.const import ATTR_NAME
from homeassistant.core import Context, HomeAssistant

from .alarm_desk import Requester
from .engine.alarm.codes import Path
from .engine.alarm.model import Actor

# What names itself in the event that began a context.
_NAMED: Final = frozenset({"automation_triggered", "script_started"})


async def async_requester(hass: HomeAssistant, context: Context | None, path: Path) -> Requester:
    """Return who asks over ``path``. Without a user it is an automation, which may do less."""
    if context is None or context.user_id is None:
        context_id = None if context is None else context.id
        return Requester(path=Path.AUTOMATION, name=_automation(context), context_id=context_id)
    user = await hass.auth.async_get_user(context.user_id)
    name = (user.name if user is not None else None) or "A user without a name"
    return Requester(path=path, name=name, user_id=context.user_id, context_id=context.id)


def context_of(actor: Actor | None) -> Context | None:
    """Return the context in which somebody asked for what happens now; ``None`` where nobody did, or no context."""
    asker = None if actor is None else actor.asker
    if asker is None or (asker.context_id is None and asker.user_id is None):
        return None
    return Context(user_id=asker.user_id, id=asker.context_id)


def _automation(context: Context | None) -> str:
    """Return the name of the automation or script where it is known: a script called by one goes by its name."""
    began = None if context is None else context.origin_event
    name = began.data.get(ATTR_NAME) if began is not None and began.event_type in _NAMED else None
    return str(name) if name else "Automation"
