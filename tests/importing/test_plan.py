from pathlib import Path
from typing import Any

import pytest

from custom_components.event_hub.engine.events import EnabledSet, InputAdopted, InputExpected, OutputExpected, RuleSet
from custom_components.event_hub.engine.meters import Reading, outside_limits, scale
from custom_components.event_hub.engine.model import EXPECTED_SOURCE, PANIC_KEY, REPORT_KEY, InputRecord, InputRule
from custom_components.event_hub.engine.times.schedules import Schedule, Span
from custom_components.event_hub.importing.plan import plan
from custom_components.event_hub.importing.planner import Kind
from custom_components.event_hub.wire.messages import InputReport, OutputReport
from tests.engine.kit import Engine

from .kit import LATER, METER, OF_2023, SCHEDULER_ON, Rows, carry_out, door, imported, left_out, read, siren, texts

LINK = {"id": 1, "input_device_id": 1, "output_device_id": 1}
NIGHT = {"auto_schedule": 1, "auto_schedule_enable": "22:30", "auto_schedule_disable": "05:30"}
NIGHT_SCHEDULE = Schedule(spans=(Span(enable_at=81_000, disable_at=19_800),))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return tmp_path / "old.db"


@pytest.fixture
def home() -> Engine:
    """Return a hub that knows the door and the siren."""
    engine = Engine()
    engine.report(
        InputReport(device_key="Front Door", active=None, label="Front Door"),
        outputs=(OutputReport(device_key="Garage Siren", label="Siren", params="5"),),
    )
    return engine


@pytest.mark.parametrize(
    ("schema", "columns", "rule"),
    [
        (OF_2023, {}, InputRule()),
        (OF_2023, {"activation_interval": 120}, InputRule(latch=120.0)),
        (OF_2023, {"multi_trigger": 1}, InputRule(confirm_count=2, confirm_within=10.0)),
        (OF_2023, {"multi_trigger": 0, "info_notify": 1}, InputRule(informational=True)),
        (LATER, {}, InputRule()),
        (LATER, {"trigger_latch_duration": 0}, InputRule(latch=0.0)),
        (
            LATER,
            {"multi_trigger_rate": 3, "multi_trigger_interval": 20},
            InputRule(confirm_count=3, confirm_within=20.0),
        ),
        (LATER, {"activation_escalation": 600}, InputRule(escalate_after=600.0)),
    ],
)
def test_the_rule_is_what_was_set_and_the_hubs_where_nothing_was(
    old: Path, home: Engine, schema: dict[str, str], columns: dict[str, Any], rule: InputRule
) -> None:
    state = imported(read(old, schema, {"input_config": [door(**columns)]}), home.state)
    assert state.inputs["Front Door"].rule == rule


@pytest.mark.parametrize(
    ("schema", "columns", "rule"),
    [
        (LATER, {}, InputRule()),
        (LATER, {"meter_reading_unit": "kWh"}, InputRule(unit="kWh")),
        (
            LATER,
            {"meter_reading_unit_factor": 1000, "meter_reading_unit_precision": 3, "meter_low_limit": 29},
            InputRule(factor=0.001, precision=3, low=0.029),
        ),
        (LATER, {"meter_low_limit": 0, "meter_high_limit": 5}, InputRule(low=0.0, high=5.0)),
        (OF_2023, {"meter_low_limit": 0, "meter_high_limit": 5}, InputRule(high=5.0)),
        (LATER, {"meter_reading_unit_precision": 9}, InputRule(precision=6)),
    ],
)
def test_a_meter_reads_as_it_did(
    old: Path, home: Engine, schema: dict[str, str], columns: dict[str, Any], rule: InputRule
) -> None:
    rows: dict[str, Rows] = {"input_config": [door(device_type="meter")], "meter_config": [{**METER, **columns}]}
    state = imported(read(old, schema, rows), home.state)
    assert state.inputs["Front Door"].rule == rule


