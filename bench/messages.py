"""What the simulated devices say: boards on RabbitMQ as the current fleet, ESP boards on MQTT.

Every event carries its number as ``sample_value``, which comes back in the command it causes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
import json
import time
from typing import Any, Final

import msgpack

OUTPUT_KEY: Final = "Bench Siren"
OUTPUT_BOARD: Final = "event.heartbeat.ioboard.siren"
ESP_INPUT: Final = "Porch Bell"

type Json = dict[str, Any]


def input_key(number: int) -> str:
    """Return the key of an input; they count from 0 over all boards."""
    return f"Input {number:05d}"


def event_key(board: int) -> str:
    """Return the routing key of a board's events."""
    return f"event.notify.ioboard.board{board}"


def heartbeat_key(board: int) -> str:
    """Return the routing key of a board's heartbeats."""
    return f"event.heartbeat.ioboard.board{board}"


def heartbeat(inputs: Sequence[int]) -> bytes:
    """A board's heartbeat, which names its inputs."""
    return _pack({"timestamp": _now(), "inputs": [_described(number) for number in inputs], "outputs": []})


def output_heartbeat() -> bytes:
    """The heartbeat of the board with the one output."""
    siren = {"device_key": OUTPUT_KEY, "device_label": "Siren", "type": "Siren", "location": "Roof"}
    return _pack({"timestamp": _now(), "inputs": [], "outputs": [siren]})


def event(serial: int, triggered: int, others: Sequence[int] = ()) -> bytes:
    """A board's event: one input triggered, the others as they always are."""
    device = _described(triggered) | {"state": "triggered", "sample_value": serial, "event_detail": None}
    inputs = [device, *(_described(number) for number in others if number != triggered)]
    return _pack({"timestamp": _now(), "inputs": inputs, "outputs": []})


def esp_event(serial: int) -> bytes:
    """An ESP board's report with one active input."""
    return json.dumps(
        {
            "uptime": 1234.5,
            "timestamp": time.time(),
            "device_id": "esp32_bench",
            "input_location": "Porch",
            "input_1": {"input_label": "Bell", "active": serial >= 0, "sample_value": serial, "normal_value": 0},
        }
    ).encode()


def serial_of(body: bytes) -> int:
    """Return the number of the event that came back: in a command of the hub, or as the relay had it."""
    content = json.loads(body) if body[:1] == b"{" else msgpack.unpackb(body)
    device = content.get("active_input") or content.get("input_1") or content["inputs"][0]
    return int(device["sample_value"])


def _described(number: int) -> Json:
    return {
        "device_key": input_key(number),
        "device_label": f"Door {number}",
        "type": "Contact",
        "location": f"Room {number // 8}",
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f%z")


def _pack(content: Json) -> bytes:
    return bytes(msgpack.packb(content))
