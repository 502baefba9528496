"""The replaced system's tables, row by row: read strictly; what is odd is reported and the rest goes on.

Two sets of columns are known: that of 2023, and the later one, which grew column by column. A column that
is not there was not set.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ..engine.configure import OUTPUT_LIMITS, RULE_LIMITS
from ..engine.times.escalation import ESCALATE_LIMITS
from ..engine.times.wall import parse_time
from ..wire.values import TEXT_LIMIT, is_key
from .legacy_model import (
    Edition,
    LegacyConfig,
    LegacyInput,
    LegacyMeter,
    LegacyOutput,
    OddValue,
    Problem,
    RawTable,
    Times,
)

# Text in a table that was no text there: not UTF-8, or longer than anything a person would have written.
NO_TEXT: Final = b""
# Where the interval of a confirmation could not be set, it was this one, of two activations.
_WINDOW_OF_2023: Final = (2, 10)
_BIG: Final = 2**53
_UNIT_LIMIT: Final = 50
_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "trigger_latch_duration": RULE_LIMITS["latch"],
    "activation_interval": RULE_LIMITS["latch"],
    "multi_trigger_rate": RULE_LIMITS["confirm_count"],
    "multi_trigger_interval": RULE_LIMITS["confirm_within"],
    "trigger_window": RULE_LIMITS["confirm_within"],
    "activation_escalation": ESCALATE_LIMITS,
    "trigger_interval": OUTPUT_LIMITS["interval"],
    "meter_reading_unit_factor": (1, 10**9),
    "meter_reading_unit_precision": (0, 9),
}
_TIMES: Final = ("auto_schedule", "auto_schedule_enable", "auto_schedule_disable")
# The columns that are read, of both editions.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "input_config": (
        *("id", "device_key", "device_type", "device_label", "group_name", "device_enabled", "info_notify"),
        *("activation_interval", "trigger_latch_duration", "multi_trigger", "trigger_window", "multi_trigger_rate"),
        *("multi_trigger_interval", "activation_escalation", *_TIMES),
    ),
    "output_config": (
        *("id", "device_key", "device_type", "device_label", "device_params", "trigger_topic", "trigger_interval"),
        *("device_enabled", *_TIMES),
    ),
    "meter_config": (
        *("id", "input_device_id", "meter_low_limit", "meter_high_limit", "meter_reading_unit"),
        *("meter_reading_unit_factor", "meter_reading_unit_precision", "meter_iot_topic", "meter_reset_value"),
        "meter_reset_additive",
    ),
    "general_config": ("id", "config_key", "config_value"),
    "input_link": ("id", "input_device_id", "linked_device_id"),
    "output_link": ("id", "input_device_id", "output_device_id"),
}
_SCHEDULER: Final = "auto-scheduler"
_YES: Final = frozenset({"1", "true"})
_NO: Final = frozenset({"0", "false", ""})


class Row:
    """One row of a table: gives clean values, or ``None`` and a problem."""

    def __init__(self, table: str, number: int, values: Mapping[str, object], problems: list[Problem]) -> None:
        """Read ``values``; ``number`` is the row's id."""
        self.number = number
        self._table = table
        self._values = values
        self._problems = problems

    def odd(self, column: str, what: OddValue, limits: tuple[float, float] = (0, 0)) -> None:
        """Report what is odd about a value."""
        self._problems.append(Problem(table=self._table, row=self.number, column=column, what=what, limits=limits))

    def key(self) -> str | None:
        """Return the device's key, which every device has."""
        key = self._values.get("device_key")
        if isinstance(key, str) and is_key(key):
            return key
        self.odd("device_key", OddValue.NO_KEY)
        return None

    def text(self, column: str, limit: int = TEXT_LIMIT) -> str | None:
        """Return text, without blanks around it; empty text was not set."""
        value = self._values.get(column)
        if value is None:
            return None
        if not isinstance(value, str):
            self.odd(column, OddValue.NO_TEXT)
            return None
        cleaned = value.strip()
        if len(cleaned) > limit or not cleaned.isprintable():
            self.odd(column, OddValue.LONG_TEXT, (0, limit))
            return None
        return cleaned or None

    def whole(self, column: str) -> int | None:
        """Return a whole number within what is allowed for its column."""
        value = self._values.get(column)
        if value is None or value == "":
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int):
            self.odd(column, OddValue.NO_NUMBER)
            return None
        low, high = _LIMITS.get(column, (-_BIG, _BIG))
        if not low <= value <= high:
            self.odd(column, OddValue.OUT_OF_RANGE, (low, high))
            return None
        return value

    def flag(self, column: str) -> bool | None:
        """Return a yes or no."""
        value = self._values.get(column)
        if value is None:
            return None
        if value in (0, 1):
            return bool(value)
        self.odd(column, OddValue.NO_FLAG)
        return None

    def time(self, column: str) -> int | None:
        """Return a time of day in seconds after midnight; empty text was not set."""
        value = self._values.get(column)
        second = parse_time(value.strip()) if isinstance(value, str) else None
        if second is None and value not in (None, ""):
            self.odd(column, OddValue.NO_TIME)
        return second

    def key_of(self, column: str, keys: Mapping[int, str]) -> str | None:
        """Return the key of the device that another table has under this number."""
        value = self._values.get(column)
        key = keys.get(value) if isinstance(value, int) else None
        if key is None:
            self.odd(column, OddValue.NO_DEVICE)
        return key


