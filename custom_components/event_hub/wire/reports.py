"""The map that RabbitMQ devices of both generations and native devices report with."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from .apps import read_budget, read_health
from .bodies import Body
from .devices import Reading, read_input, read_output
from .messages import (
    CommandResult,
    Dialect,
    InputReport,
    OutputReport,
    ParseError,
    Report,
    ReportKind,
    ResultStatus,
    Source,
)
from .reasons import Refused
from .values import key, number, optional, text, wrong_type

SCHEMA: Final = 1

_SHARED: Final = ("storage_url", "storage_path")


def dialect_of(body: Body) -> Dialect:
    """Tell the three dialects of RabbitMQ apart by what only one of them says. Raises ``ParseError``."""
    if "output_triggered" in body:
        raise ParseError(Refused.OWN_MESSAGE, "a command of this or another hub")
    if "schema" in body:
        check_schema(body)
        return Dialect.NATIVE
    return Dialect.LEGACY if body.get("data") is not None else Dialect.CURRENT


def check_schema(body: Body) -> None:
    """Raise ``ParseError`` for a native message of a later kind than this hub knows."""
    schema = body.get("schema", SCHEMA)
    if type(schema) is not int or schema != SCHEMA:
        raise ParseError(Refused.UNKNOWN_SCHEMA, f"schema is not {SCHEMA}")


def read_report(source: Source, kind: ReportKind, body: Body, received_at: float) -> Report:
    """Read a current or native report. Raises ``ParseError``."""
    reading = Reading(
        received_at=received_at,
        image_triggers=kind is ReportKind.EVENT,
        state_wins=source.dialect is Dialect.NATIVE,
    )
    inputs = reading.collect("inputs", body.get("inputs"), read_input)
    outputs = reading.collect("outputs", body.get("outputs"), read_output)
    report = _report(source, kind, body, reading, inputs, outputs)
    if kind is ReportKind.HEARTBEAT and reading.state_wins and ("health" in body or "budget" in body):
        health = read_health(body.get("health"), reading.refuse)
        budget = read_budget(body.get("budget"), reading.refuse)
        return replace(report, health=health, budget=budget, rejections=tuple(reading.rejections))
    return report


def read_legacy(source: Source, kind: ReportKind, body: Body, received_at: float) -> Report:
    """Read a report of 2023. Raises ``ParseError``."""
    reading = Reading(received_at=received_at)
    data = _map_of("data", body["data"])
    described = _map_of("device_info", data.get("device_info"))
    active = reading.collect("active_devices", data.get("active_devices"), partial(_read_active, data))
    inputs = reading.collect("inputs", described.get("inputs"), read_input)
    outputs = reading.collect("outputs", described.get("outputs"), read_output)
    samples = _map_of("samples", data.get("samples"))
    named = {device.device_key for device in active}
    triggered = kind is ReportKind.EVENT
    devices = (
        *(_sampled(replace(device, active=triggered or device.active), samples) for device in active),
        *(_sampled(device, samples) for device in inputs if device.device_key not in named),
    )
    return _report(source, kind, body, reading, devices, outputs)


def read_result(source: Source, body: Body, received_at: float) -> CommandResult:
    """Read what a native device says became of a command. Raises ``ParseError``."""
    reading = Reading(received_at=received_at)
    status = body.get("status")
    if type(status) is not str or status not in ResultStatus:
        raise ParseError(Refused.BAD_STATUS, "a status that is none of " + ", ".join(ResultStatus))
    detail = body.get("detail")
    return CommandResult(
        source=source,
        command_id=key("command_id", body.get("command_id")),
        device_key=key("device_key", body.get("device_key")),
        status=ResultStatus(status),
        detail=None if detail is None else text("detail", detail),
        sent_at=reading.time(body.get("timestamp")),
    )


def _report(
    source: Source,
    kind: ReportKind,
    body: Body,
    reading: Reading,
    inputs: tuple[InputReport, ...],
    outputs: tuple[OutputReport, ...],
) -> Report:
    sent_at = reading.time(body.get("timestamp"))
    message_id = optional("message_id", body.get("message_id"), key, reading.refuse)
    uptime = optional("uptime", body.get("uptime"), number, reading.refuse)
    return Report(
        source=source,
        kind=kind,
        sent_at=sent_at,
        message_id=message_id,
        uptime=uptime,
        inputs=inputs,
        outputs=outputs,
        rejections=tuple(reading.rejections),
    )


def _read_active(data: Mapping[str, object], device: object, reading: Reading) -> InputReport:
    """Read a device of 2023 that is active; where its image is kept is said once for all of them."""
    if type(device) is dict:
        device = device | {name: data[name] for name in _SHARED if data.get(name) and not device.get(name)}
    return read_input(device, reading)


def _map_of(name: str, value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if type(value) is not dict:
        raise wrong_type(name, value)
    return value


def _sampled(device: InputReport, samples: dict[str, Any]) -> InputReport:
    sample = samples.get(device.device_key)
    if device.value is not None or sample is None:
        return device
    return replace(device, value=number("samples", sample))
