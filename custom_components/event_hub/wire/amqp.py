"""What arrives from RabbitMQ: routing key and MessagePack to a message."""

from functools import lru_cache
from typing import Final

from .bodies import Body, unpack_msgpack
from .messages import Dialect, Message, ParseError, ReportKind, Source, Transport
from .reasons import Refused
from .reports import check_schema, dialect_of, read_legacy, read_report, read_result
from .sources import source_of
from .values import is_key

_REPORTS: Final = {
    "notify": ReportKind.EVENT,
    "trigger": ReportKind.EVENT,
    "heartbeat": ReportKind.HEARTBEAT,
}
_LEADER: Final = "leader"
_RESULT: Final = "result"
_CONTROL: Final = "control"
_IMAGE: Final = "image"
_LEAST_WORDS: Final = 2


def parse_amqp(routing_key: str, body: bytes, *, received_at: float) -> Message:
    """Read one message. ``received_at`` is in unix seconds. Raises ``ParseError``, never anything else."""
    kind, topic, name = _parts(routing_key)
    content = unpack_msgpack(body)
    if kind == _LEADER:
        return _leader(topic, name, content, received_at)
    if kind == _RESULT:
        check_schema(content)
        return read_result(_source(topic, name, Dialect.NATIVE), content, received_at)
    dialect = dialect_of(content)
    source = source_of(topic, name, dialect, Transport.AMQP)
    read = read_legacy if dialect is Dialect.LEGACY else read_report
    return read(source, _REPORTS[kind], content, received_at)


@lru_cache(maxsize=1024)
def _parts(routing_key: str) -> tuple[str, str, str]:
    """Part ``event.<kind>.<topic>[.<name>[.image]]``; a name may have dots of its own."""
    first, *words = routing_key.split(".")
    if first != "event" or len(words) < _LEAST_WORDS:
        raise ParseError(Refused.UNKNOWN_ADDRESS, "no routing key of a device")
    kind, topic, *name = words
    if kind == _CONTROL:
        raise ParseError(Refused.OWN_MESSAGE, "a command of this or another hub")
    if kind not in _REPORTS and kind not in (_LEADER, _RESULT):
        raise ParseError(Refused.UNKNOWN_ADDRESS, f"{kind[:40]!r} is no kind of message")
    if len(name) > 1 and name[-1] == _IMAGE:
        del name[-1]
    return kind, topic, ".".join(name)


def _leader(topic: str, name: str, body: Body, received_at: float) -> Message:
    """Read what programs of 2023 say while they agree which of them leads.

    Their key names the step (``event.leader.elect``), not who says it. One
    source stands for all candidates of an app: it is lost when nobody leads.
    """
    data = body.get("data")
    if type(data) is not dict:
        return read_report(_source(topic, name, Dialect.CURRENT), ReportKind.HEARTBEAT, body, received_at)
    app = data.get("app_name")
    if not name:
        topic, name = _LEADER, app if type(app) is str and is_key(app) else ""
    return read_legacy(_source(topic, name, Dialect.LEGACY), ReportKind.HEARTBEAT, body, received_at)


def _source(topic: str, name: str, dialect: Dialect) -> Source:
    return source_of(topic, name, dialect, Transport.AMQP)