def read_tables(tables: Mapping[str, RawTable]) -> LegacyConfig:
    """Make sense of the tables; those that are missing are empty."""
    problems: list[Problem] = []
    edition = _edition(tables)
    inputs, input_keys = _devices(_rows(tables, "input_config", problems), lambda row, key: _input(row, key, edition))
    # Before outputs could be switched off, they were all on.
    always_on = "device_enabled" not in tables.get("output_config", RawTable()).columns
    outputs, output_keys = _devices(
        _rows(tables, "output_config", problems), lambda row, key: _output(row, key, always_on=always_on)
    )
    return LegacyConfig(
        edition=edition,
        inputs=inputs,
        outputs=outputs,
        links=_pairs(_rows(tables, "output_link", problems), "output_device_id", input_keys, output_keys),
        input_links=_pairs(_rows(tables, "input_link", problems), "linked_device_id", input_keys, input_keys),
        meters=_meters(_rows(tables, "meter_config", problems), input_keys),
        follows_times=_follows_times(_rows(tables, "general_config", problems), edition),
        problems=tuple(problems),
    )


def _edition(tables: Mapping[str, RawTable]) -> Edition:
    columns = tables.get("input_config", RawTable()).columns
    return Edition.LATER if "trigger_latch_duration" in columns else Edition.OF_2023


def _rows(tables: Mapping[str, RawTable], name: str, problems: list[Problem]) -> Iterator[Row]:
    table = tables.get(name, RawTable())
    for position, values in enumerate(table.rows, 1):
        number = values.get("id")
        yield Row(name, number if isinstance(number, int) else position, values, problems)
    if table.cut:
        Row(name, len(table.rows), {}, problems).odd("id", OddValue.TOO_MANY)


def _devices[D](rows: Iterator[Row], read: Callable[[Row, str], D]) -> tuple[tuple[D, ...], dict[int, str]]:
    """Return the devices, the first of each key, and the keys by the number that other tables name them by."""
    devices: dict[str, D] = {}
    keys: dict[int, str] = {}
    for row in rows:
        key = row.key()
        if key is None:
            continue
        if key in devices or row.number in keys:
            row.odd("device_key", OddValue.TWICE)
            continue
        devices[key] = read(row, key)
        keys[row.number] = key
    return tuple(devices.values()), keys


