"""What the replaced system kept, as values: what was set there, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .languages.sentences import Says


class Edition(StrEnum):
    """Which of the two sets of columns a database has."""

    OF_2023 = "2023"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """A table as it was read. ``cut`` says that it had more rows than are read."""

    columns: frozenset[str] = frozenset()
    rows: tuple[Mapping[str, object], ...] = ()
    cut: bool = False


class OddValue(StrEnum):
    """What may be odd about a value, each with its words in every language."""

    NO_KEY = "no_key"
    TWICE = "twice"
    NO_TEXT = "no_text"
    LONG_TEXT = "long_text"
    NO_NUMBER = "no_number"
    OUT_OF_RANGE = "out_of_range"
    NO_FLAG = "no_flag"
    NO_TIME = "no_time"
    NO_TIMES = "no_times"
    NO_DEVICE = "no_device"
    COUNTED_TWICE = "counted_twice"
    HALF_CONFIRMATION = "half_confirmation"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something odd in a row (its id, or its position where it has none). The value itself is not told.

    ``limits`` are those that a value is outside of; the second alone counts for text.
    """

    table: str
    row: int
    column: str
    what: OddValue
    limits: tuple[float, float] = (0, 0)

    def said(self, says: Says) -> str:
        """Say where, then what."""
        low, high = (f"{limit:.0f}" for limit in self.limits)
        problem: str = getattr(says.odd, self.what.value).format(low=low, high=high, limit=high)
        return says.odd.place.format(table=self.table, row=self.row, column=self.column, problem=problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When something is enabled and disabled every day, in seconds after midnight."""

    enable_at: int | None = None
    disable_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyInput:
    """An input. ``None`` was not set. Durations are seconds; a count and its interval come together or not at all."""

    key: str
    type: str | None = None
    label: str | None = None
    group: str | None = None
    enabled: bool | None = None
    latch: int | None = None
    confirm_count: int | None = None
    confirm_within: int | None = None
    escalate_after: int | None = None
    informational: bool | None = None
    times: Times | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyOutput:
    """An output. ``None`` was not set."""

    key: str
    type: str | None = None
    label: str | None = None
    params: str | None = None
    trigger_topic: str | None = None
    interval: int | None = None
    enabled: bool | None = None
    times: Times | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyMeter:
    """How an input's register reads. Limits are compared with the register as counted, before ``factor`` divides it."""

    input_key: str
    low: int | None = None
    high: int | None = None
    factor: int | None = None
    precision: int | None = None
    unit: str | None = None
    topic: str | None = None
    reset_value: int | None = None
    reset_adds: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyConfig:
    """Everything that could be read. ``links`` are from inputs to outputs, ``input_links`` between inputs.

    ``follows_times`` says whether the schedules were followed at all.
    """

    edition: Edition
    inputs: tuple[LegacyInput, ...] = ()
    outputs: tuple[LegacyOutput, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    input_links: tuple[tuple[str, str], ...] = ()
    meters: tuple[LegacyMeter, ...] = ()
    follows_times: bool = True
    problems: tuple[Problem, ...] = ()
