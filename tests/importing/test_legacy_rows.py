from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.state import State
from custom_components.event_hub.importing.legacy_model import LegacyConfig, LegacyInput, RawTable, Times
from custom_components.event_hub.importing.legacy_rows import NO_TEXT, read_tables
from custom_components.event_hub.importing.plan import plan

from .kit import METER, door, imported, siren

LATER_COLUMN = "trigger_latch_duration"


def tables(**rows: list[dict[str, Any]]) -> dict[str, RawTable]:
    """Return raw tables of the later columns."""
    return {
        name: RawTable(columns=frozenset({LATER_COLUMN, "device_enabled"}).union(*those), rows=tuple(those))
        for name, those in rows.items()
    }


_NIGHT = Times(enable_at=81_000, disable_at=18_000)


def read_input(**columns: object) -> LegacyConfig:
    """Read one input."""
    return read_tables(tables(input_config=[door(**columns)]))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("device_label", b"\x00"),
        ("device_label", 5),
        ("device_label", "a\nb"),
        ("group_name", "x" * 256),
        ("device_enabled", 2),
        ("device_enabled", "yes"),
        ("trigger_latch_duration", -1),
        ("trigger_latch_duration", 86_401),
        ("trigger_latch_duration", "60 s"),
        ("trigger_latch_duration", 2.5),
        ("activation_escalation", 0),
        ("info_notify", b""),
    ],
)
def test_an_odd_value_is_said_with_its_place_and_not_taken_over(column: str, value: object) -> None:
    found = read_input(**{column: value})
    (problem,) = found.problems
    assert (problem.table, problem.row, problem.column) == ("input_config", 1, column)
    name = {"device_label": "label", "group_name": "group", "device_enabled": "enabled", "info_notify": "informational"}
    field = name.get(column, {"activation_escalation": "escalate_after"}.get(column, "latch"))
    assert getattr(found.inputs[0], field) is None


@pytest.mark.parametrize("value", [None, "", "  "])
def test_text_that_is_empty_was_not_set(value: object) -> None:
    found = read_input(device_label=value, group_name=value)
    assert (found.inputs[0].label, found.inputs[0].group, found.problems) == (None, None, ())


@pytest.mark.parametrize("key", [None, "", " ", 7, b"Door", "x" * 256, "a\x00b", NO_TEXT])
def test_a_row_without_a_key_is_left_out_and_the_others_stay(key: object) -> None:
    found = read_tables(tables(input_config=[door(device_key=key), door(id=2, device_key="Back Door")]))
    assert [each.key for each in found.inputs] == ["Back Door"]
    assert [(each.row, each.column) for each in found.problems] == [(1, "device_key")]


def test_the_first_of_two_rows_with_the_same_key_counts() -> None:
    found = read_tables(tables(input_config=[door(device_enabled=1), door(id=2, device_enabled=0)]))
    assert [each.enabled for each in found.inputs] == [True]
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    ("columns", "times"),
    [
        ({"auto_schedule_enable": "22:30", "auto_schedule_disable": "5:00"}, _NIGHT),
        ({"auto_schedule_enable": "22:30", "auto_schedule_disable": ""}, Times(enable_at=81_000)),
        ({"auto_schedule_enable": None, "auto_schedule_disable": "05:30"}, Times(disable_at=19_800)),
        ({"auto_schedule_enable": "25:00", "auto_schedule_disable": "05:30"}, Times(disable_at=19_800)),
        ({"auto_schedule_enable": "", "auto_schedule_disable": None}, None),
    ],
)
def test_times_are_read_where_the_schedule_was_on(columns: dict[str, object], times: Times | None) -> None:
    assert read_input(auto_schedule=1, **columns).inputs[0].times == times
    assert read_input(auto_schedule=None, **columns).inputs[0].times is None


def test_a_count_without_an_interval_had_no_effect_and_has_none() -> None:
    found = read_input(multi_trigger_rate=3, multi_trigger_interval=None)
    assert (found.inputs[0].confirm_count, found.inputs[0].confirm_within) == (None, None)
    assert len(found.problems) == 1