def _input(row: Row, key: str, edition: Edition) -> LegacyInput:
    counts = _confirmation_of_2023(row) if edition is Edition.OF_2023 else _confirmation(row)
    latch = "activation_interval" if edition is Edition.OF_2023 else "trigger_latch_duration"
    return LegacyInput(
        key=key,
        type=row.text("device_type"),
        label=row.text("device_label"),
        group=row.text("group_name"),
        enabled=row.flag("device_enabled"),
        latch=row.whole(latch),
        confirm_count=counts[0],
        confirm_within=counts[1],
        escalate_after=row.whole("activation_escalation"),
        informational=row.flag("info_notify"),
        times=_times(row),
    )


def _output(row: Row, key: str, *, always_on: bool) -> LegacyOutput:
    topic = row.text("trigger_topic")
    return LegacyOutput(
        key=key,
        type=row.text("device_type"),
        label=row.text("device_label"),
        params=row.text("device_params"),
        # Commands went to the topic in lower case.
        trigger_topic=None if topic is None else topic.lower(),
        interval=row.whole("trigger_interval"),
        enabled=True if always_on else row.flag("device_enabled"),
        times=_times(row),
    )


def _confirmation(row: Row) -> tuple[int | None, int | None]:
    """Return how many activations within how many seconds; one without the other had no effect."""
    count, within = row.whole("multi_trigger_rate"), row.whole("multi_trigger_interval")
    if (count is None) != (within is None):
        row.odd("multi_trigger_rate", OddValue.HALF_CONFIRMATION)
        return None, None
    return count, within


def _confirmation_of_2023(row: Row) -> tuple[int | None, int | None]:
    if not row.flag("multi_trigger"):
        return None, None
    count, within = _WINDOW_OF_2023
    return count, row.whole("trigger_window") or within


def _times(row: Row) -> Times | None:
    if not row.flag("auto_schedule"):
        return None
    times = Times(enable_at=row.time("auto_schedule_enable"), disable_at=row.time("auto_schedule_disable"))
    if times == Times():
        row.odd("auto_schedule", OddValue.NO_TIMES)
        return None
    return times


def _meters(rows: Iterator[Row], input_keys: Mapping[int, str]) -> tuple[LegacyMeter, ...]:
    meters: dict[str, LegacyMeter] = {}
    for row in rows:
        key = row.key_of("input_device_id", input_keys)
        if key in meters:
            row.odd("input_device_id", OddValue.COUNTED_TWICE)
        elif key is not None:
            meters[key] = _meter(row, key)
    return tuple(meters.values())


def _meter(row: Row, key: str) -> LegacyMeter:
    return LegacyMeter(
        input_key=key,
        low=row.whole("meter_low_limit"),
        high=row.whole("meter_high_limit"),
        factor=row.whole("meter_reading_unit_factor"),
        precision=row.whole("meter_reading_unit_precision"),
        unit=row.text("meter_reading_unit", _UNIT_LIMIT),
        topic=row.text("meter_iot_topic"),
        reset_value=row.whole("meter_reset_value"),
        reset_adds=row.flag("meter_reset_additive"),
    )


def _pairs(
    rows: Iterator[Row], column: str, froms: Mapping[int, str], tos: Mapping[int, str]
) -> tuple[tuple[str, str], ...]:
    pairs: dict[tuple[str, str], None] = {}
    for row in rows:
        from_key, to_key = row.key_of("input_device_id", froms), row.key_of(column, tos)
        if from_key is not None and to_key is not None:
            pairs[from_key, to_key] = None
    return tuple(pairs)


def _follows_times(rows: Iterator[Row], edition: Edition) -> bool:
    """Say whether schedules were followed: in 2023 always, later where they had been switched on."""
    followed = edition is Edition.OF_2023
    for row in rows:
        if row.text("config_key") == _SCHEDULER:
            value = (row.text("config_value") or "").lower()
            if value not in _YES | _NO:
                row.odd("config_value", OddValue.NO_FLAG)
            followed = value in _YES
    return followed
