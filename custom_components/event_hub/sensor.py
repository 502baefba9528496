"""What inputs measure and meters count, what became of commands, and how sources and the hub are doing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.components.sensor.const import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, Platform, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .alarm_entities import ALARM_SENSOR_DESCRIPTIONS, AlarmSensor
from .alarm_views import PARTITIONS
from .device_class import measured_by, metered_by, sensed_by, shown_unit
from .engine.model import CommandStatus
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry
from .views import HUB, INPUTS, OUTPUTS, SOURCES, HubView, InputView, OutputView, SourceView, View
from .wire.detection import DetectionStatus
from .wire.messages import Dialect
from .wire.wellbeing import Budget

PARALLEL_UPDATES = 0
SCAN_INTERVAL = timedelta(minutes=1)

# Sources are heard every few seconds; a state that is written as often is worth nothing to anybody.
COARSE: Final = 60.0

type Value = float | str | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a number means. ``precision`` is how many decimals are shown."""

    device_class: SensorDeviceClass | None
    unit: str | None
    precision: int | None


@dataclass(frozen=True, kw_only=True)
class HubSensorDescription[V: View](HubEntityDescription[V, Value], SensorEntityDescription):
    """Describe a sensor.

    ``measure_fn`` returns what its number means and ``enabled_fn`` whether it is
    enabled at first, where these depend on the thing.
    """

    measure_fn: Callable[[V], Measure] | None = None
    enabled_fn: Callable[[V], bool] | None = None


def _at(unix: float | None, step: float = 0.0) -> datetime | None:
    """Return a time, rounded down to ``step`` seconds."""
    if unix is None:
        return None
    return dt_util.utc_from_timestamp(unix - unix % step if step else unix)


def _value_measure(view: InputView) -> Measure:
    record = view.record
    unit = shown_unit(record)
    if unit is None and record.has_condition and record.rule.factor == 1:
        # A loop's level, in the wire's own unit: percent of full scale.
        unit = PERCENTAGE
    return Measure(device_class=measured_by(record), unit=unit, precision=record.rule.precision)


def _register_measure(view: InputView) -> Measure:
    record = view.record
    return Measure(device_class=metered_by(record), unit=shown_unit(record), precision=record.rule.precision)


def _minute_measure(view: InputView) -> Measure:
    return Measure(device_class=None, unit=shown_unit(view.record), precision=view.record.rule.precision)


def _tells_something(view: InputView) -> bool:
    """Whether a value is worth a state, other than that of an adopted entity, which has one of its own.

    A sensor board's is a sample every second, and the level behind a door contact or a supervised loop
    is just another word for open.
    """
    record = view.record
    sampled = record.has_condition or (view.source is not None and view.source.dialect is Dialect.ESP_SENSOR)
    plain = record.rule.unit is None and (sampled or sensed_by(record) is not None)
    return record.entity_id is None and not plain


def _spent(spent: Callable[[Budget], float | None], view: SourceView) -> float | None:
    """Return what an app says it spent."""
    return None if view.status is None or view.status.budget is None else spent(view.status.budget)


def _started(view: SourceView) -> datetime | None:
    status = view.status
    if status is None or status.uptime is None:
        return None
    return _at(status.last_seen - status.uptime, COARSE)


