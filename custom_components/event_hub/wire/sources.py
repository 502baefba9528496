"""Who a message is from, the same whatever it came over."""

from functools import lru_cache
from typing import Final

from .messages import Dialect, ParseError, Source, Transport
from .reasons import Refused
from .values import is_key

# Whom the built-in, the adopted and the expected devices belong to: a message under these names would press Panic.
_OWN: Final = frozenset(("event_hub", "event_hub_expected", "home_assistant"))


# A source is made once and then shared by its messages, which come every few seconds for ever.
@lru_cache(maxsize=4096)
def source_of(topic: str, name: str, dialect: Dialect, transport: Transport) -> Source:
    """Return the source ``<topic>.<name>``, or ``<topic>`` where a bare key names nothing more.

    Raises ``ParseError`` when the two make no identity.
    """
    source_id = f"{topic}.{name}" if name else topic
    if not topic or not is_key(source_id) or source_id in _OWN:
        raise ParseError(Refused.UNKNOWN_ADDRESS, f"{source_id[:40]!r} names no source")
    return Source(source_id=source_id, dialect=dialect, transport=transport, topic=topic, name=name)