def test_rows_about_devices_that_are_not_there_are_left_out() -> None:
    found = read_tables(
        tables(
            input_config=[door()],
            output_config=[siren()],
            output_link=[
                {"id": 1, "input_device_id": 1, "output_device_id": 1},
                {"id": 2, "input_device_id": 1, "output_device_id": 9},
                {"id": 3, "input_device_id": "1", "output_device_id": 1},
            ],
            meter_config=[{**METER, "input_device_id": 9}],
        )
    )
    assert found.links == (("Front Door", "Garage Siren"),)
    assert [(each.table, each.row) for each in found.problems] == [
        ("output_link", 2),
        ("output_link", 3),
        ("meter_config", 1),
    ]


@pytest.mark.parametrize(
    ("value", "follows"), [("1", True), ("True", True), ("0", False), ("False", False), ("maybe", False), (None, False)]
)
def test_schedules_were_followed_where_that_was_switched_on(value: object, follows: bool) -> None:
    rows = [] if value is None else [{"id": 1, "config_key": "auto-scheduler", "config_value": value}]
    found = read_tables(tables(input_config=[door()], general_config=rows))
    assert found.follows_times is follows
    assert bool(found.problems) is (value == "maybe")


ODD = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 3),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=4),
    st.sampled_from(["22:30", "05:30", "1", "60", "Panic Button", "SMS", "meter", "Front Door"]),
)
COLUMNS = {
    "input_config": (
        *("id", "device_key", "device_type", "device_label", "device_enabled", "group_name", "info_notify"),
        *("auto_schedule", "auto_schedule_enable", "auto_schedule_disable", "activation_interval", "multi_trigger"),
        *("trigger_window", "trigger_latch_duration", "multi_trigger_rate", "multi_trigger_interval"),
        "activation_escalation",
    ),
    "output_config": (
        *("id", "device_key", "device_type", "device_label", "device_params", "trigger_topic", "trigger_interval"),
        *("device_enabled", "auto_schedule", "auto_schedule_enable", "auto_schedule_disable"),
    ),
    "input_link": ("id", "input_device_id", "linked_device_id"),
    "output_link": ("id", "input_device_id", "output_device_id"),
    "meter_config": (
        *("id", "input_device_id", "meter_iot_topic", "meter_low_limit", "meter_high_limit", "meter_reset_value"),
        *("meter_reset_additive", "meter_reading_unit", "meter_reading_unit_factor", "meter_reading_unit_precision"),
    ),
    "general_config": ("id", "config_key", "config_value"),
}


@st.composite
def databases(draw: st.DrawFn) -> dict[str, RawTable]:
    """Draw tables with any of the columns, in which anything may stand."""
    found = {}
    for name, columns in COLUMNS.items():
        there = draw(st.lists(st.sampled_from(columns), unique=True))
        row = st.fixed_dictionaries(dict.fromkeys(there, ODD))
        found[name] = RawTable(columns=frozenset(there), rows=tuple(draw(st.lists(row, max_size=4))))
    return found


@given(databases())
@settings(max_examples=120, deadline=None)
def test_whatever_stands_in_the_rows_a_plan_is_made_and_works_and_a_second_plans_nothing(
    found: dict[str, RawTable],
) -> None:
    legacy = read_tables(found)
    state = imported(legacy)
    assert {each.key for each in legacy.inputs if (each.type or "").lower() not in ("panic button", "dash button")} <= {
        *state.inputs,
        *(each.about for each in plan(legacy, State()).left_out),
    }


@given(databases())
@settings(max_examples=40, deadline=None)
def test_whatever_is_read_was_set_within_its_limits(found: dict[str, RawTable]) -> None:
    for each in read_tables(found).inputs:
        assert isinstance(each, LegacyInput)
        assert each.latch is None or 0 <= each.latch <= 86_400
        assert (each.confirm_count is None) == (each.confirm_within is None)
