"""Options to settings: what the app is made of, and every option that cannot be used.

What is wrong stops the input, relay, chip or broker it belongs to; the rest works.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
import re
from typing import Final

from hub_relay.brokers import Brokers, read_brokers
from hub_relay.descriptions import Description, device_key
from hub_relay.logs import LEVELS
from hub_relay.options import LONGEST_TEXT, OptionProblem, Reader

from .bands import HYSTERESIS, TOLERANCE, Rule, Zone, simple, supervised
from .drivers.adc import CHANNELS
from .drivers.mcp23017 import PINS, RelayPin
from .relay_model import SHORTEST, Relay, Retrigger

TOPIC: Final = "remote_monitor"
CHIPS: Final = ("mcp3424", "ads1115")
BITS: Final = (12, 14, 16, 18)
DEFAULT_ADC: Final = ({"chip": "mcp3424", "address": "0x68"}, {"chip": "mcp3424", "address": "0x69"})

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ADC: Final = re.compile(r"adc\[(\d+)\]")
_BAND: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s*")
_BANDS: Final = {f"{zone}_band": zone for zone in (Zone.NORMAL, Zone.ALARM, Zone.TAMPER, Zone.SHORT, Zone.CUT)}
_LONGEST: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSettings:
    """One input: its channel counts from 1 over all converters."""

    description: Description
    channel: int
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """One relay: where it is wired to, and how it behaves."""

    description: Description
    pin: RelayPin
    relay: Relay


@dataclass(frozen=True, slots=True, kw_only=True)
class ConverterSettings:
    """One converter. ``bits`` is ``None`` where the sample rate decides."""

    chip: str
    address: int
    bits: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the app is made of. ``brokers_lost_after`` in seconds, ``sample_rate`` per second and input."""

    device_name: str
    location: str
    simulate: bool
    i2c_bus: int
    log_level: str
    brokers: Brokers
    brokers_lost_after: float
    sample_rate: float
    converters: tuple[ConverterSettings, ...]
    inputs: tuple[InputSettings, ...]
    relays: tuple[RelaySettings, ...]


def read_settings(options: Mapping[str, object]) -> tuple[Settings, tuple[OptionProblem, ...]]:
    """Return what can be used of the options, and what cannot."""
    reader = Reader({"adc": list(DEFAULT_ADC), **options})
    location = reader.text("location", "Garage")
    converters = _converters(reader)
    inputs = reader.list_of("inputs", lambda part: _input(part, location, CHANNELS * len(converters)))
    taken = {one.address for one in converters}
    relays = reader.list_of("relays", lambda part: _relay(part, location, taken))
    settings = Settings(
        device_name=_name(reader),
        location=location,
        simulate=reader.boolean("simulate", default=False),
        i2c_bus=reader.integer("i2c_bus", 0, 9, 1),
        log_level=reader.choice("log_level", LEVELS, "info"),
        brokers=read_brokers(reader),
        brokers_lost_after=reader.number("brokers_lost_after", 5, _LONGEST, 60),
        sample_rate=reader.number("sample_rate", 0.1, 50, 10),
        converters=converters,
        inputs=_unique_inputs(reader, inputs),
        relays=_unique_relays(reader, relays, {one.description.key for one in inputs}),
    )
    reader.finish()
    return settings, tuple(reader.problems)


def _name(reader: Reader) -> str:
    name = reader.text("device_name", "garage")
    if _NAME.fullmatch(name):
        return name
    reader.problem("device_name", "must be 1 to 64 letters, digits, _ or -")
    return "garage"


def _converters(reader: Reader) -> tuple[ConverterSettings, ...]:
    """Return the converters up to the first that cannot be used: those after it would have other channels."""
    found = reader.list_of("adc", _converter)
    wrong = [int(number[1]) for problem in reader.problems if (number := _ADC.match(problem.option))]
    found = found[: min(wrong, default=len(found))]
    for index, one in enumerate(found):
        if one.address in {before.address for before in found[:index]}:
            reader.problem("adc", f"has address {one.address:#04x} twice: it and those after it are left out")
            return found[:index]
    return found


def _converter(part: Reader) -> ConverterSettings:
    chip = part.choice("chip", CHIPS)
    bits = part.choice("bits", [str(bits) for bits in BITS], "")
    return ConverterSettings(chip=chip, address=_address(part), bits=int(bits) if bits else None)


def _address(part: Reader) -> int:
    """Read an address on the bus; 0x03 to 0x77 are for chips."""
    text = part.text("address")
    try:
        address = int(text, 16)
    except ValueError:
        address = -1
    if text and not 0x03 <= address <= 0x77:  # noqa: PLR2004 - the addresses of the I2C specification
        part.problem("address", f"must be 0x03 to 0x77, is {text!r}")
    return address


def _input(part: Reader, location: str, channels: int) -> InputSettings:
    channel = part.integer("channel", 1, 32)
    if channel > channels:
        part.problem("channel", f"is {channel}, but the converters have {channels} channels")
    description = _description(part, location, group=part.text("group", "") or None)
    return InputSettings(description=description, channel=channel, rule=_rule(part))


