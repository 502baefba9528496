"""One device has one name, wherever people read it."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.model import EXPECTED_SOURCE, InputRecord
from custom_components.event_hub.engine.names import device_name, name_of, source_name
from custom_components.event_hub.engine.telling.model import Telling, Topic

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
        location=record.location,
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
    assert source_name(source_id) == name


def test_what_is_gone_is_called_as_it_was_or_by_its_key() -> None:
    assert name_of("M1", {"M1": RECORD}) == "Garage motion"
    assert name_of("M2", {"M1": RECORD}, otherwise="Door") == "Door"
    assert name_of("M2", {}) == "M2"
