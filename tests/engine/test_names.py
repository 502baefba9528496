"""One device has one name, wherever people read it."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.effects import SendCommand
from custom_components.event_hub.engine.events import NamesGiven
from custom_components.event_hub.engine.model import EXPECTED_SOURCE, InputRecord
from custom_components.event_hub.engine.names import described_name, device_name, name_of, place_of, source_name
from custom_components.event_hub.engine.telling.model import Telling, Topic
from custom_components.event_hub.wire.messages import InputReport, OutputReport

from .kit import Engine

RECORD = InputRecord(key="M1", source_id="ioboard.garage", label="motion", location="Garage")


@pytest.mark.parametrize(
    ("record", "name"),
    [
        pytest.param(RECORD, "Garage motion", id="where it is"),
        pytest.param(replace(RECORD, label="garage motion"), "garage motion", id="the label says where"),
        pytest.param(replace(RECORD, location=None), "motion", id="nowhere"),
        pytest.param(replace(RECORD, label=None), "M1", id="without a label by its key"),
        pytest.param(
            InputRecord(key="Shed Door", source_id=EXPECTED_SOURCE.source_id, label="Door"),
            "Shed Door",
            id="awaited, and its key says where",
        ),
        pytest.param(replace(RECORD, given_name="Cellar stairs"), "Cellar stairs", id="as people called it"),
    ],
)
def test_a_device_is_called_in_messages_as_on_the_screen(record: InputRecord, name: str) -> None:
    assert device_name(record) == name
    told = Telling(
        telling_id="1",
        at=0.0,
        topic=Topic.TRIGGER,
        label=device_name(record),
        input_key=record.key,
        location=place_of(record),
    )
    assert told.name == name


def test_what_an_earlier_version_kept_is_called_so_as_well() -> None:
    told = Telling(telling_id="1", at=0.0, topic=Topic.TRIGGER, label="motion", input_key="M1", location="Garage")
    assert told.name == "Garage motion"
    assert replace(told, label="M1").name == "M1"
    assert replace(told, label=None, input_key=None, source_id="sensor.a").name == "sensor.a"


@pytest.mark.parametrize(
    ("source_id", "name"),
    [
        ("sensor.esp32_BEE000", "sensor.esp32_BEE000"),
        ("home_assistant", "Home Assistant"),
        (EXPECTED_SOURCE.source_id, "Not reported yet"),
    ],
)
def test_a_source_is_called_by_its_id(source_id: str, name: str) -> None:
    assert source_name(source_id, {}) == name


def test_what_is_gone_is_called_as_it_was_or_by_its_key() -> None:
    assert name_of("M1", {"M1": RECORD}) == "Garage motion"
    assert name_of("M2", {"M1": RECORD}, otherwise="Door") == "Door"
    assert name_of("M2", {}) == "M2"


def test_people_name_devices_and_sources_and_take_names_back() -> None:
    engine = Engine()
    engine.report(InputReport(device_key="M1", label="motion"), outputs=(OutputReport(device_key="M1"),))
    engine.post(NamesGiven(devices={"M1": "Cellar stairs", "M2": "Attic"}, sources={"ioboard.board": "Board"}))
    for record in (engine.state.inputs["M1"], engine.state.outputs["M1"]):
        assert device_name(record) == "Cellar stairs"
    assert described_name(engine.state.inputs["M1"]) == "motion"
    assert source_name("ioboard.board", engine.state.sources) == "Board"
    assert "M2" not in engine.state.inputs
    engine.post(NamesGiven(devices={"M1": None}, sources={"ioboard.board": None}))
    assert device_name(engine.state.inputs["M1"]) == "motion"
    assert source_name("ioboard.board", engine.state.sources) == "ioboard.board"


def test_a_name_that_is_known_changes_nothing() -> None:
    engine = Engine()
    engine.report(InputReport(device_key="M1"))
    engine.post(NamesGiven(devices={"M1": "Stairs"}))
    before = engine.state.inputs["M1"]
    engine.post(NamesGiven(devices={"M1": "Stairs"}))
    assert engine.state.inputs["M1"] is before


def test_an_output_is_told_the_name_that_people_gave_to_what_triggered_it() -> None:
    engine = Engine()
    engine.input("M1")
    engine.output()
    engine.link("M1")
    engine.post(NamesGiven(devices={"M1": "Cellar stairs"}))
    effects = engine.report(InputReport(device_key="M1", label="motion", location="Garage", active=True))
    (command,) = (effect.command for effect in effects if isinstance(effect, SendCommand))
    assert (command.cause.label, command.cause.location) == ("Cellar stairs", "Garage")
