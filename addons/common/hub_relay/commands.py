"""Commands of the hub, checked where they come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
import json
import math
from typing import Any, Final, Self
import uuid

import msgpack

SCHEMA: Final = 1
LARGEST_BODY: Final = 256 * 1024
LONGEST_KEY: Final = 255
LONGEST_DURATION: Final = 86_400.0
# For a command that does not say how long it counts, in seconds; the hub's own default.
VALID_FOR: Final = 90.0
# Namespace of the ids of commands that carry none, so that the same bytes are the same command.
_NAMELESS: Final = uuid.UUID("5d6c9a3e-2f0b-4e53-9a51-1d8a6c1f7b40")
_STATES: Final = {None: None, "on": True, "off": False}


class CommandError(ValueError):
    """A body is no command, or asks for what makes no sense. Says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What the hub asks of one output.

    ``state`` is ``None`` for "do your one thing", ``params`` what the output
    makes of it. Times are unix seconds.
    """

    command_id: str
    device_key: str
    device_label: str | None
    device_type: str | None
    params: str | None
    state: bool | None
    issued_at: float
    expires_at: float
    cause: dict[str, Any]

    def expired(self, now: float) -> bool:
        """Say whether it came too late."""
        return now >= self.expires_at

    def seconds(self) -> float | None:
        """Return ``params`` as a duration, ``None`` when the output's own counts. Raises ``CommandError``."""
        if self.params is None or not self.params.strip():
            return None
        try:
            seconds = float(self.params)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= LONGEST_DURATION:
            raise CommandError(f"device_params must be more than 0 and up to {LONGEST_DURATION:.0f} seconds")
        return seconds

    def as_content(self) -> dict[str, Any]:
        """Return it as a frame's content."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> Self:
        """Return the command that ``as_content`` put into a frame."""
        return cls(**content)


def read_json(body: bytes) -> Command:
    """Return the command in an MQTT payload. Raises ``CommandError``."""
    return _read(body, lambda given: json.loads(given, parse_constant=_no_constant))


def read_msgpack(body: bytes) -> Command:
    """Return the command in a RabbitMQ body. Raises ``CommandError``."""
    return _read(body, msgpack.unpackb)


def json_content(body: bytes) -> dict[str, Any]:
    """Read an MQTT payload as a frame's content. Raises ``CommandError``."""
    return read_json(body).as_content()


def msgpack_content(body: bytes) -> dict[str, Any]:
    """Read a RabbitMQ body as a frame's content. Raises ``CommandError``."""
    return read_msgpack(body).as_content()


def _no_constant(name: str) -> float:
    raise CommandError(f"{name} is no JSON")


def _read(body: bytes, unpack: Callable[[bytes], object]) -> Command:
    if len(body) > LARGEST_BODY:
        raise CommandError(f"it is larger than {LARGEST_BODY} bytes")
    try:
        message = unpack(body)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise CommandError(f"the body cannot be read: {error}") from error
    return _command(_map(message, "the body"), body)


def _command(message: dict[str, Any], body: bytes) -> Command:
    schema = message.get("schema", SCHEMA)
    if schema != SCHEMA or isinstance(schema, bool):
        raise CommandError(f"schema {schema!r} is not known")
    output = _map(message.get("output_triggered"), "output_triggered")
    issued_at = _number(message.get("timestamp"), "timestamp")
    expires_at = message.get("expires_at")
    command_id = message.get("command_id")
    return Command(
        command_id=str(uuid.uuid5(_NAMELESS, body.hex())) if command_id is None else _key(command_id, "command_id"),
        device_key=_key(output.get("device_key"), "device_key"),
        device_label=_text(output.get("device_label"), "device_label"),
        device_type=_text(output.get("device_type"), "device_type"),
        params=_params(output.get("device_params")),
        state=_state(output.get("state")),
        issued_at=issued_at,
        expires_at=issued_at + VALID_FOR if expires_at is None else _number(expires_at, "expires_at"),
        cause=_map(message.get("active_input") or {}, "active_input"),
    )


def _map(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise CommandError(f"{name} is no map")
    return value


def _text(value: object, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise CommandError(f"{name} is no text")
    return value


def _key(value: object, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_KEY or not value.isprintable():
        raise CommandError(f"{name} is no text of 1 to {LONGEST_KEY} printable characters")
    return value


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CommandError(f"{name} is no number")
    return float(value)


def _params(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return _text(value, "device_params")


def _state(value: object) -> bool | None:
    if value is not None and not isinstance(value, str):
        raise CommandError("state is neither on nor off")
    if value not in _STATES:
        raise CommandError(f"state {value!r} is neither on nor off")
    return _STATES[value]
