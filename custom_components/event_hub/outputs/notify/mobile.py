"""Sends a message to Home Assistant's app on a phone: with a picture, and buttons that may ask for the code."""

from typing import Any, Final

from homeassistant.core import HomeAssistant

from ...engine.telling.model import Button
from .calling import async_call
from .message import Message, MessageButton
from .words import Words, words_of

GROUP: Final = "event_hub"
# The names that people find in their phone's settings.
USUAL_CHANNEL: Final = "Event Hub"
CRITICAL_CHANNEL: Final = "Event Hub alarm"
QUIET_CHANNEL: Final = "Event Hub quiet"


async def async_send(hass: HomeAssistant, target: str, message: Message) -> None:
    """Send a message by the action of a phone. Raises ``SendError``."""
    await async_call(hass, target, {"message": message.text, "title": message.title, "data": _data(message)})


def _data(message: Message) -> dict[str, Any]:
    opens = message.link or message.view
    data: dict[str, Any] = {
        "tag": message.tag,
        "group": GROUP,
        # Each system reads its own: Android the first ones, iOS the last.
        "channel": CRITICAL_CHANNEL if message.critical else USUAL_CHANNEL,
        "importance": "high" if message.critical else "default",
        "priority": "high",
        "ttl": 0,
        "clickAction": opens,
        "url": opens,
        "push": {"interruption-level": "critical" if message.critical else "active"},
    }
    if message.critical:
        data["push"]["sound"] = {"name": "default", "critical": 1, "volume": 1.0}
    if message.quiet:
        # Whoever stands beside must not hear it, nor see it on a locked phone.
        data |= {"channel": QUIET_CHANNEL, "importance": "low", "visibility": "secret"}
        data["push"] = {"interruption-level": "passive", "sound": "none"}
    if message.pictures:
        data["image"] = message.pictures[0].url
    if message.buttons:
        words = words_of(message.language)
        data["actions"] = [_action(each, words, opens) for each in message.buttons]
    return data


def _action(button: MessageButton, words: Words, opens: str) -> dict[str, Any]:
    title = words.button(button.button)
    if button.button is Button.VIEW:
        return {"action": "URI", "title": title, "uri": opens}
    action: dict[str, Any] = {"action": button.data, "title": title}
    if button.button is Button.DISARM:
        action |= {"destructive": True, "authenticationRequired": True}
    if button.asks_code:
        action |= {"behavior": "textInput", "textInputButtonTitle": title, "textInputPlaceholder": words.code}
    return action
