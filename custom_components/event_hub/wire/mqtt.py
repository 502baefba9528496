"""What arrives over MQTT: topic and payload to a message, from ESP boards and native devices."""

from typing import Final

from .bodies import IMAGE_LIMIT, check_size, load_json
from .esp import read_alive, read_meter, read_sensor, read_switch
from .messages import Availability, Dialect, ImageFrame, Message, ParseError, ReportKind, Source, Transport
from .reasons import Refused
from .reports import check_schema, read_report, read_result
from .sources import source_of
from .values import key

ROOT: Final = "event_hub"
SUBSCRIPTIONS: Final = (
    "sensor/+/+",
    "meter/+",
    "meter/heartbeat/+",
    "switch/state/+",
    "switch/heartbeat/+",
    "event_hub/+/+/status",
    "event_hub/+/+/heartbeat",
    "event_hub/+/+/event",
    "event_hub/+/+/result",
    "event_hub/+/+/image/+",
    "event_hub/+/+/image/+/annotated",
)

_REPORTS: Final = {"heartbeat": ReportKind.HEARTBEAT, "event": ReportKind.EVENT}
_BOARDS: Final = {
    "sensor": Dialect.ESP_SENSOR,
    "meter": Dialect.ESP_METER,
    "switch": Dialect.ESP_SWITCH,
}
_STATUS: Final = {b"online": True, b"offline": False}


def accepts_retained(topic: str) -> bool:
    """Whether a retained message on this topic is a state; on every other it is an event of the past."""
    match topic.split("/"):
        case [root, _, _, "status"] if root == ROOT:
            return True
        case _:
            return False


def sender_of(topic: str) -> str:
    """Return who publishes on a topic: the same for all topics of one device, without reading any message."""
    match topic.split("/"):
        case [root, device_topic, name, *_] if root == ROOT:
            return f"{root}/{device_topic}/{name}"
        case [board, _, device_id] if board in _BOARDS:
            return f"{board}/{device_id}"
        case _:
            return topic


def parse_mqtt(topic: str, payload: bytes, *, received_at: float, retained: bool = False) -> Message:
    """Read one message. ``received_at`` is in unix seconds. Raises ``ParseError``, never anything else."""
    match topic.split("/"):
        case [root, device_topic, name, "status"] if root == ROOT:
            return _availability(_native_source(device_topic, name), payload, retained=retained)
        case [root, device_topic, name, *purpose] if root == ROOT:
            return _native(device_topic, name, purpose, payload, received_at)
        case [board, "heartbeat", device_id] if board in _BOARDS:
            return read_alive(board, device_id, _BOARDS[board], payload)
        case ["sensor", _, device_id]:
            return read_sensor(device_id, payload, received_at)
        case ["meter", name]:
            return read_meter(name, payload, received_at)
        case ["switch", "state", device_id]:
            return read_switch(device_id, payload, received_at)
        case ["meter", _, "control"] | ["switch", "control", _]:
            raise ParseError(Refused.OWN_MESSAGE, "a command of this or another hub")
        case _:
            raise ParseError(Refused.UNKNOWN_ADDRESS, "no topic of a device")


def _native_source(device_topic: str, name: str) -> Source:
    # On RabbitMQ the topic is one word of the key; with dots it would be somebody else there.
    if not name or "." in device_topic:
        raise ParseError(Refused.UNKNOWN_ADDRESS, "no topic of a device")
    return source_of(device_topic, name, Dialect.NATIVE, Transport.MQTT)


def _availability(source: Source, payload: bytes, *, retained: bool) -> Availability:
    if payload not in _STATUS:
        raise ParseError(Refused.BAD_STATUS, "a status that is neither online nor offline")
    return Availability(source=source, online=_STATUS[payload], retained=retained)


def _native(device_topic: str, name: str, purpose: list[str], payload: bytes, received_at: float) -> Message:
    source = _native_source(device_topic, name)
    match purpose:
        case ["image", wanted, *drawn] if drawn in ([], ["annotated"]):
            check_size(payload, IMAGE_LIMIT)
            if not payload:
                raise ParseError(Refused.BAD_IMAGE, "an image without a byte")
            return ImageFrame(source=source, slug=key("slug", wanted), jpeg=payload, annotated=bool(drawn))
        case ["command"]:
            raise ParseError(Refused.OWN_MESSAGE, "a command of this or another hub")
        case ["result"]:
            body = load_json(payload)
            check_schema(body)
            return read_result(source, body, received_at)
        case [word] if word in _REPORTS:
            body = load_json(payload)
            check_schema(body)
            return read_report(source, _REPORTS[word], body, received_at)
        case _:
            raise ParseError(Refused.UNKNOWN_ADDRESS, "no topic of a device")
