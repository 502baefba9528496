"""The ESP boards' JSON on MQTT: sensors, pulse meters, switches."""

from functools import lru_cache, partial
from typing import Any, Final

from .bodies import Body, load_json
from .devices import Reading
from .messages import (
    Dialect,
    InputReport,
    MeterReading,
    OutputReport,
    ParseError,
    Report,
    ReportKind,
    Source,
    Transport,
)
from .reasons import Refused
from .sources import source_of
from .values import capitalised, keep_extra, key, number, text, wrong_type

ALIVE: Final = b"OK"
CHANNEL_LIMIT: Final = 64

_INPUT_PREFIX: Final = "input_"
_KNOWN: Final = frozenset(("input_label", "active", "sample_value"))


def read_alive(topic: str, device_id: str, dialect: Dialect, payload: bytes) -> Report:
    """Read a board's two-byte heartbeat. Raises ``ParseError``."""
    if payload != ALIVE:
        raise ParseError(Refused.BAD_STATUS, "a heartbeat that is not OK")
    return Report(source=_source(topic, device_id, dialect), kind=ReportKind.HEARTBEAT)


def read_sensor(device_id: str, payload: bytes, received_at: float) -> Report:
    """Read a sensor board's report of all its inputs. Raises ``ParseError``."""
    # A board reports every second: on this path even a function that finds nothing counts.
    body, reading = load_json(payload), Reading(received_at=received_at)
    place = body.get("input_location")
    if place is not None:
        place = text("input_location", place)
    described = [
        (name.removeprefix(_INPUT_PREFIX), said)
        for name, said in body.items()
        if name.startswith(_INPUT_PREFIX) and name.removeprefix(_INPUT_PREFIX).isdecimal()
    ]
    inputs = reading.collect("inputs", described, partial(_sensor_input, device_id, place))
    source = _source("sensor", device_id, Dialect.ESP_SENSOR)
    return _report(source, body, reading, inputs=inputs)


def read_meter(name: str, payload: bytes, received_at: float) -> Report:
    """Read a meter's minute. The topic's ``name`` is where the board listens. Raises ``ParseError``."""
    body, reading = load_json(payload), Reading(received_at=received_at)
    device_id = key("device_id", body.get("device_id"))
    register = _number(body, "register_reading")
    meter = InputReport(
        device_key=key("device_key", capitalised(name, "Meter")),
        label=text("name", name),
        type="meter",
        location=_text(body, "input_location"),
        value=_number(body, "last_minute_metered"),
        meter=MeterReading(
            address=name,
            register=None if register is None or register < 0 else register,
            last_sample=_number(body, "last_sample_value"),
            last_minute=_number(body, "last_minute_metered"),
            last_minute_at=reading.time(body.get("last_metered_minute")),
            pulse_discards=_count(body, "pulse_discards"),
        ),
    )
    source = _source("meter", device_id, Dialect.ESP_METER)
    return _report(source, body, reading, inputs=(meter,))


def read_switch(device_id: str, payload: bytes, received_at: float) -> Report:
    """Read the state of a switch board's channels. Raises ``ParseError``."""
    body, reading = load_json(payload), Reading(received_at=received_at)
    switches = body.get("switches")
    if type(switches) is not list:
        raise wrong_type("switches", switches)
    if len(switches) > CHANNEL_LIMIT:
        raise ParseError(Refused.TOO_LARGE, f"more than {CHANNEL_LIMIT} channels")
    outputs = tuple(_channel(device_id, channel, state) for channel, state in enumerate(switches))
    source = _source("switch", device_id, Dialect.ESP_SWITCH)
    return _report(source, body, reading, outputs=outputs)


def _sensor_input(device_id: str, place: str | None, described: tuple[str, object], _: Reading) -> InputReport:
    count, said = described
    if type(said) is not dict:
        raise wrong_type(f"{_INPUT_PREFIX}{count[:9]}", said)
    label, active, value = said.get("input_label"), said.get("active"), said.get("sample_value")
    if label is not None:
        label = text("input_label", label)
    extra: dict[str, Any] = {}
    for name, more in said.items():
        if name not in _KNOWN:
            keep_extra(extra, name, more)
    return InputReport(
        device_key=_input_key("" if place or label else device_id, place, label, "" if label else count),
        label=label,
        location=place,
        active=active if active is None or type(active) is bool else _switched("active", active),
        level=True,
        value=None if value is None else number("sample_value", value),
        extra=extra,
    )


@lru_cache(maxsize=4096)
def _input_key(device_id: str, place: str | None, label: str | None, count: str) -> str:
    """Make the key of an input, which a board tells every second. Raises ``ParseError``."""
    if not place and not label:
        return key("device_key", f"{device_id} Input {count}")
    # A board whose input was never given a label must not lose it: its number then tells it apart.
    return key("device_key", capitalised(*filter(None, (place, label or f"Input {count}"))))


def _channel(device_id: str, channel: int, state: object) -> OutputReport:
    return OutputReport(
        device_key=key("device_key", f"{device_id} Switch {channel + 1}"),
        label=f"Switch {channel + 1}",
        type="switch",
        channel=channel,
        is_on=_switched("switches", state),
    )


def _report(
    source: Source,
    body: Body,
    reading: Reading,
    inputs: tuple[InputReport, ...] = (),
    outputs: tuple[OutputReport, ...] = (),
) -> Report:
    sent_at, uptime = reading.time(body.get("timestamp")), body.get("uptime")
    return Report(
        source=source,
        kind=ReportKind.EVENT,
        sent_at=sent_at,
        uptime=None if uptime is None else number("uptime", uptime),
        inputs=inputs,
        outputs=outputs,
        rejections=tuple(reading.rejections),
    )


@lru_cache(maxsize=4096)
def _source(topic: str, device_id: str, dialect: Dialect) -> Source:
    return source_of(topic, key("device_id", device_id), dialect, Transport.MQTT)


def _switched(name: str, value: object) -> bool:
    if value not in (0, 1):
        raise wrong_type(name, value)
    return bool(value)


def _text(body: Body, name: str) -> str | None:
    value = body.get(name)
    return None if value is None else text(name, value)


def _number(body: Body, name: str) -> float | None:
    value = body.get(name)
    return None if value is None else number(name, value)


def _count(body: Body, name: str) -> int | None:
    value = _number(body, name)
    return None if value is None else int(value)
