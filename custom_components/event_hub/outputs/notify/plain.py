"""Sends a message to a notify entity, or by any action: a script that sends an SMS, a service's own action."""

from typing import Any, Final

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant

from .calling import async_call, missing
from .message import Message, Problem, SendError

_VARIABLES: Final = frozenset({"script"})


async def async_send_entity(hass: HomeAssistant, target: str, message: Message) -> None:
    """Send a message to a notify entity. Raises ``SendError``.

    Home Assistant passes over an entity that is not there without a word, so that is looked at first.
    """
    state = hass.states.get(target)
    if state is None or state.state == STATE_UNAVAILABLE:
        raise SendError(missing(target))
    await async_call(
        hass, "notify.send_message", {"entity_id": target, "message": message.text, "title": message.title}
    )


async def async_send_action(hass: HomeAssistant, target: str, message: Message) -> None:
    """Send a message by an action. Raises ``SendError``.

    A script gets everything as variables. Of others it is known only that they take a message, and many a title.
    """
    both: dict[str, Any] = {"title": message.title, "message": message.text}
    if target.partition(".")[0] in _VARIABLES:
        picture = message.pictures[0] if message.pictures else None
        more = {
            "topic": message.topic.value,
            "critical": message.critical,
            "link": message.link,
            "picture": None if picture is None else picture.path,
        }
        await async_call(hass, target, both | more)
        return
    try:
        await async_call(hass, target, both)
    except SendError as error:
        if error.failure.problem is not Problem.REFUSED:
            raise
        await async_call(hass, target, {"message": f"{message.title}\n{message.text}"})
