"""What the hub sends: each command in the dialect in which its output was advertised.

Existing programs die of commands they do not expect (wire protocol, 1.3), so
everything here is checked, and what cannot be said is a ``ValueError`` with a sentence for people.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
import json
from typing import Any, Final

import msgpack

from .messages import Command, Dialect, MeterCommand, Outgoing, OutputReport, Transport
from .params import CAMERA_PROGRAM, RELAY_BOARD, check_camera, check_params, relay_seconds
from .reports import SCHEMA

__all__ = ["check_address", "check_params", "encode_command", "encode_meter_command"]

ROUTING_KEY_LIMIT: Final = 255
TOPIC_LIMIT: Final = 65_535

_UNKNOWN_TYPE: Final = "unknown"
_STATES: Final = ("OK", "triggered")
_HIGHEST_REGISTER: Final = 2**53
_NOT_IN_TOPICS: Final = frozenset("+#\0")
# One for all: each takes a quarter of a megabyte of memory, for a few hundred bytes.
_PACKER: Final = msgpack.Packer()

type _Message = tuple[str, Mapping[str, object]]


def encode_command(command: Command, sent_at: float | None = None) -> Outgoing:
    """Return the message that tells a device to act. Raises ``ValueError`` when there is none it would survive.

    It expires so long after ``sent_at`` (unix seconds; by default when it was issued) as the command has left.
    """
    encoder = _ENCODERS.get(command.source.dialect)
    if encoder is None:
        if command.source.dialect is Dialect.HOME_ASSISTANT:
            raise ValueError(f"{command.output.device_key} has not reported yet, so where it listens is not known")
        raise ValueError(f"{command.source.source_id} takes no commands")
    address, content = encoder(command)
    return _outgoing(
        command.source.transport,
        command.output.trigger_topic or address,
        content,
        expires_in=max(command.expires_at - (command.issued_at if sent_at is None else sent_at), 0.0),
    )


def encode_meter_command(command: MeterCommand) -> Outgoing:
    """Return the message that sets or adjusts a register. Raises ``ValueError`` when it makes no sense to a board."""
    wanted = {"set_register": command.set_register, "adjust_register": command.adjust_register}
    given = {name: value for name, value in wanted.items() if value is not None}
    if len(given) != 1:
        raise ValueError("A register is either set or adjusted")
    (name, value), *_ = given.items()
    if not abs(value) <= _HIGHEST_REGISTER or (name == "set_register" and value < 0):
        raise ValueError("A register can only be set to a number from 0 up")
    source = command.source
    if source.dialect is not Dialect.ESP_METER:
        raise ValueError(f"{source.source_id} is no meter")
    if command.address is None:
        raise ValueError(f"{source.source_id} has sent no reading yet, so where it listens is not known")
    return _outgoing(source.transport, f"meter/{command.address}/control", {name: _whole(value)})


def check_address(transport: Transport, address: str) -> None:
    """Raise ``ValueError`` for a topic or routing key that no command could be sent to."""
    if transport is Transport.AMQP and not 0 < len(address.encode()) <= ROUTING_KEY_LIMIT:
        raise ValueError(f"A routing key has 1 to {ROUTING_KEY_LIMIT} bytes")
    if transport is Transport.MQTT and not (
        0 < len(address.encode()) <= TOPIC_LIMIT and _NOT_IN_TOPICS.isdisjoint(address)
    ):
        raise ValueError("A topic must not be empty, longer than 65535 bytes, or have +, # or NUL in it")


def _current(command: Command) -> _Message:
    _check_triggered(command)
    content = {
        "timestamp": int(command.issued_at),
        "active_input": _cause(command),
        "output_triggered": _output(command.output, _fleet_params(command)),
    }
    return f"event.trigger.{command.source.topic}", content


def _legacy(command: Command) -> _Message:
    _check_triggered(command)
    output, params = command.output, _fleet_params(command)
    topic = command.source.topic
    order: list[object]
    if topic == CAMERA_PROGRAM:
        order = [output.device_key, output.label or output.device_key, params]
    else:
        order = [output.device_key, relay_seconds(params) if topic == RELAY_BOARD else params]
    issued = datetime.fromtimestamp(command.issued_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f%z")
    return f"event.control.{topic}", {"timestamp": issued, "data": order}


def _native(command: Command) -> _Message:
    source, output = command.source, _output(command.output, command.output.params)
    if command.turn_on is not None:
        output["state"] = "on" if command.turn_on else "off"
    content = {
        "schema": SCHEMA,
        "message_id": command.command_id,
        "command_id": command.command_id,
        "timestamp": command.issued_at,
        "expires_at": command.expires_at,
        "active_input": _cause(command),
        "output_triggered": output,
    }
    if source.transport is Transport.MQTT:
        return f"event_hub/{source.topic}/{source.name}/command", content
    return f"event.trigger.{source.topic}", content


def _esp_switch(command: Command) -> _Message:
    channel, channels = command.output.channel, command.channels
    if channel is None or channel >= len(channels):
        raise ValueError(f"{command.output.device_key} is no known channel of its board")
    return f"switch/control/{command.source.name}", {"state": [int(state) for state in channels]}


_ENCODERS: Final[Mapping[Dialect, Callable[[Command], _Message]]] = {
    Dialect.CURRENT: _current,
    Dialect.LEGACY: _legacy,
    Dialect.NATIVE: _native,
    Dialect.ESP_SWITCH: _esp_switch,
}


def _check_triggered(command: Command) -> None:
    """Refuse "off": a device that knows only one order would take it for "on"."""
    if command.turn_on is False:
        raise ValueError(f"{command.output.device_key} can be triggered, not switched off")


def _fleet_params(command: Command) -> str | None:
    params, topic = command.output.params, command.source.topic
    if topic == RELAY_BOARD:
        relay_seconds(params)
    elif topic == CAMERA_PROGRAM:
        check_camera(params)
    return params


def _output(output: OutputReport, params: str | None) -> dict[str, object]:
    """Describe an output with all four keys, because a program dies of one that is missing."""
    return {
        "device_key": output.device_key,
        "device_label": output.label or output.device_key,
        "device_type": output.type or _UNKNOWN_TYPE,
        "device_params": params,
    }


def _cause(command: Command) -> dict[str, object]:
    """Describe what triggered the command; its image is left out."""
    cause = command.cause
    said: dict[str, Any] = {
        "device_key": cause.device_key,
        "device_label": cause.label or cause.device_key,
        "type": cause.type,
        "location": cause.location,
        "group_name": cause.group,
        "state": None if cause.active is None else _STATES[cause.active],
        "sample_value": cause.value,
        "event_detail": cause.detail,
        "storage_url": cause.storage_url,
    }
    return {name: value for name, value in said.items() if value is not None}


def _outgoing(
    transport: Transport, address: str, content: Mapping[str, object], expires_in: float | None = None
) -> Outgoing:
    check_address(transport, address)
    if transport is Transport.MQTT:
        # A number that JSON cannot say raises ValueError here rather than at the device.
        body = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    elif transport is Transport.AMQP:
        body = _PACKER.pack(content)
    else:
        raise ValueError("This output is not commanded over a broker")
    return Outgoing(transport=transport, address=address, body=body, expires_in=expires_in)


def _whole(value: float) -> float:
    return int(value) if float(value).is_integer() else value
