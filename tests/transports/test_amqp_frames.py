"""What goes the short way is, byte for byte, what pika makes of it and reads in it."""

from typing import Any

from hypothesis import given, strategies as st
import pika
from pika import frame
from pika.callback import CallbackManager
from pika.channel import Channel
from pika.exceptions import ShortStringTooLong
from pika.spec import Basic
import pytest

from custom_components.event_hub.transports.amqp_frames import publish, whole_delivery

SHORT = st.text(st.characters(codec="utf-8"), max_size=63)
LARGE = 5000


class Connection:
    """What pika's channel needs of a connection; keeps what is sent."""

    def __init__(self) -> None:
        self.callbacks = CallbackManager()
        self.sent = b""

    def send(self, frames: bytes) -> None:
        self.sent += frames

    def _send_method(self, number: int, method: Basic.Publish, content: tuple[pika.BasicProperties, bytes]) -> None:
        properties, body = content
        parts = [frame.Method(number, method), frame.Header(number, len(body), properties)]
        if body:
            parts.append(frame.Body(number, body))
        self.send(b"".join(part.marshal() for part in parts))


def open_channel(number: int = 1) -> Any:
    """Return an open channel of pika's, on a connection that only keeps what is sent."""
    channel = Channel(Connection(), number, lambda _: None)
    channel._set_state(Channel.OPEN)
    return channel


def delivery(body: bytes = b"front door", *, pieces: int = 1, **said: Any) -> bytes:
    """Return a delivery as RabbitMQ sends it, its body in so many frames."""
    told = {"consumer_tag": "ctag1.x", "delivery_tag": 7, "exchange": "home_automation", "routing_key": "event.notify"}
    size = -(-len(body) // pieces)
    parts = [
        frame.Method(1, Basic.Deliver(**told | said)),
        frame.Header(1, len(body), pika.BasicProperties(content_type="application/msgpack", headers={"from": "board"})),
        *(frame.Body(1, body[start : start + size]) for start in range(0, len(body), size or 1)),
    ]
    return b"".join(part.marshal() for part in parts)


@given(
    key=SHORT,
    exchange=SHORT,
    body=st.one_of(st.binary(max_size=300), st.just(b"x" * LARGE)),
    message_id=st.integers(1, 2**63),
    expiration=st.none() | st.integers(1, 10**9),
    number=st.integers(1, 65535),
)
def test_a_command_is_sent_as_pika_sends_it(
    key: str, exchange: str, body: bytes, message_id: int, expiration: int | None, number: int
) -> None:
    short, long = open_channel(number), open_channel(number)
    properties = pika.BasicProperties(message_id=str(message_id))
    properties.expiration = None if expiration is None else str(expiration)
    long.basic_publish(exchange, key, body, properties, mandatory=True)
    publish(short, exchange, key, body, message_id=message_id, expiration=expiration)
    assert short.connection.sent == long.connection.sent


def test_a_key_that_amqp_cannot_carry_is_refused() -> None:
    channel = open_channel()
    with pytest.raises(ShortStringTooLong):
        publish(channel, "home_automation_control", "ä" * 128, b"go", message_id=1)
    assert channel.connection.sent == b""


@given(
    consumer=SHORT,
    tag=st.integers(1, 2**63),
    redelivered=st.booleans(),
    exchange=SHORT,
    key=SHORT,
    body=st.binary(min_size=1, max_size=300),
    behind=st.binary(max_size=20),
)
def test_a_delivery_is_read_as_pika_reads_it(
    consumer: str, tag: int, redelivered: bool, exchange: str, key: str, body: bytes, behind: bytes
) -> None:
    said: dict[str, Any] = {
        "consumer_tag": consumer,
        "delivery_tag": tag,
        "redelivered": redelivered,
        "exchange": exchange,
        "routing_key": key,
    }
    sent = delivery(body, **said)
    whole = whole_delivery(sent + behind)
    assert whole is not None
    channel, method, read, end = whole
    assert (channel, read, end, vars(method)) == (1, body, len(sent), said)


@given(st.data())
def test_a_delivery_of_which_something_is_still_to_come_is_none_yet(data: st.DataObject) -> None:
    sent = delivery()
    assert whole_delivery(sent[: data.draw(st.integers(0, len(sent) - 1))]) is None


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(delivery(b"x" * 100, pieces=3), id="a body in several frames"),
        pytest.param(delivery(b""), id="no body"),
        pytest.param(delivery(b"")[:-1], id="no body, and cut off"),
        pytest.param(frame.Method(1, Basic.Ack(3)).marshal() * 9, id="confirmations"),
        pytest.param(frame.Heartbeat().marshal() * 9, id="heartbeats"),
        pytest.param(delivery()[delivery().index(b"\xce") + 1 :] * 2, id="frames of a delivery that began before"),
    ],
)
def test_everything_else_is_left_to_pika(sent: bytes) -> None:
    assert whole_delivery(sent) is None


@pytest.mark.parametrize("which", range(3))
def test_frames_without_their_end_mark_are_left_to_pika(which: int) -> None:
    sent = bytearray(delivery())
    marks = [at for at, byte in enumerate(sent) if byte == 0xCE]
    assert len(marks) == 3
    sent[marks[which]] = 0
    assert whole_delivery(bytes(sent)) is None


def test_a_key_that_is_no_text_still_arrives() -> None:
    sent = delivery(routing_key="event.notify.x").replace(b"event.notify.x", b"event.notify.\xff")
    whole = whole_delivery(sent)
    assert whole is not None
    assert whole[1].routing_key == "event.notify.\N{REPLACEMENT CHARACTER}"
