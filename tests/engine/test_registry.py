"""Devices come by themselves and stay with their source (behaviour.md, 1)."""

import pytest

from custom_components.event_hub.engine import registry
from custom_components.event_hub.engine.effects import DevicesFound, KeyConflict, RegistryFull
from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.events import EnabledSet, Forgotten, InputAdopted, Linked, OutputAdopted
from custom_components.event_hub.engine.model import InputRecord
from custom_components.event_hub.wire.messages import (
    Dialect,
    InputReport,
    MeterReading,
    OutputReport,
    ReportKind,
    Transport,
)

from .kit import Engine, only, reasons, sent, source


def test_a_heartbeat_registers_a_source_with_its_devices() -> None:
    engine = Engine()
    effects = engine.report(
        InputReport(device_key="Door", label="Front", type="Contact"),
        outputs=[OutputReport(device_key="Siren", params="5")],
        kind=ReportKind.HEARTBEAT,
    )
    assert only(effects, DevicesFound) == DevicesFound(inputs=("Door",), outputs=("Siren",))
    assert engine.state.source_devices["ioboard.board"] == ("Door", "Siren")
    assert engine.state.inputs["Door"].label == "Front"
    assert engine.state.outputs["Siren"].advertised_params == "5"


def test_a_known_device_is_found_once() -> None:
    engine = Engine()
    engine.active("Door")
    assert not [effect for effect in engine.active("Door") if isinstance(effect, DevicesFound)]


def test_a_device_may_be_input_and_output_at_once() -> None:
    engine = Engine()
    engine.report(InputReport(device_key="Camera"), outputs=[OutputReport(device_key="Camera")])
    assert engine.state.source_devices["ioboard.board"] == ("Camera",)
    assert "Camera" in engine.state.inputs
    assert "Camera" in engine.state.outputs


def test_a_known_input_reported_under_another_origin_is_refused_for_that_origin_once() -> None:
    engine = Engine()
    engine.input("Door")
    other = source("impostor")
    report = InputReport(device_key="Door", active=True, label="Mine")
    first = engine.report(report, InputReport(device_key="Gate"), by=other)
    again = engine.report(report, by=other)
    conflict = KeyConflict(device_key="Door", owner_id="ioboard.board", source_id="ioboard.impostor")
    assert only(first, KeyConflict) == conflict
    assert "Gate" in engine.state.inputs
    assert again == ()
    assert engine.state.inputs["Door"].label is None
    assert reasons(engine.active("Door")) == ["triggered"]


def test_a_description_updates_and_what_is_not_said_stays() -> None:
    engine = Engine()
    engine.report(InputReport(device_key="Door", label="Front", location="Hall"))
    engine.report(InputReport(device_key="Door", label="Main"))
    assert (engine.state.inputs["Door"].label, engine.state.inputs["Door"].location) == ("Main", "Hall")


def test_what_a_device_has_shown_is_remembered() -> None:
    engine = Engine()
    engine.report(InputReport(device_key="Camera", image=b"\xff\xd8\xff", value=1.0))
    record = engine.state.inputs["Camera"]
    assert (record.has_image, record.has_value, record.is_meter) == (True, True, False)


def test_the_camera_programs_events_belong_to_its_bare_heartbeat() -> None:
    engine = Engine()
    bare, named = source("", "snapshot"), source("yard", "snapshot")
    engine.report(InputReport(device_key="Yard Camera"), by=bare, kind=ReportKind.HEARTBEAT)
    effects = engine.report(InputReport(device_key="Yard Camera", active=True, image=b"x"), by=named)
    assert reasons(effects) == ["disabled"]
    assert "snapshot.yard" not in engine.state.sources


def test_a_camera_seen_before_its_heartbeat_moves_to_it() -> None:
    engine = Engine()
    bare, named = source("", "snapshot"), source("yard", "snapshot")
    engine.report(InputReport(device_key="Yard Camera", active=True), by=named)
    engine.post(EnabledSet(inputs=("Yard Camera",)))
    engine.report(InputReport(device_key="Yard Camera"), by=bare, kind=ReportKind.HEARTBEAT)
    assert engine.state.inputs["Yard Camera"].source_id == "snapshot"
    assert engine.state.inputs["Yard Camera"].enabled
    assert "snapshot.yard" not in engine.state.sources


def test_a_source_on_both_brokers_keeps_the_first_while_that_works() -> None:
    engine = Engine()
    over_amqp = source(dialect=Dialect.NATIVE)
    over_mqtt = type(over_amqp)(
        source_id=over_amqp.source_id, dialect=Dialect.NATIVE, transport=Transport.MQTT, topic="ioboard", name="board"
    )
    engine.heartbeat(by=over_amqp)
    engine.heartbeat(by=over_mqtt)
    assert engine.state.sources["ioboard.board"].source.transport is Transport.AMQP
    engine.transport(Transport.AMQP, up=False)
    engine.heartbeat(by=over_mqtt)
    assert engine.state.sources["ioboard.board"].source.transport is Transport.MQTT


