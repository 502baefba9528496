"""Devices that are set up before they report."""

from contextlib import suppress
from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.model import Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.effects import DevicesFound, KeyConflict, ParamsRefused, SendCommand
from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.events import (
    EnabledSet,
    Forgotten,
    InputAdopted,
    InputExpected,
    OutputAdopted,
    OutputExpected,
    PartitionSet,
    RuleSet,
    ScheduleSet,
)
from custom_components.event_hub.engine.model import (
    ADOPTED_SOURCE,
    EXPECTED_SOURCE,
    PANIC_KEY,
    REPORT_KEY,
    InputRecord,
    InputRule,
    OutputRecord,
)
from custom_components.event_hub.engine.times.schedules import Schedule, Span
from custom_components.event_hub.wire.messages import Dialect, InputReport, OutputReport, ReportKind, Transport

from .kit import Engine, only, reasons, source


def an_input(key: str = "Door", **described: str) -> InputExpected:
    return InputExpected(record=InputRecord(key=key, source_id="", enabled=True, **described))  # type: ignore[arg-type] # texts only


def an_output(key: str = "Siren", **described: str) -> OutputExpected:
    return OutputExpected(record=OutputRecord(key=key, source_id="", interval=9.0, **described))  # type: ignore[arg-type] # texts only


def test_an_expected_device_is_described_and_otherwise_as_a_new_one() -> None:
    engine = Engine()
    engine.post(an_input(label="Front Door", group="Hall"))
    engine.post(an_output(type="siren"))
    owner = EXPECTED_SOURCE.source_id
    assert engine.state.inputs["Door"] == InputRecord(key="Door", source_id=owner, label="Front Door", group="Hall")
    assert engine.state.outputs["Siren"] == OutputRecord(key="Siren", source_id=owner, type="siren")
    assert engine.state.source_devices[owner] == ("Door", "Siren")


def test_of_a_known_device_only_what_it_does_not_say_is_filled_in() -> None:
    engine = Engine()
    engine.report(InputReport(device_key="Door", active=None, label="Own label"))
    engine.post(an_input(label="Other label", group="Hall"))
    record = engine.state.inputs["Door"]
    assert (record.label, record.group) == ("Own label", "Hall")
    assert (record.source_id, record.enabled) == ("ioboard.board", False)


def test_a_known_input_is_expected_as_an_output_of_the_same_source() -> None:
    engine = Engine()
    engine.report(InputReport(device_key="Camera", active=None))
    engine.post(an_output("Camera"))
    assert engine.state.outputs["Camera"].source_id == "ioboard.board"


@pytest.mark.parametrize("key", ["", " ", "a\x00", "x" * 256])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidRuleError):
        Engine().post(an_input(key))


def test_the_hubs_own_devices_are_neither_described_nor_made_outputs() -> None:
    engine = Engine()
    before = engine.state.inputs[PANIC_KEY]
    engine.post(an_input(PANIC_KEY, group="Hall"))
    assert engine.state.inputs[PANIC_KEY] == before
    with pytest.raises(InvalidRuleError):
        engine.post(an_output(PANIC_KEY))


def test_an_adopted_entity_is_not_made_an_output() -> None:
    engine = Engine()
    engine.post(InputAdopted(record=InputRecord(key="Lamp", source_id="", entity_id="light.lamp")))
    with pytest.raises(InvalidRuleError):
        engine.post(an_output("Lamp"))


def test_a_device_that_gets_into_a_group_follows_the_groups_schedule() -> None:
    engine = Engine()
    engine.input("Window", group="Hall")
    engine.post(ScheduleSet(groups=("Hall",), schedule=Schedule(spans=(Span(disable_at=0),))))
    engine.input("Door", enabled=True)
    engine.post(an_input(group="Hall"))
    assert not engine.state.inputs["Door"].enabled


CAMERA = "me:secret@yard:80"


def an_expected_camera(**options: str) -> Engine:
    """Return a hub that expects a camera, linked to itself."""
    engine = Engine()
    engine.post(an_input("Camera", label="Yard"))
    engine.post(an_output("Camera", label="Yard"))
    engine.post(EnabledSet(inputs=("Camera",), outputs=("Camera",)))
    engine.post(RuleSet(input_key="Camera", rule=InputRule(latch=5.0)))
    engine.link("Camera", "Camera")
    if options:
        engine.options("Camera", **options)
    return engine


def test_the_first_source_that_reports_a_device_gets_it_as_it_was_set_up() -> None:
    engine = an_expected_camera()
    effects = engine.active("Camera")
    assert reasons(effects) == ["triggered"]
    owner = "ioboard.board"
    assert (engine.state.inputs["Camera"].source_id, engine.state.outputs["Camera"].source_id) == (owner, owner)
    assert (engine.state.inputs["Camera"].rule.latch, engine.state.inputs["Camera"].label) == (5.0, "Yard")
    assert only(effects, SendCommand).command.source.source_id == owner
    assert engine.state.source_devices == {"event_hub": (PANIC_KEY, REPORT_KEY), owner: ("Camera",)}
    assert EXPECTED_SOURCE.source_id not in engine.state.sources


def test_an_expected_device_that_comes_is_not_told_as_a_new_one() -> None:
    engine = an_expected_camera()
    effects = engine.report(
        InputReport(device_key="Camera"), outputs=[OutputReport(device_key="Camera")], kind=ReportKind.HEARTBEAT
    )
    assert not [effect for effect in effects if isinstance(effect, DevicesFound | KeyConflict)]