def _description(part: Reader, location: str, group: str | None = None) -> Description:
    label, place = part.text("label"), part.text("location", "") or location
    key = device_key(place, label)
    if len(key) > LONGEST_TEXT:
        part.problem("label", f"and location must not be longer than {LONGEST_TEXT} characters together")
    return Description(key=key, label=label, type=part.text("type"), location=place, group=group)


def _rule(part: Reader) -> Rule:
    normal = part.number("normal", 0, 100, 50)
    tolerance = part.number("tolerance", 0, 100, TOLERANCE)
    hysteresis = part.number("hysteresis", 0, 50, HYSTERESIS)
    tamper = part.number("tamper", 0, 100, -1)
    bands = {zone: band for name, zone in _BANDS.items() if (band := _band(part, name)) is not None}
    try:
        if bands.keys() <= {Zone.NORMAL}:
            normal, tolerance = _around(bands.get(Zone.NORMAL), normal, tolerance)
            return simple(normal, tolerance=tolerance, tamper=None if tamper < 0 else tamper, hysteresis=hysteresis)
        if tamper >= 0:
            bands.setdefault(Zone.TAMPER, (tamper - tolerance, tamper + tolerance))
        bands.setdefault(Zone.NORMAL, (normal - tolerance, normal + tolerance))
        return supervised(bands, hysteresis=hysteresis)
    except ValueError as error:
        part.problem("", f"cannot be used: {error}")
        return simple(normal)


def _around(band: tuple[float, float] | None, normal: float, tolerance: float) -> tuple[float, float]:
    """Return the middle of a band and how far it goes to either side."""
    return (normal, tolerance) if band is None else ((band[0] + band[1]) / 2, (band[1] - band[0]) / 2)


def _band(part: Reader, name: str) -> tuple[float, float] | None:
    text = part.text(name, "")
    if not text:
        return None
    found = _BAND.fullmatch(text)
    if found is None or not all(0 <= float(end) <= 100 for end in found.groups()):  # noqa: PLR2004 - percent
        part.problem(name, f"must be two percentages such as 45-55, is {text!r}")
        return None
    return float(found[1]), float(found[2])


def _relay(part: Reader, location: str, taken: Collection[int]) -> RelaySettings:
    description = _description(part, location)
    address = _address(part)
    if address in taken:
        part.problem("address", f"is {address:#04x}, which is a converter's")
    safe_on = part.boolean("safe_on", default=False)
    pin = RelayPin(
        address=address,
        pin=part.integer("pin", 0, PINS - 1),
        active_low=part.boolean("active_low", default=False),
        safe_on=safe_on,
    )
    seconds = part.number("seconds", SHORTEST, _LONGEST, 1.0)
    longest = part.number("longest", SHORTEST, _LONGEST, 0.0)
    retrigger = Retrigger(part.choice("retrigger", [str(rule) for rule in Retrigger], str(Retrigger.EXTEND)))
    interlock, pattern = part.text("interlock", "") or None, _pattern(part)
    try:
        relay = Relay(
            key=description.key,
            seconds=seconds,
            safe_on=safe_on,
            retrigger=retrigger,
            interlock=interlock,
            pattern=pattern,
            longest=longest or None,
        )
    except ValueError as error:
        part.problem("", f"cannot be used: {error}")
        relay = Relay(key=description.key)
    return RelaySettings(description=description, pin=pin, relay=relay)


def _pattern(part: Reader) -> tuple[float, ...]:
    text = part.text("pattern", "")
    try:
        return tuple(float(seconds) for seconds in text.split(",")) if text else ()
    except ValueError:
        part.problem("pattern", f"must be seconds on and off in turn such as 0.5,0.5, is {text!r}")
        return ()


def _unique_inputs(reader: Reader, inputs: tuple[InputSettings, ...]) -> tuple[InputSettings, ...]:
    named = _unique(reader, "inputs", inputs, {one: f"the name {one.description.key!r}" for one in inputs})
    return _unique(reader, "inputs", named, {one: f"channel {one.channel}" for one in named})


def _unique_relays(
    reader: Reader, relays: tuple[RelaySettings, ...], taken: Collection[str]
) -> tuple[RelaySettings, ...]:
    names = {one: f"the name {one.description.key!r}" for one in relays}
    named = _unique(reader, "relays", relays, names, {f"the name {key!r}" for key in taken})
    return _unique(reader, "relays", named, {one: f"pin {one.pin.pin} of {one.pin.address:#04x}" for one in named})


def _unique[T](
    reader: Reader, option: str, parts: tuple[T, ...], what: Mapping[T, str], taken: Collection[str] = ()
) -> tuple[T, ...]:
    """Leave out what has something that another one, named before it, has already."""
    seen, kept = set(taken), []
    for part in parts:
        if what[part] in seen:
            reader.problem(option, f"has {what[part]} twice: the second is left out")
            continue
        seen.add(what[part])
        kept.append(part)
    return tuple(kept)
