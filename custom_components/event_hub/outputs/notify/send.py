"""The one door to all kinds of channels."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from homeassistant.core import HomeAssistant

from ...engine.telling.model import Channel, ChannelKind
from . import mobile, plain, telegram
from .message import Failure, Message, SendError

type _Send = Callable[[HomeAssistant, str, Message], Awaitable[None]]

_SENDERS: Final[Mapping[ChannelKind, _Send]] = {
    ChannelKind.NOTIFY_ENTITY: plain.async_send_entity,
    ChannelKind.ACTION: plain.async_send_action,
    ChannelKind.TELEGRAM: telegram.async_send,
    ChannelKind.MOBILE_APP: mobile.async_send,
}


async def async_send(hass: HomeAssistant, channel: Channel, message: Message) -> Failure | None:
    """Send a message over a channel; returns why it did not get through, ``None`` if it did."""
    try:
        await _SENDERS[channel.kind](hass, channel.target, message)
    except SendError as error:
        return error.failure
    return None


def text_limit(channel: Channel, *, pictured: bool) -> int:
    """Return how long a text may be on a channel, in UTF-16 units."""
    if channel.kind is not ChannelKind.TELEGRAM:
        return channel.max_length
    return min(channel.max_length, telegram.CAPTION_LIMIT if pictured else telegram.TEXT_LIMIT)
