"""Guesses what a device senses, or is for, from the words it describes itself with.

A guess only chooses an icon and the words for "on" and "off"; people set
another device class or icon in the entity's settings where it is wrong.
"""

from dataclasses import dataclass
import re
from typing import Final

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.components.sensor.const import DEVICE_CLASS_UNITS
from homeassistant.const import (
    UnitOfEnergy,
    UnitOfPower,
    UnitOfPressure,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfVolume,
)

from .engine.model import InputRecord, OutputRecord

_SPELLINGS: Final = {
    "kwh": UnitOfEnergy.KILO_WATT_HOUR,
    "wh": UnitOfEnergy.WATT_HOUR,
    "m3": UnitOfVolume.CUBIC_METERS,
    "m^3": UnitOfVolume.CUBIC_METERS,
    "ft3": UnitOfVolume.CUBIC_FEET,
    "l": UnitOfVolume.LITERS,
    "litre": UnitOfVolume.LITERS,
    "litres": UnitOfVolume.LITERS,
    "liter": UnitOfVolume.LITERS,
    "liters": UnitOfVolume.LITERS,
    "w": UnitOfPower.WATT,
    "kw": UnitOfPower.KILO_WATT,
    "hpa": UnitOfPressure.HPA,
    "c": UnitOfTemperature.CELSIUS,
    "f": UnitOfTemperature.FAHRENHEIT,
    "degc": UnitOfTemperature.CELSIUS,
    "lux": "lx",
    "percent": UnitOfRatio.PERCENTAGE,
}
# What a unit alone tells; each may be a momentary measurement.
_BY_UNIT: Final = (
    SensorDeviceClass.TEMPERATURE,
    SensorDeviceClass.POWER,
    SensorDeviceClass.VOLTAGE,
    SensorDeviceClass.CURRENT,
    SensorDeviceClass.PRESSURE,
    SensorDeviceClass.ILLUMINANCE,
    SensorDeviceClass.FREQUENCY,
    SensorDeviceClass.DISTANCE,
    SensorDeviceClass.WEIGHT,
    SensorDeviceClass.SPEED,
    SensorDeviceClass.VOLUME_FLOW_RATE,
    SensorDeviceClass.SIGNAL_STRENGTH,
)
_OPENINGS: Final = (
    (r"garage ?doors?|roller ?doors?|roll-?up doors?", BinarySensorDeviceClass.GARAGE_DOOR),
    (r"windows?|skylights?", BinarySensorDeviceClass.WINDOW),
    (r"doors?|gates?|hatch", BinarySensorDeviceClass.DOOR),
)
# In this order: a "Garage Door PIR" senses motion, a "Door Bell" nothing that has a class.
_SENSED: Final = (
    (r"tamper(ed|ing)?", BinarySensorDeviceClass.TAMPER),
    (r"smoke|fire|flames?", BinarySensorDeviceClass.SMOKE),
    (r"carbon monoxide|co", BinarySensorDeviceClass.CO),
    (r"meters?|problems?|faults?|errors?|fail(ure|ed)?|outage", BinarySensorDeviceClass.PROBLEM),
    (r"panic|duress|emergency", BinarySensorDeviceClass.SAFETY),
    (r"door ?bell|bell|buttons?|dash|remotes?|keypad", None),
    (r"glass ?break(age|ing)?|break(ing)? glass|broken glass", BinarySensorDeviceClass.GLASS_BREAK),
    (r"leak(age|s)?|flood(ing)?|moisture|wet", BinarySensorDeviceClass.MOISTURE),
    (r"gas|lpg|propane|methane", BinarySensorDeviceClass.GAS),
    (r"vibrations?|shock|seismic", BinarySensorDeviceClass.VIBRATION),
    (r"person|people|human|faces?|occupancy|presence|mm ?wave|radar", BinarySensorDeviceClass.OCCUPANCY),
    (r"pir|motion|movement|infrared|beams?|cameras?|cam|snapshots?", BinarySensorDeviceClass.MOTION),
    *_OPENINGS,
    (r"contacts?|reed|opening|magnet(ic)?", BinarySensorDeviceClass.OPENING),
    (r"locks?", BinarySensorDeviceClass.LOCK),
    (r"glass", BinarySensorDeviceClass.GLASS_BREAK),
    (r"water", BinarySensorDeviceClass.MOISTURE),
    (r"battery", BinarySensorDeviceClass.BATTERY),
    (r"power|mains|electricity|grid", BinarySensorDeviceClass.POWER),
    (r"sound|noise|microphone", BinarySensorDeviceClass.SOUND),
    (r"heat|overheat(ing)?", BinarySensorDeviceClass.HEAT),
    (r"frost|freez(e|ing)", BinarySensorDeviceClass.COLD),
    (r"light|lux", BinarySensorDeviceClass.LIGHT),
)