@pytest.mark.parametrize("count", [3, 7, 29, 1_499, 1_500, 999_999])
@pytest.mark.parametrize("factor", [1, 10, 1_000, 1_000_000])
def test_a_count_at_its_limit_is_within_and_the_next_is_not(old: Path, home: Engine, count: int, factor: int) -> None:
    columns = {"meter_reading_unit_factor": factor, "meter_reading_unit_precision": 6, "meter_low_limit": count}
    rows: dict[str, Rows] = {"input_config": [door(device_type="meter")], "meter_config": [{**METER, **columns}]}
    rule = imported(read(old, LATER, rows), home.state).inputs["Front Door"].rule
    readings = [Reading(value=None, register=scale(rule, each), is_meter=True) for each in (count, count - 1)]
    outside = [outside_limits(rule, reading) for reading in readings]
    assert outside == [False, True]


def test_limits_that_contradict_each_other_are_left_out_and_the_rest_of_the_rule_is_not(
    old: Path, home: Engine
) -> None:
    columns = {"meter_low_limit": 9, "meter_high_limit": 5, "meter_reading_unit": "l"}
    rows: dict[str, Rows] = {"input_config": [door(device_type="meter")], "meter_config": [{**METER, **columns}]}
    legacy = read(old, LATER, rows)
    assert "below the high limit" in left_out(plan(legacy, home.state))
    assert imported(legacy, home.state).inputs["Front Door"].rule == InputRule(unit="l")


def test_what_of_a_meter_is_another_way_here_is_said(old: Path, home: Engine) -> None:
    columns = {"meter_reset_value": 500, "meter_reset_additive": 1, "meter_reading_unit_precision": 0}
    limits = {"meter_reading_unit_factor": 1_000, "meter_low_limit": 1_400}
    rows: dict[str, Rows] = {
        "input_config": [door(device_type="meter")],
        "meter_config": [{**METER, **columns, **limits}],
    }
    said = left_out(plan(read(old, LATER, rows), home.state))
    for words in ("its topic is not needed", "500 was added to its register", "show more decimals"):
        assert words in said


def test_a_schedule_counts_every_day_and_decides_what_is_on(old: Path, home: Engine) -> None:
    rows: dict[str, Rows] = {
        "input_config": [door(device_enabled=0, **NIGHT)],
        "output_config": [siren(**NIGHT)],
        **SCHEDULER_ON,
    }
    legacy = read(old, LATER, rows)
    wanted = plan(legacy, home.state)
    assert texts(wanted, Kind.SCHEDULE) == [
        "“Front Door” is scheduled: on at 22:30, off at 05:30 every day",
        "“Garage Siren” is scheduled: on at 22:30, off at 05:30 every day",
    ]
    assert texts(wanted, Kind.ENABLED) == []
    state = imported(legacy, home.state)
    assert state.inputs["Front Door"].schedule == state.outputs["Garage Siren"].schedule == NIGHT_SCHEDULE


def test_schedules_that_were_switched_off_do_not_begin_to_count(old: Path, home: Engine) -> None:
    wanted = plan(read(old, LATER, {"input_config": [door(**NIGHT, device_enabled=1)]}), home.state)
    assert "schedules were switched off" in left_out(wanted)
    assert texts(wanted) == ["“Front Door” gets the type “contact”", "“Front Door” is switched on"]


def test_a_schedule_that_is_on_and_off_at_once_is_left_out(old: Path, home: Engine) -> None:
    times = {"auto_schedule": 1, "auto_schedule_enable": "07:00", "auto_schedule_disable": "07:00"}
    wanted = plan(read(old, OF_2023, {"input_config": [door(**times)]}), home.state)
    assert "on and off at the same time" in left_out(wanted)


@pytest.mark.parametrize(("stored", "enabled"), [(1, True), (0, False), (None, True)])
def test_what_was_never_switched_stays_as_it_is(old: Path, home: Engine, stored: object, enabled: bool) -> None:
    home.post(EnabledSet(inputs=("Front Door",)))
    legacy = read(old, LATER, {"input_config": [door(device_enabled=stored)]})
    assert imported(legacy, home.state).inputs["Front Door"].enabled is enabled