INPUT_DESCRIPTIONS: Final = (
    HubSensorDescription[InputView](
        key="value",
        state_class=SensorStateClass.MEASUREMENT,
        needs_source=True,
        has_fn=lambda view: view.record.has_value and not view.record.is_meter,
        value_fn=lambda view: view.status.value,
        measure_fn=_value_measure,
        enabled_fn=_tells_something,
    ),
    HubSensorDescription[InputView](
        key="register",
        # Not "total increasing": people set registers, and those of prepaid meters count down.
        state_class=SensorStateClass.TOTAL,
        needs_source=True,
        has_fn=lambda view: view.record.is_meter,
        value_fn=lambda view: view.status.meter_register,
        measure_fn=_register_measure,
    ),
    HubSensorDescription[InputView](
        key="last_minute",
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=False,
        needs_source=True,
        has_fn=lambda view: view.record.is_meter,
        value_fn=lambda view: view.status.value,
        measure_fn=_minute_measure,
    ),
    HubSensorDescription[InputView](
        key="last_trigger",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        # The event entity has the time too; this is for those who want it without what was suppressed.
        entity_registry_enabled_default=False,
        value_fn=lambda view: _at(view.status.triggered_at),
    ),
    HubSensorDescription[InputView](
        key="people",
        state_class=SensorStateClass.MEASUREMENT,
        needs_source=True,
        has_fn=lambda view: view.record.has_detection,
        value_fn=lambda view: view.status.people,
    ),
    HubSensorDescription[InputView](
        key="last_detection",
        device_class=SensorDeviceClass.TIMESTAMP,
        has_fn=lambda view: view.record.has_detection,
        value_fn=lambda view: _at(view.status.detected_at),
    ),
    HubSensorDescription[InputView](
        key="detection_status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in DetectionStatus],
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        has_fn=lambda view: view.record.has_detection,
        value_fn=lambda view: view.status.detection,
        attributes_fn=lambda view: {"reason": view.status.detection_reason},
    ),
)
OUTPUT_DESCRIPTIONS: Final = (
    HubSensorDescription[OutputView](
        key="last_command",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in CommandStatus],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda view: view.status.command_status,
    ),
)
SOURCE_DESCRIPTIONS: Final = (
    HubSensorDescription[SourceView](
        key="last_seen",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        has_fn=lambda view: view.supervised,
        value_fn=lambda view: None if view.status is None else _at(view.status.last_seen, COARSE),
    ),
    HubSensorDescription[SourceView](
        key="last_heartbeat",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        has_fn=lambda view: view.supervised,
        value_fn=lambda view: None if view.status is None else _at(view.status.last_heartbeat, COARSE),
    ),
    HubSensorDescription[SourceView](
        key="clock_offset",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        has_fn=lambda view: view.supervised,
        value_fn=lambda view: None if view.status is None else round(view.status.clock_offset),
    ),
    HubSensorDescription[SourceView](
        key="started",
        device_class=SensorDeviceClass.UPTIME,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        has_fn=lambda view: view.status is not None and view.status.uptime is not None,
        value_fn=_started,
    ),
)
BUDGET_DESCRIPTIONS: Final = tuple(
    HubSensorDescription[SourceView](
        key=key,
        # An app counts from nothing each day, and each month.
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        needs_source=True,
        has_fn=lambda view: view.record.has_budget,
        value_fn=partial(_spent, calls),
    )
    for key, calls in (
        ("paid_detections_today", lambda budget: budget.calls_today),
        ("paid_detections_month", lambda budget: budget.calls_this_month),
    )
)
COST_DESCRIPTIONS: Final = (
    HubSensorDescription[SourceView](
        key="detection_cost_month",
        state_class=SensorStateClass.TOTAL,
        entity_category=EntityCategory.DIAGNOSTIC,
        needs_source=True,
        has_fn=lambda view: view.record.currency is not None,
        value_fn=partial(_spent, lambda budget: budget.cost_this_month),
        measure_fn=lambda view: Measure(
            device_class=SensorDeviceClass.MONETARY, unit=view.record.currency, precision=2
        ),
    ),
)
HUB_DESCRIPTIONS: Final = tuple(
    HubSensorDescription[HubView](
        key=key,
        state_class=state_class,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=count,
    )
    for key, state_class, count in (
        ("refused", SensorStateClass.TOTAL_INCREASING, lambda view: view.record.receiver.refusals.by_reason.total()),
        ("received", SensorStateClass.TOTAL_INCREASING, lambda view: view.record.counters.received.total()),
        ("sources", SensorStateClass.MEASUREMENT, lambda view: len(view.record.state.sources)),
        ("inputs", SensorStateClass.MEASUREMENT, lambda view: len(view.record.state.inputs)),
        ("outputs", SensorStateClass.MEASUREMENT, lambda view: len(view.record.state.outputs)),
    )
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: EventHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of everything there is, and whatever comes."""
    follow(entry, INPUTS, INPUT_DESCRIPTIONS, HubSensor, async_add_entities)
    follow(entry, OUTPUTS, OUTPUT_DESCRIPTIONS, HubSensor, async_add_entities)
    follow(entry, SOURCES, SOURCE_DESCRIPTIONS, HubSensor, async_add_entities)
    follow(entry, SOURCES, BUDGET_DESCRIPTIONS, HubSensor, async_add_entities)
    follow(entry, SOURCES, COST_DESCRIPTIONS, HubCost, async_add_entities)
    follow(entry, HUB, HUB_DESCRIPTIONS, HubCounter, async_add_entities)
    follow(entry, PARTITIONS, ALARM_SENSOR_DESCRIPTIONS, AlarmSensor, async_add_entities)


class HubSensor[V: View](HubEntity[V, Value], SensorEntity):
    """Show a value."""

    domain = Platform.SENSOR
    entity_description: HubSensorDescription[V]

    @property
    @override
    def native_value(self) -> Value:
        """Return it."""
        return self.shown

    @override
    def _describe(self, view: V) -> Measure | None:
        description = self.entity_description
        if description.enabled_fn is not None:
            self._attr_entity_registry_enabled_default = description.enabled_fn(view)
        if description.measure_fn is None:
            return None
        measure = description.measure_fn(view)
        self._attr_device_class = measure.device_class
        self._attr_native_unit_of_measurement = measure.unit
        self._attr_suggested_display_precision = measure.precision
        return measure


class HubCost(HubSensor[SourceView]):
    """Show what an app spends in a month; statistics are told when the next one begins."""

    @override
    @callback
    def look(self) -> bool:
        """Take over since when it counts."""
        view = self._kind.look(self.hub, self.key)
        self._attr_last_reset = _at(None if view is None or view.status is None else view.status.cost_since)
        return super().look()


class HubCounter(HubSensor[HubView]):
    """Show what the hub counts: looked at every minute, because it counts much faster than anybody reads."""

    _attr_should_poll = True

    async def async_update(self) -> None:
        """Look at the count."""
        self.look()
