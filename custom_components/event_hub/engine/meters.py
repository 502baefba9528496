"""What a reading means: scaling, and limits outside of which it is active (behaviour.md, 2)."""

from math import isfinite
from typing import Final

from ..wire.messages import InputReport
from ..wire.records import record
from .model import InputRule

_DECIMALS: Final = 9


@record(frozen=True, slots=True, kw_only=True)
class Reading:
    """An input's scaled numbers; ``None`` where the device did not give one, or is no meter that has a register."""

    value: float | None
    register: float | None
    is_meter: bool = False


def read(rule: InputRule, device: InputReport) -> Reading:
    """Scale what a device measured. A meter's value is what it counted in the last full minute."""
    meter = device.meter
    if meter is None:
        return Reading(value=scale(rule, device.value), register=None)
    last_minute = device.value if meter.last_minute is None else meter.last_minute
    return Reading(value=scale(rule, last_minute), register=scale(rule, meter.register), is_meter=True)


def scale(rule: InputRule, raw: float | None) -> float | None:
    """Apply a rule's factor and precision; what no number can hold measures nothing."""
    if raw is None:
        return None
    scaled = raw * rule.factor
    if not isfinite(scaled):
        return None
    return scaled if rule.precision is None else round(scaled, rule.precision)


def unscale(rule: InputRule, scaled: float) -> float:
    """Return what the device must be told for it to read ``scaled``: 70 and not 70.00000000000001."""
    return round(scaled / rule.factor, _DECIMALS)


def outside_limits(rule: InputRule, reading: Reading) -> bool | None:
    """Whether a reading is outside the rule's limits; ``None`` when there is no limit or nothing to compare.

    A meter is judged by its register, everything else by its value.
    """
    if rule.low is None and rule.high is None:
        return None
    compared = reading.register if reading.is_meter else reading.value
    if compared is None:
        return None
    return (rule.low is not None and compared < rule.low) or (rule.high is not None and compared > rule.high)