_USES: Final = {
    "camera": re.compile(r"\b(?:cameras?|cam|snapshots?)\b"),
    "siren": re.compile(r"\b(?:sirens?|alarms?|horns?)\b"),
    "light": re.compile(r"\b(?:lights?|lamps?|lanterns?|bulbs?|led)\b"),
    "bell": re.compile(r"\b(?:door ?bell|bells?|chimes?|gongs?|buzzers?)\b"),
    "door": re.compile(r"\b(?:(?:garage ?)?doors?|gates?|locks?|strike)\b"),
}
USES: Final = frozenset(_USES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Words, and what they tell."""

    words: re.Pattern[str]
    sensed: BinarySensorDeviceClass | None


def _rules(table: tuple[tuple[str, BinarySensorDeviceClass | None], ...]) -> tuple[_Rule, ...]:
    return tuple(_Rule(words=re.compile(rf"\b(?:{words})\b"), sensed=sensed) for words, sensed in table)


_SENSED_RULES: Final = _rules(_SENSED)
_OPENING_RULES: Final = _rules(_OPENINGS)
_WORD_BREAKS: Final = re.compile(r"[\s_/.,:;()]+|(?<=[a-z])(?=[A-Z])")


def sensed_by(record: InputRecord) -> BinarySensorDeviceClass | None:
    """Return what an input most likely senses: its type says most, then its label, its key, its location."""
    if record.type in set(BinarySensorDeviceClass):
        return BinarySensorDeviceClass(record.type)
    for text in (record.type, record.label, record.key):
        if (rule := _first(_SENSED_RULES, text)) is not None:
            if rule.sensed is BinarySensorDeviceClass.OPENING:
                return _what_opens(record) or rule.sensed
            return rule.sensed
    return _what_opens(record)


def used_as(record: OutputRecord) -> str | None:
    """Return which of ``USES`` an output most likely has: its type says most, then its label, then its key."""
    for text in (record.type, record.label, record.key):
        words = _words(text)
        for use, pattern in _USES.items():
            if pattern.search(words):
                return use
    return None


def metered_by(record: InputRecord) -> SensorDeviceClass | None:
    """Return what a meter's register counts, for the Energy dashboard; ``None`` where its unit does not tell."""
    unit = shown_unit(record)
    if unit in DEVICE_CLASS_UNITS[SensorDeviceClass.ENERGY]:
        return SensorDeviceClass.ENERGY
    if unit not in DEVICE_CLASS_UNITS[SensorDeviceClass.VOLUME]:
        return None
    for words, counted in (("gas", SensorDeviceClass.GAS), ("water", SensorDeviceClass.WATER)):
        if unit in DEVICE_CLASS_UNITS[counted] and words in _text_of(record):
            return counted
    return SensorDeviceClass.VOLUME


def measured_by(record: InputRecord) -> SensorDeviceClass | None:
    """Return what an input's value measures, by its unit."""
    unit = shown_unit(record)
    if unit is None:
        return None
    if unit == UnitOfRatio.PERCENTAGE:
        words = _text_of(record)
        for word, measured in (
            ("humid", SensorDeviceClass.HUMIDITY),
            ("battery", SensorDeviceClass.BATTERY),
            ("moisture", SensorDeviceClass.MOISTURE),
            ("soil", SensorDeviceClass.MOISTURE),
        ):
            if word in words:
                return measured
        return None
    return next((measured for measured in _BY_UNIT if unit in DEVICE_CLASS_UNITS[measured]), None)


def shown_unit(record: InputRecord) -> str | None:
    """Return an input's unit, spelled as Home Assistant does where it knows it."""
    unit = record.rule.unit
    return None if unit is None else _SPELLINGS.get(unit.strip().lower(), unit)


def _what_opens(record: InputRecord) -> BinarySensorDeviceClass | None:
    """Return what opens, wherever the description says so; a location may be the name of a door."""
    for text in (record.type, record.label, record.location, record.key):
        if (rule := _first(_OPENING_RULES, text)) is not None:
            return rule.sensed
    return None


def _first(rules: tuple[_Rule, ...], text: str | None) -> _Rule | None:
    words = _words(text)
    return next((rule for rule in rules if rule.words.search(words)), None)


def _words(text: str | None) -> str:
    return _WORD_BREAKS.sub(" ", text).lower() if text else ""


def _text_of(record: InputRecord) -> str:
    return " ".join(filter(None, (record.type, record.label, record.location, record.key))).lower()