def test_a_device_that_came_is_refused_to_the_next_source() -> None:
    engine = an_expected_camera()
    engine.active("Camera")
    other = source("impostor")
    effects = engine.report(InputReport(device_key="Camera", active=True), by=other)
    assert only(effects, KeyConflict).owner_id == "ioboard.board"


def test_the_others_are_expected_on() -> None:
    engine = an_expected_camera()
    engine.post(an_input("Door"))
    engine.active("Camera")
    assert engine.state.source_devices[EXPECTED_SOURCE.source_id] == ("Door",)
    assert engine.state.inputs["Door"].source_id == EXPECTED_SOURCE.source_id


@pytest.mark.parametrize("by_heartbeat", [True, False])
def test_parameters_that_the_device_would_not_take_are_removed_and_that_is_told(by_heartbeat: bool) -> None:
    engine = an_expected_camera(params=CAMERA)
    if by_heartbeat:
        effects = engine.report(outputs=[OutputReport(device_key="Camera", params="3")], kind=ReportKind.HEARTBEAT)
    else:
        effects = engine.active("Camera")
    refused = only(effects, ParamsRefused)
    assert refused.output_key == "Camera"
    assert "secret" not in refused.problem
    assert engine.state.outputs["Camera"].params is None


def test_parameters_that_it_takes_stay() -> None:
    engine = an_expected_camera(params=CAMERA)
    effects = engine.report(InputReport(device_key="Camera", active=True), by=source("yard", "snapshot"))
    assert not [effect for effect in effects if isinstance(effect, ParamsRefused)]
    assert only(effects, SendCommand).command.output.params == CAMERA


@pytest.mark.parametrize(
    ("transport", "topic", "kept"),
    [
        (Transport.AMQP, "event.trigger.yard", True),
        (Transport.MQTT, "event.trigger.yard", False),
        (Transport.MQTT, "yard/command", True),
        (Transport.MQTT, "yard/#", False),
        pytest.param(Transport.AMQP, "ü" * 200, False, id="too long"),
    ],
)
def test_a_topic_is_kept_where_its_broker_is_the_device_s(transport: Transport, topic: str, kept: bool) -> None:
    engine = an_expected_camera(trigger_topic=topic)
    by = replace(source(dialect=Dialect.NATIVE), transport=transport)
    engine.report(outputs=[OutputReport(device_key="Camera")], by=by, kind=ReportKind.HEARTBEAT)
    assert engine.state.outputs["Camera"].source_id == by.source_id
    assert engine.state.outputs["Camera"].trigger_topic == (topic if kept else None)


def test_an_expected_device_may_be_an_entity_of_home_assistant_after_all() -> None:
    engine = Engine()
    engine.post(an_input("Door", label="Front"))
    record = replace(engine.state.inputs["Door"], entity_id="binary_sensor.door", enabled=True)
    engine.post(InputAdopted(record=record))
    assert engine.state.inputs["Door"].source_id == ADOPTED_SOURCE.source_id
    assert engine.state.source_devices[ADOPTED_SOURCE.source_id] == ("Door",)
    assert EXPECTED_SOURCE.source_id not in engine.state.sources


def test_an_expected_output_may_be_an_action_of_home_assistant_after_all() -> None:
    engine = Engine()
    engine.post(an_output("Siren"))
    engine.post(OutputAdopted(record=engine.adopt_output("Siren")))
    assert engine.state.outputs["Siren"].source_id == ADOPTED_SOURCE.source_id
    assert EXPECTED_SOURCE.source_id not in engine.state.sources


def test_expected_devices_are_never_lost_and_can_be_forgotten() -> None:
    engine = an_expected_camera()
    assert engine.wait(100_000) == ()
    engine.post(Forgotten(sources=(EXPECTED_SOURCE.source_id,)))
    assert "Camera" not in engine.state.inputs
    assert "Camera" not in engine.state.outputs


def test_a_device_is_expected_on_after_a_restart() -> None:
    engine = an_expected_camera()
    engine.restart(3600)
    assert reasons(engine.active("Camera")) == ["triggered"]


def test_an_expected_zone_is_watched_once_it_reports() -> None:
    engine = an_expected_camera()
    house = Partition(partition_id="house", name="House", zones={"Camera": Zone(kind=ZoneKind.ALWAYS)})
    engine.post(PartitionSet(partition=house))
    engine.active("Camera")
    assert engine.state.alarm["house"].phase is Phase.TRIGGERED


@given(
    st.lists(st.tuples(st.sampled_from(["expect in", "expect out", "a", "b", "adopt in", "forget"]), st.integers(0, 2)))
)
def test_a_key_has_one_owner_and_every_owner_is_there(steps: list[tuple[str, int]]) -> None:
    engine = Engine()
    for what, number in steps:
        key = f"Device {number}"
        with suppress(InvalidRuleError):
            match what:
                case "expect in":
                    engine.post(an_input(key))
                case "expect out":
                    engine.post(an_output(key))
                case "adopt in":
                    engine.post(InputAdopted(record=InputRecord(key=key, source_id="", entity_id="binary_sensor.a")))
                case "forget":
                    engine.post(Forgotten(keys=(key,)))
                case name:
                    engine.report(InputReport(device_key=key, active=True), by=source(name))
    state = engine.state
    owners = {key: record.source_id for key, record in state.inputs.items()}
    assert all(owners.get(key, record.source_id) == record.source_id for key, record in state.outputs.items())
    owners |= {key: record.source_id for key, record in state.outputs.items()}
    listed = {key: owner for owner, keys in state.source_devices.items() for key in keys}
    assert owners == listed
    assert set(owners.values()) <= state.sources.keys()
    assert sum(map(len, state.source_devices.values())) == len(owners)
