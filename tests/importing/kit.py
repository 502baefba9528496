"""Databases as the replaced system made them, and plans carried out."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Final

from custom_components.event_hub.engine.state import State
from custom_components.event_hub.importing.legacy_db import read_database
from custom_components.event_hub.importing.legacy_model import LegacyConfig
from custom_components.event_hub.importing.plan import plan
from custom_components.event_hub.importing.planner import Kind, Plan, perform

type Rows = Sequence[Mapping[str, object]]

_ID: Final = "id INTEGER NOT NULL PRIMARY KEY"
_KEY: Final = "device_key VARCHAR(50) NOT NULL"
_TYPE: Final = "device_type VARCHAR(100) NOT NULL"
_TIMES: Final = "auto_schedule BOOLEAN, auto_schedule_enable VARCHAR(5), auto_schedule_disable VARCHAR(5)"
_ALIKE: Final = {
    "input_link": f"{_ID}, input_device_id INTEGER NOT NULL, linked_device_id INTEGER NOT NULL",
    "output_link": f"{_ID}, input_device_id INTEGER NOT NULL, output_device_id INTEGER NOT NULL",
    "meter_config": (
        f"{_ID}, input_device_id INTEGER NOT NULL, meter_value INTEGER NOT NULL, register_value INTEGER NOT NULL,"
        " meter_reading VARCHAR NOT NULL, meter_iot_topic VARCHAR(100) NOT NULL, meter_low_limit INTEGER,"
        " meter_high_limit INTEGER, meter_reset_value INTEGER, meter_reset_additive BOOLEAN,"
        " meter_reading_unit VARCHAR(10), meter_reading_unit_factor INTEGER, meter_reading_unit_precision INTEGER"
    ),
    "general_config": f"{_ID}, config_key VARCHAR(50) NOT NULL, config_value TEXT NOT NULL",
    "event_log": f"{_ID}, input_device VARCHAR(100), output_device VARCHAR(100), timestamp DATETIME",
}
OF_2023: Final = {
    "input_config": (
        f"{_ID}, {_KEY}, {_TYPE}, device_label VARCHAR(100), customized BOOLEAN, activation_interval INTEGER, {_TIMES},"
        " device_enabled BOOLEAN, multi_trigger BOOLEAN, group_name VARCHAR(100), info_notify BOOLEAN"
    ),
    "output_config": f"{_ID}, {_KEY}, {_TYPE}, device_label VARCHAR(100), device_params TEXT",
    **_ALIKE,
}
LATER: Final = {
    "input_config": (
        f"{_ID}, {_KEY}, {_TYPE}, device_label VARCHAR(100), customized BOOLEAN, {_TIMES}, device_enabled BOOLEAN,"
        " trigger_latch_duration INTEGER, multi_trigger_rate INTEGER, multi_trigger_interval INTEGER,"
        " activation_escalation INTEGER, group_name VARCHAR(100), info_notify BOOLEAN"
    ),
    "output_config": (
        f"{_ID}, {_KEY}, {_TYPE}, device_label VARCHAR(100), device_params TEXT, trigger_topic VARCHAR(100),"
        f" trigger_interval INTEGER, device_enabled BOOLEAN, {_TIMES}"
    ),
    **_ALIKE,
}
SCHEDULER_ON: Final = {"general_config": [{"id": 1, "config_key": "auto-scheduler", "config_value": "1"}]}
METER: Final = {
    "id": 1,
    "input_device_id": 1,
    "meter_value": 0,
    "register_value": 0,
    "meter_reading": "0",
    "meter_iot_topic": "meter/electricity/control",
}


def make(path: Path, schema: Mapping[str, str], rows: Mapping[str, Rows]) -> Path:
    """Write a database of this schema with these rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, columns in schema.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
        fill(connection, rows)
    return path


def fill(connection: sqlite3.Connection, rows: Mapping[str, Rows]) -> None:
    """Add rows."""
    for table, those in rows.items():
        for row in those:
            marks = ", ".join("?" for _ in row)
            connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - tests' own names


def read(path: Path, schema: Mapping[str, str], rows: Mapping[str, Rows]) -> LegacyConfig:
    """Write a database and read it."""
    return read_database(make(path, schema, rows))


def door(**more: object) -> dict[str, object]:
    """Return a row of an input, not customised."""
    return {"id": 1, "device_key": "Front Door", "device_type": "contact", "device_label": "Front Door", **more}


def siren(**more: object) -> dict[str, object]:
    """Return a row of an output, not customised."""
    return {"id": 1, "device_key": "Garage Siren", "device_type": "Siren", "device_label": "Siren", **more}


def carry_out(wanted: Plan, state: State) -> None:
    """Let the engine have everything that was planned."""
    for event in wanted.events:
        state.apply(perform(state, event).changes)


def imported(legacy: LegacyConfig, state: State | None = None) -> State:
    """Return a state after the import, which a second one does not change."""
    state = State() if state is None else state
    carry_out(plan(legacy, state), state)
    assert plan(legacy, state).changes == ()
    return state


def texts(wanted: Plan, kind: Kind | None = None) -> list[str]:
    """Return what a plan says it does."""
    return [change.text for change in wanted.changes if change.text and kind in (None, change.kind)]


def left_out(wanted: Plan) -> str:
    """Return everything that a plan says cannot be done."""
    return "\n".join(each.text for each in wanted.left_out)
