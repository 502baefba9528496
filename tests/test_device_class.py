from dataclasses import replace

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass as Sensed
from homeassistant.components.sensor.const import SensorDeviceClass as Measured
import pytest

from custom_components.event_hub.device_class import measured_by, metered_by, sensed_by, shown_unit, used_as
from custom_components.event_hub.engine.model import InputRecord, InputRule, OutputRecord


def an_input(
    label: str | None = None,
    type_: str | None = None,
    location: str | None = None,
    key: str = "x1",
    unit: str | None = None,
) -> InputRecord:
    return InputRecord(
        key=key, source_id="ioboard.garage", label=label, type=type_, location=location, rule=InputRule(unit=unit)
    )


@pytest.mark.parametrize(
    ("label", "sensed"),
    [
        ("Hallway PIR", Sensed.MOTION),
        ("Driveway Beam", Sensed.MOTION),
        ("Garage Door PIR", Sensed.MOTION),
        ("Front Door", Sensed.DOOR),
        ("Garden Gate", Sensed.DOOR),
        ("Garage Door", Sensed.GARAGE_DOOR),
        ("Kitchen Windows", Sensed.WINDOW),
        ("Glass Door Contact", Sensed.DOOR),
        ("Reed Switch", Sensed.OPENING),
        ("Glass Break", Sensed.GLASS_BREAK),
        ("Study glass", Sensed.GLASS_BREAK),
        ("Smoke Detector", Sensed.SMOKE),
        ("CO Alarm", Sensed.CO),
        ("LPG Cage", Sensed.GAS),
        ("Geyser Leak", Sensed.MOISTURE),
        ("Water", Sensed.MOISTURE),
        ("Safe Vibration", Sensed.VIBRATION),
        ("Panel Tamper", Sensed.TAMPER),
        ("Yard Camera", Sensed.MOTION),
        ("Person at Gate", Sensed.OCCUPANCY),
        ("mmWave bedroom", Sensed.OCCUPANCY),
        ("Mains", Sensed.POWER),
        ("Power Failure", Sensed.PROBLEM),
        ("UPS Battery", Sensed.BATTERY),
        ("Water Meter", Sensed.PROBLEM),
        ("Panic", Sensed.SAFETY),
        ("Door Bell", None),
        ("Doorbell", None),
        ("Dash Button", None),
        ("Input 3", None),
        # Words inside other words say nothing.
        ("Spirit", None),
        ("Corridor", None),
        ("Gasoline Alley", None),
    ],
)
def test_a_label_tells_what_is_sensed(label: str, sensed: Sensed | None) -> None:
    assert sensed_by(an_input(label)) is sensed


@pytest.mark.parametrize(
    ("record", "sensed"),
    [
        (an_input("Front Door", type_="motion"), Sensed.MOTION),
        (an_input("Front Door", type_="PIR"), Sensed.MOTION),
        (an_input("Person Detector", type_="camera"), Sensed.MOTION),
        (an_input("Sitting Room", type_="window_contact"), Sensed.WINDOW),
        (an_input("Study", type_="garage_door"), Sensed.GARAGE_DOOR),
        (an_input("Study", type_="GlassBreak"), Sensed.GLASS_BREAK),
        (an_input("Garage Door", type_="sensor"), Sensed.GARAGE_DOOR),
    ],
)
def test_a_type_says_more_than_a_label(record: InputRecord, sensed: Sensed) -> None:
    assert sensed_by(record) is sensed


@pytest.mark.parametrize(
    ("label", "location", "sensed"),
    [
        ("Side", "Garage Door", Sensed.GARAGE_DOOR),
        ("Contact", "Bathroom Window", Sensed.WINDOW),
        ("Contact", "Hall", Sensed.OPENING),
        ("Gas Stove Contact", "Kitchen Window", Sensed.GAS),
    ],
)
def test_what_opens_may_be_named_by_its_location(label: str, location: str, sensed: Sensed) -> None:
    assert sensed_by(an_input(label, location=location)) is sensed


def test_other_words_of_a_location_tell_nothing() -> None:
    assert sensed_by(an_input("Input 1", location="Power Room")) is None


def test_a_device_without_a_label_is_known_by_its_key() -> None:
    assert sensed_by(an_input(key="Garage Side PIR")) is Sensed.MOTION


def test_the_device_class_of_an_adopted_entity_is_kept() -> None:
    assert all(sensed_by(an_input("Front Door PIR", type_=sensed.value)) is sensed for sensed in Sensed)


@pytest.mark.parametrize(
    ("unit", "label", "metered"),
    [
        ("kWh", "Main", Measured.ENERGY),
        ("kwh", "Main", Measured.ENERGY),
        ("Wh", "Main", Measured.ENERGY),
        ("m³", "Gas", Measured.GAS),
        ("m3", "Town Water", Measured.WATER),
        ("litres", "Water", Measured.WATER),
        ("L", "Tank", Measured.VOLUME),
        ("gal", "Gas", Measured.VOLUME),
        ("pulses", "Main", None),
        (None, "Water", None),
    ],
)
def test_a_meters_unit_tells_what_it_counts(unit: str | None, label: str, metered: Measured | None) -> None:
    assert metered_by(an_input(label, unit=unit)) is metered


@pytest.mark.parametrize(
    ("unit", "label", "measured"),
    [
        ("°C", "Freezer", Measured.TEMPERATURE),
        ("c", "Freezer", Measured.TEMPERATURE),
        ("V", "Battery", Measured.VOLTAGE),
        ("W", "Heater", Measured.POWER),
        ("%", "Humidity", Measured.HUMIDITY),
        ("%", "Backup Battery", Measured.BATTERY),
        ("%", "Soil", Measured.MOISTURE),
        ("%", "PIR", None),
        ("lux", "Porch", Measured.ILLUMINANCE),
        ("cm", "Tank", Measured.DISTANCE),
        ("bananas", "Bowl", None),
        (None, "Temperature", None),
    ],
)
def test_a_unit_tells_what_a_value_measures(unit: str | None, label: str, measured: Measured | None) -> None:
    assert measured_by(an_input(label, unit=unit)) is measured


def test_a_unit_is_spelled_as_home_assistant_spells_it() -> None:
    record = an_input()
    shown = [shown_unit(replace(record, rule=InputRule(unit=unit))) for unit in (" m3", "KWH", "C", "widgets", None)]
    assert shown == ["m³", "kWh", "°C", "widgets", None]


@pytest.mark.parametrize(
    ("key", "type_", "label", "use"),
    [
        ("Porch", "Lamp", None, "light"),
        ("Porch", None, "Garden Lights", "light"),
        ("Hall Siren", None, None, "siren"),
        ("Yard", "camera", None, "camera"),
        ("Cellar", "DoorBell", None, "bell"),
        ("Cellar", None, "Garage Door", "door"),
        ("Pump", "Relay", "Pump 1", None),
    ],
)
def test_words_tell_what_an_output_is_used_as(key: str, type_: str | None, label: str | None, use: str | None) -> None:
    assert used_as(OutputRecord(key=key, source_id="s", type=type_, label=label)) == use
