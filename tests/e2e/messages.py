"""What the fleet's devices say, as plain data: RabbitMQ boards of both generations and ESP boards."""

from datetime import UTC, datetime
import time
from typing import Any

type Json = dict[str, Any]

FRONT_DOOR = "Garage Front Door"
SIREN = "Garage Siren"
CELLAR = "Cellar Hatch"
HORN = "Cellar Horn"
BACK_DOOR = "Garage Back Door"
SWITCH_BOARD = "esp32_SW01"


def iso(at: float) -> str:
    """Return a time as current boards write it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def legacy_iso(at: float) -> str:
    """Return a time as boards of 2023 write it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")


def board_heartbeat() -> Json:
    """A current relay board's heartbeat."""
    return {"timestamp": iso(time.time()), "inputs": [_door()], "outputs": [_siren()]}


def board_event(detail: str | None = None, *, at: float | None = None, triggered: bool = True) -> Json:
    """A current board's door, triggered or as it always is."""
    door = _door()
    if triggered:
        door |= {"state": "triggered", "sample_value": 87, "event_detail": detail}
    return {"timestamp": iso(at or time.time()), "inputs": [door], "outputs": [_siren()]}


def legacy_heartbeat() -> Json:
    """A board's heartbeat of 2023."""
    return {
        "timestamp": legacy_iso(time.time()),
        "data": {"device_info": {"inputs": [_hatch()], "outputs": [{"device_key": HORN, "device_label": "Horn"}]}},
    }


def legacy_event() -> Json:
    """A board's event of 2023: all of the active devices are active."""
    return {
        "timestamp": legacy_iso(time.time()),
        "data": {"active_devices": [_hatch()], "samples": {CELLAR: 87}, "statistics": {"sample_count": 12}},
    }


def esp_sensor(active: bool) -> Json:
    """An ESP board's inputs, the first of them active or not."""
    return {
        "uptime": 1234.5,
        "timestamp": time.time(),
        "device_id": "esp32_0A1B2C",
        "input_location": "Garage",
        "input_1": {
            "input_label": "Back Door",
            "active": active,
            "sample_value": 4095 if active else 0,
            "normal_value": 0,
        },
    }


def switch_state(*channels: int) -> Json:
    """A switch board's state."""
    return {"uptime": 1234.5, "device_id": SWITCH_BOARD, "switches": list(channels)}


def meter(register: float) -> Json:
    """A water meter's reading."""
    return {
        "uptime": 1234.5,
        "timestamp": time.time(),
        "device_id": "esp32_M",
        "input_location": "Cellar",
        "last_sample_value": 1,
        "last_minute_metered": 3,
        "last_metered_minute": 60.0,
        "register_reading": register,
        "pulse_discards": 0,
    }


def _door() -> Json:
    return {
        "device_key": FRONT_DOOR,
        "device_label": "Front Door",
        "type": "Contact",
        "location": "Garage",
        "group_name": "Ground Floor",
    }


def _siren() -> Json:
    return {
        "device_key": SIREN,
        "device_label": "Siren",
        "device_type": "Siren",
        "location": "Garage",
        "device_params": "5",
    }


def _hatch() -> Json:
    return {"device_key": CELLAR, "device_label": "Hatch", "type": "Contact", "location": "Cellar"}
