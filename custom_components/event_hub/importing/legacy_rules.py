"""From the settings of an input of the replaced system to those of a rule."""

from collections.abc import Iterator
from typing import Any, Final

from ..engine.configure import PRECISIONS
from ..engine.meters import scale
from ..engine.model import InputRule
from .languages.sentences import LeavesOut
from .legacy_model import Edition, LegacyInput, LegacyMeter

_SECONDS: Final = ("latch", "confirm_within", "escalate_after")
_DECIMALS: Final = int(PRECISIONS[1])


def rule_of(device: LegacyInput, meter: LegacyMeter | None, edition: Edition) -> dict[str, Any]:
    """Return the settings of the rule that were set, by name."""
    rule: dict[str, Any] = {
        "latch": device.latch,
        "confirm_count": device.confirm_count,
        "confirm_within": device.confirm_within,
        "escalate_after": device.escalate_after,
        "informational": device.informational,
    }
    if meter is not None:
        rule |= _meter_rule(meter, edition)
    return {name: float(value) if name in _SECONDS else value for name, value in rule.items() if value is not None}


def meter_notes(meter: LegacyMeter, says: LeavesOut) -> Iterator[str]:
    """Yield, as sentences, what of a meter is another way here."""
    if meter.precision is not None and meter.precision > _DECIMALS:
        yield says.meter_decimals.format(decimals=_DECIMALS)
    if meter.topic is not None:
        yield says.meter_topic
    if meter.reset_value is not None:
        yield (says.register_added if meter.reset_adds else says.register_set).format(value=meter.reset_value)
    if (meter.low is not None or meter.high is not None) and not _shows_every_count(meter):
        yield says.meter_rounded


def _meter_rule(meter: LegacyMeter, edition: Edition) -> dict[str, Any]:
    """Return how a meter reads. Its limits were in counts; here they are in what is shown, scaled the same way."""
    factor = None if meter.factor is None else 1.0 / meter.factor
    precision = None if meter.precision is None else min(meter.precision, _DECIMALS)
    # Rounded as readings are, so that a reading at the limit is not outside of it.
    as_read = InputRule(
        factor=1.0 if factor is None else factor, precision=precision if _shows_every_count(meter) else None
    )
    # In 2023 a limit of 0 was none.
    low, high = (None if limit == 0 and edition is Edition.OF_2023 else limit for limit in (meter.low, meter.high))
    return {
        "factor": factor,
        "precision": precision,
        "unit": meter.unit,
        "low": scale(as_read, low),
        "high": scale(as_read, high),
    }


def _shows_every_count(meter: LegacyMeter) -> bool:
    return meter.precision is None or (meter.factor or 1) <= 10 ** min(meter.precision, _DECIMALS)