def test_outputs_of_2023_were_always_on(old: Path, home: Engine) -> None:
    assert imported(read(old, OF_2023, {"output_config": [siren()]}), home.state).outputs["Garage Siren"].enabled


def test_an_outputs_options_are_taken_over_and_its_parameters_not_told(old: Path, home: Engine) -> None:
    row = siren(device_params="30", trigger_topic="Event.Trigger.Garage", trigger_interval=15, device_enabled=1)
    legacy = read(old, LATER, {"output_config": [row]})
    record = imported(legacy, home.state).outputs["Garage Siren"]
    assert (record.params, record.trigger_topic, record.interval) == ("30", "event.trigger.garage", 15.0)
    assert "30" not in "".join(texts(plan(legacy, Engine().state)))


def test_what_the_device_says_itself_is_not_set(old: Path, home: Engine) -> None:
    row = siren(device_params="5", trigger_topic="event.trigger.ioboard")
    record = imported(read(old, LATER, {"output_config": [row]}), home.state).outputs["Garage Siren"]
    assert (record.params, record.trigger_topic) == (None, None)


def test_parameters_that_the_device_would_die_of_are_left_out_and_not_told(old: Path, home: Engine) -> None:
    legacy = read(old, LATER, {"output_config": [siren(device_params="user:secret@host", trigger_interval=3)]})
    said = left_out(plan(legacy, home.state))
    assert "number of seconds" in said
    assert "secret" not in said
    record = imported(legacy, home.state).outputs["Garage Siren"]
    assert (record.params, record.interval) == (None, 3.0)


def test_links_are_added_to_those_there_are(old: Path, home: Engine) -> None:
    home.output("Lamp")
    home.link("Front Door", "Lamp")
    legacy = read(old, LATER, {"input_config": [door()], "output_config": [siren()], "output_link": [LINK]})
    assert texts(plan(legacy, home.state), Kind.LINKS) == ["“Front Door” triggers “Garage Siren”"]
    assert imported(legacy, home.state).inputs["Front Door"].links == ("Lamp", "Garage Siren")


def test_the_panic_and_dash_buttons_are_the_hubs_own_and_keep_their_links(old: Path, home: Engine) -> None:
    rows: dict[str, Rows] = {
        "input_config": [
            door(device_key="App Panic Button", device_type="Panic Button", device_enabled=0),
            door(id=2, device_key="App Dash Button", device_type="Dash Button"),
        ],
        "output_config": [siren()],
        "output_link": [LINK, {**LINK, "id": 2, "input_device_id": 2}],
    }
    state = imported(read(old, LATER, rows), home.state)
    assert state.inputs[PANIC_KEY].links == state.inputs[REPORT_KEY].links == ("Garage Siren",)
    assert state.inputs[PANIC_KEY].enabled
    assert "App Panic Button" not in state.inputs


def test_messages_to_people_are_no_output(old: Path, home: Engine) -> None:
    rows: dict[str, Rows] = {
        "input_config": [door()],
        "output_config": [siren(device_key="SMS", device_type="SMS")],
        "output_link": [LINK],
    }
    legacy = read(old, LATER, rows)
    assert "notifications" in left_out(plan(legacy, home.state))
    assert "SMS" not in imported(legacy, home.state).outputs


def test_links_between_inputs_had_no_effect_and_get_none(old: Path, home: Engine) -> None:
    rows: dict[str, Rows] = {
        "input_config": [door(), door(id=2, device_key="Back Door")],
        "input_link": [{"id": 1, "input_device_id": 1, "linked_device_id": 2}],
    }
    wanted = plan(read(old, LATER, rows), home.state)
    assert "“Front Door” and “Back Door” were linked, which had no effect" in left_out(wanted)
    assert texts(wanted, Kind.GROUP) == []


def test_how_long_outputs_stayed_on_in_2023_is_said(old: Path, home: Engine) -> None:
    rows: dict[str, Rows] = {
        "input_config": [door(activation_interval=90)],
        "output_config": [siren()],
        "output_link": [LINK],
    }
    assert "stay on for 90 s" in left_out(plan(read(old, OF_2023, rows), home.state))


