"""The two messages that must not take time, in AMQP's frames: an event that arrives and a command that leaves.

pika takes each of them through some twenty functions. A processor that has rested since the last event must fetch
every one of them anew, which is most of what they cost. All other frames are pika's, and so is a message that is
not whole or not plain.
"""

from functools import lru_cache
from struct import Struct
from typing import Final

from pika import BasicProperties
from pika.channel import Channel
from pika.exceptions import ShortStringTooLong
from pika.spec import Basic

_METHOD: Final = 1
_HEADER: Final = 2
_BODY: Final = 3
_END: Final = b"\xce"
# A class and its method, as AMQP numbers them.
_BASIC: Final = 60 << 16
_MANDATORY: Final = 1
_HAS_MESSAGE_ID: Final = 1 << 7
_HAS_EXPIRATION: Final = 1 << 8
_LONGEST: Final = 255

# A frame starts with its type, its channel, and the size of what comes before its end mark.
_FRAME: Final = Struct(">BHI")
_METHOD_FRAME: Final = Struct(">BHII")
_HEADER_FRAME: Final = Struct(">BHIIQ")
_AROUND: Final = _FRAME.size + 1
# So long a body fits into one frame, whatever was agreed on with the broker.
_FITS: Final = 4096 - _AROUND
# The delivery's tag, whether it was delivered before, length of the exchange's name.
_DELIVERED: Final = Struct(">Q?B")
# Class and method, a number that nobody uses, length of the exchange's name.
_PUBLISHED: Final = Struct(">IHB")
# Class, size of the body, which properties there are.
_DESCRIBED: Final = Struct(">IQH")

type Delivered = tuple[int, Basic.Deliver, bytes, int]


def whole_delivery(read: bytes) -> Delivered | None:
    """Return the delivery that ``read`` begins with: its channel, what it says of itself, its body, and where it ends.

    ``None`` when ``read`` begins with anything else, when some of it is still to come, or when it has no
    body or one of several frames.
    """
    if len(read) < _METHOD_FRAME.size:
        return None
    kind, channel, size, method = _METHOD_FRAME.unpack_from(read)
    header_at = size + _AROUND
    if kind != _METHOD or method != Basic.Deliver.INDEX or len(read) < header_at + _HEADER_FRAME.size:
        return None
    kind, same, size, _, length = _HEADER_FRAME.unpack_from(read, header_at)
    body_at = header_at + size + _AROUND + _FRAME.size
    end = body_at + length + 1
    if kind != _HEADER or same != channel or len(read) < end:
        return None
    if _FRAME.unpack_from(read, body_at - _FRAME.size) != (_BODY, channel, length):
        return None
    if not read[header_at - 1] == read[body_at - _AROUND] == read[end - 1] == _END[0]:
        return None
    tag_at = _METHOD_FRAME.size + 1 + read[_METHOD_FRAME.size]
    tag, redelivered, exchange_size = _DELIVERED.unpack_from(read, tag_at)
    exchange_at = tag_at + _DELIVERED.size
    key_at = exchange_at + exchange_size + 1
    said = Basic.Deliver(
        consumer_tag=read[_METHOD_FRAME.size + 1 : tag_at].decode(),
        delivery_tag=tag,
        redelivered=redelivered,
        exchange=read[exchange_at : key_at - 1].decode(),
        routing_key=read[key_at : key_at + read[key_at - 1]].decode(errors="replace"),
    )
    return channel, said, read[body_at : end - 1], end


def publish(
    channel: Channel, exchange: str, key: str, body: bytes, *, message_id: int, expiration: int | None = None
) -> None:
    """Publish a message that some queue must want; ``expiration`` is in milliseconds.

    ``channel`` must be open. Raises pika's ``AMQPError`` for a message that AMQP cannot carry.
    """
    if not 0 < len(body) <= _FITS:
        properties = BasicProperties(message_id=str(message_id))
        properties.expiration = None if expiration is None else str(expiration)
        channel.basic_publish(exchange, key, body, properties, mandatory=True)
        return
    number, named, flags = channel.channel_number, b"%d" % message_id, _HAS_MESSAGE_ID
    described = b"%c%b" % (len(named), named)
    if expiration is not None:
        expires, flags = b"%d" % expiration, flags | _HAS_EXPIRATION
        described = b"%c%b%b" % (len(expires), expires, described)
    header = _DESCRIBED.pack(_BASIC, len(body), flags) + described
    channel.connection.send(
        _publish_frame(number, exchange, key)
        + _FRAME.pack(_HEADER, number, len(header))
        + header
        + _END
        + _FRAME.pack(_BODY, number, len(body))
        + body
        + _END
    )


@lru_cache(maxsize=1024)
def _publish_frame(channel: int, exchange: str, key: str) -> bytes:
    """Return the first frame of a message to ``key``, the same for all of them. Raises ``ShortStringTooLong``."""
    to, wanted = exchange.encode(), key.encode()
    if len(wanted) > _LONGEST:
        raise ShortStringTooLong(wanted)
    start = _PUBLISHED.pack(Basic.Publish.INDEX, 0, len(to))
    method = b"%b%b%c%b%c" % (start, to, len(wanted), wanted, _MANDATORY)
    return _FRAME.pack(_METHOD, channel, len(method)) + method + _END