def test_a_forgotten_device_is_gone_and_comes_back_new() -> None:
    engine = Engine()
    engine.input("Door")
    engine.output("Siren")
    engine.link("Door")
    engine.post(Forgotten(keys=("Siren",)))
    assert engine.state.inputs["Door"].links == ()
    assert "Siren" not in engine.state.outputs
    assert "Siren" not in engine.state.source_devices["ioboard.board"]
    engine.report(outputs=[OutputReport(device_key="Siren")], kind=ReportKind.HEARTBEAT)
    assert not engine.state.outputs["Siren"].enabled


def test_a_forgotten_source_takes_its_devices_and_conflicts_along() -> None:
    engine = Engine()
    engine.input("Door")
    engine.report(InputReport(device_key="Door"), by=source("other"))
    engine.post(Forgotten(sources=("ioboard.board",)))
    assert "Door" not in engine.state.inputs
    assert engine.state.conflicts == {}
    engine.report(InputReport(device_key="Door"), by=source("other"))
    assert engine.state.inputs["Door"].source_id == "ioboard.other"


def test_the_built_in_inputs_cannot_be_forgotten() -> None:
    engine = Engine()
    engine.post(Forgotten(sources=("event_hub",), keys=("Panic",)))
    assert "Panic" in engine.state.inputs
    assert "Report" in engine.state.inputs


def test_devices_without_end_are_refused_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "DEVICE_LIMIT", 5)
    engine = Engine()
    for number in range(10):
        engine.active(f"Input {number}")
    assert len(engine.state.inputs) == 5
    assert only(engine.active("Input 11"), RegistryFull).source_id == "ioboard.board"


def test_an_adopted_entity_and_an_adopted_action_work_like_devices() -> None:
    engine = Engine()
    engine.post(
        InputAdopted(record=InputRecord(key="Window", source_id="", entity_id="binary_sensor.window", enabled=True))
    )
    engine.post(OutputAdopted(record=engine.adopt_output("Bell")))
    engine.post(Linked(inputs=("Window",), outputs=("Bell",)))
    home = engine.state.sources["home_assistant"].source
    assert sent(engine.report(InputReport(device_key="Window", active=True), by=home)) == ["Bell"]


def test_an_adopted_entity_cannot_take_a_devices_key() -> None:
    engine = Engine()
    engine.input("Door")
    with pytest.raises(InvalidRuleError, match="another device"):
        engine.post(InputAdopted(record=InputRecord(key="Door", source_id="", entity_id="binary_sensor.door")))


def test_a_meters_heartbeat_does_not_forget_where_the_meter_listens() -> None:
    engine = Engine()
    board = source("esp32_M", "meter", Dialect.ESP_METER)
    for name in ("water", "gas"):
        meter = MeterReading(register=1, address=name)
        engine.report(InputReport(device_key=f"{name} Meter", meter=meter), by=board)
    engine.heartbeat(by=board)
    assert {key: record.meter_address for key, record in engine.state.inputs.items() if record.is_meter} == {
        "water Meter": "water",
        "gas Meter": "gas",
    }


def test_a_meter_that_was_given_another_name_is_told_there() -> None:
    engine = Engine()
    for name in ("Water", "water"):
        meter = MeterReading(register=1, address=name)
        engine.report(InputReport(device_key="Water Meter", meter=meter), by=source("m", "meter", Dialect.ESP_METER))
    assert engine.state.inputs["Water Meter"].meter_address == "water"


@pytest.mark.parametrize("topic", ["event_hub", "home_assistant"])
def test_a_topic_that_is_called_like_a_source_of_the_hub_is_a_source_of_its_own(topic: str) -> None:
    engine = Engine()
    engine.post(OutputAdopted(record=engine.adopt_output("Alarm")))
    engine.report(InputReport(device_key="Panic", active=True), InputReport(device_key="Gate"), by=source("x", topic))
    assert engine.state.inputs["Gate"].source_id == f"{topic}.x"
    assert engine.state.input_status.get("Panic") is None


def test_a_source_over_the_limit_is_told_once_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.event_hub.engine.registry.DEVICE_LIMIT", 2)
    effects = Engine().report(*(InputReport(device_key=f"Door {count}") for count in range(50)))
    assert effects == (RegistryFull(source_id="ioboard.board"),)


def test_sources_without_end_are_refused_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    monkeypatch.setattr(registry, "SOURCE_LIMIT", len(engine.state.sources) + 2)
    for number in range(3):
        effects = engine.report(InputReport(device_key=f"Door {number}", active=True), by=source(f"board{number}"))
    assert effects == (RegistryFull(source_id="ioboard.board2"),)
    assert [key for key in engine.state.inputs if key.startswith("Door")] == ["Door 0", "Door 1"]
    assert "ioboard.board2" not in engine.state.source_status


@pytest.mark.parametrize("kind", list(ReportKind))
def test_what_another_source_says_under_a_devices_key_changes_nothing_of_it(kind: ReportKind) -> None:
    engine = Engine()
    engine.input()
    engine.output()
    engine.link()
    engine.clear()
    before = engine.state.input_status["Door"]
    effects = engine.report(InputReport(device_key="Door", active=True), by=source("stranger"), kind=kind)
    assert (reasons(effects), sent(effects)) == ([], [])
    assert engine.state.input_status["Door"] == before
    assert engine.state.inputs["Door"].source_id == "ioboard.board"