def test_devices_that_have_not_reported_are_set_up_in_full(old: Path) -> None:
    rows: dict[str, Rows] = {
        "input_config": [door(device_enabled=1, trigger_latch_duration=30, group_name="Hall")],
        "output_config": [siren(device_enabled=1, device_params="30")],
        "output_link": [LINK],
    }
    state = imported(read(old, LATER, rows), Engine().state)
    record = state.inputs["Front Door"]
    assert (record.source_id, record.enabled, record.group) == (EXPECTED_SOURCE.source_id, True, "Hall")
    assert (record.rule.latch, record.links) == (30.0, ("Garage Siren",))
    assert (state.outputs["Garage Siren"].enabled, state.outputs["Garage Siren"].params) == (True, "30")


def test_a_group_is_given_to_a_device_that_names_none_and_to_no_other(old: Path, home: Engine) -> None:
    home.input("Back Door", group="Garden")
    rows: dict[str, Rows] = {
        "input_config": [door(group_name="Hall"), door(id=2, device_key="Back Door", group_name="Hall")]
    }
    legacy = read(old, LATER, rows)
    assert "stays in the group “Garden”" in left_out(plan(legacy, home.state))
    state = imported(legacy, home.state)
    assert (state.inputs["Front Door"].group, state.inputs["Back Door"].group) == ("Hall", "Garden")


def test_an_adopted_entity_is_not_taken_for_a_device_of_the_same_key(old: Path, home: Engine) -> None:
    record = InputRecord(key="Garage Siren 2", source_id="", entity_id="binary_sensor.garage")
    home.post(InputAdopted(record=record))
    legacy = read(old, LATER, {"output_config": [siren(device_key="Garage Siren 2")]})
    assert "another device has it" in left_out(plan(legacy, home.state))
    assert "Garage Siren 2" not in imported(legacy, home.state).outputs


def test_planning_changes_nothing(old: Path, home: Engine) -> None:
    rows: dict[str, Rows] = {
        "input_config": [door(device_enabled=1, trigger_latch_duration=9)],
        "output_config": [siren()],
    }
    before = (dict(home.state.inputs), dict(home.state.outputs), dict(home.state.sources))
    assert plan(read(old, LATER, rows), home.state).changes != ()
    assert (home.state.inputs, home.state.outputs, home.state.sources) == before


def test_what_people_changed_since_is_planned_again_and_nothing_else(old: Path, home: Engine) -> None:
    rows: dict[str, Rows] = {
        "input_config": [door(device_enabled=1, trigger_latch_duration=30)],
        "output_config": [siren()],
        "output_link": [LINK],
    }
    legacy = read(old, LATER, rows)
    carry_out(plan(legacy, home.state), home.state)
    home.post(RuleSet(input_key="Front Door", rule=InputRule(latch=45.0)))
    assert texts(plan(legacy, home.state)) == ["“Front Door” gets the rule: latch 30 s (was 45 s)"]


def test_every_event_of_a_plan_is_taken_by_the_engine_itself(old: Path, home: Engine) -> None:
    rows: dict[str, Rows] = {
        "input_config": [door(device_type=None, device_enabled=1, trigger_latch_duration=30, info_notify=1, **NIGHT)],
        "output_config": [siren(device_type="x", trigger_interval=5, device_enabled=1)],
        "output_link": [LINK],
        **SCHEDULER_ON,
    }
    untyped = LATER["input_config"].replace("device_type VARCHAR(100) NOT NULL", "device_type")
    schema = {**LATER, "input_config": untyped}
    wanted = plan(read(old, schema, rows), home.state)
    posted = [event for event in wanted.events if not isinstance(event, InputExpected | OutputExpected)]
    for event in posted:
        home.post(event)
    assert len(posted) == 5
    record = home.state.inputs["Front Door"]
    assert (record.rule.latch, record.rule.informational, record.schedule) == (30.0, True, NIGHT_SCHEDULE)
