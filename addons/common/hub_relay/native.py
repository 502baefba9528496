"""The native wire: addresses, bodies of what a device says, and how they go out on either broker.

JSON on MQTT, MessagePack on RabbitMQ; the golden messages under ``contract/`` are the reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
import json
from typing import Any, Final
from unicodedata import combining, normalize
import uuid

import msgpack

from .commands import SCHEMA
from .links import Publication

_NO_LABEL: Final = "_"
_NOT_IN_TOPICS: Final = frozenset("/+#\0")
_KEY_LIMIT: Final = 100
# The pictures of an input, and what the topic of each ends in.
_IMAGES: Final = {"image": "", "image_annotated": "/annotated"}
# Where a picture was asked for, the fleet's keys end in this.
_FETCHED: Final = ".image"

type DeviceMap = Mapping[str, object]


class Transport(StrEnum):
    """Either broker."""

    MQTT = "mqtt"
    AMQP = "amqp"


class Kind(StrEnum):
    """What a device says."""

    HEARTBEAT = "heartbeat"
    EVENT = "event"
    RESULT = "result"


class Status(StrEnum):
    """What became of a command."""

    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


_AMQP_KINDS: Final = {Kind.HEARTBEAT: "heartbeat", Kind.EVENT: "notify", Kind.RESULT: "result"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One device's addresses. ``topic`` is the kind of device, ``name`` this one's."""

    topic: str
    name: str

    def __post_init__(self) -> None:
        """Check both. Raises ``ValueError``: a topic's own signs, and dots, would change the address."""
        if not self.topic or "." in self.topic or _NOT_IN_TOPICS & set(self.topic):
            raise ValueError(f"{self.topic!r} cannot stand in an address")
        if not 0 < len(self.name) <= _KEY_LIMIT or _NOT_IN_TOPICS & set(self.name) or not self.name.isprintable():
            raise ValueError(f"{self.name!r} cannot stand in an address")

    def mqtt(self, purpose: str) -> str:
        """Return the MQTT topic of ``status``, ``heartbeat``, ``event``, ``result`` or ``command``."""
        return f"event_hub/{self.topic}/{self.name}/{purpose}"

    def amqp(self, kind: Kind) -> str:
        """Return the routing key of what this device says."""
        return f"event.{_AMQP_KINDS[kind]}.{self.topic}.{self.name}"

    @property
    def command_key(self) -> str:
        """Routing key of commands to every device of this topic."""
        return f"event.trigger.{self.topic}"

    def publications(self, transport: Transport, kind: Kind, content: Mapping[str, Any]) -> tuple[Publication, ...]:
        """Return what goes out for one message: on MQTT its images go ahead of it, each on its own topic.

        Raises ``ValueError`` or ``TypeError`` for what the encoding cannot hold.
        """
        lasting = kind is not Kind.HEARTBEAT
        if transport is Transport.AMQP:
            address = self.amqp(kind) + (_FETCHED if _is_fetched(content) else "")
            return (Publication(address=address, body=bytes(msgpack.packb(content)), lasting=lasting),)
        images, plain = _without_images(content)
        body = json.dumps(plain, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
        return (
            *(Publication(address=self.mqtt(f"image/{place}"), body=image) for place, image in images),
            Publication(address=self.mqtt(kind), body=body, lasting=lasting),
        )


def heartbeat(
    *,
    timestamp: float,
    uptime: float,
    inputs: Sequence[DeviceMap],
    outputs: Sequence[DeviceMap],
    message_id: str | None = None,
) -> dict[str, Any]:
    """Return the body of a heartbeat; ``timestamp`` in unix seconds, ``uptime`` in seconds."""
    return _head(timestamp, message_id) | {"uptime": uptime, "inputs": list(inputs), "outputs": list(outputs)}


def event(*, timestamp: float, inputs: Sequence[DeviceMap], message_id: str | None = None) -> dict[str, Any]:
    """Return the body of an event: the inputs that changed, at ``timestamp`` (unix seconds)."""
    return _head(timestamp, message_id) | {"inputs": list(inputs)}


def result(
    *,
    timestamp: float,
    command_id: str,
    device_key: str,
    status: Status,
    detail: str | None = None,
    message_id: str | None = None,
) -> dict[str, Any]:
    """Return the body of a result; ``timestamp`` in unix seconds."""
    said = {"command_id": command_id, "device_key": device_key, "status": str(status), "detail": detail}
    return _head(timestamp, message_id) | said


def slug(text: str) -> str:
    """Return a device key as one level of a topic, by the rule of ``contract/slugs.json``."""
    plain = normalize("NFKD", normalize("NFKD", text).casefold())
    spaced = "".join(letter if letter.isalnum() else " " for letter in plain if not combining(letter))
    return "_".join(spaced.split()) or _NO_LABEL


def _head(timestamp: float, message_id: str | None) -> dict[str, Any]:
    moment = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f%z")
    return {"schema": SCHEMA, "message_id": message_id or str(uuid.uuid4()), "timestamp": moment}


def _is_fetched(content: Mapping[str, Any]) -> bool:
    return any(device.get("operation") == "fetch" for device in content.get("inputs", ()))


def _without_images(content: Mapping[str, Any]) -> tuple[list[tuple[str, bytes]], dict[str, Any]]:
    images = []
    inputs = []
    for device in content.get("inputs", ()):
        rest = dict(device)
        for name, ending in _IMAGES.items():
            if isinstance(image := rest.pop(name, None), bytes):
                images.append((slug(str(device["device_key"])) + ending, image))
        inputs.append(rest)
    plain = dict(content)
    if "inputs" in plain:
        plain["inputs"] = inputs
    return images, plain
