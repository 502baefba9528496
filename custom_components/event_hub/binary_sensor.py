"""Inputs that are active, sources that are lost, brokers that are connected."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_entities import ALARM_BINARY_SENSOR_DESCRIPTIONS, AlarmBinarySensor
from .alarm_views import PARTITIONS
from .device_class import sensed_by
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry
from .views import HUB, INPUTS, SOURCES, HubView, InputView, SourceView, View
from .wire.messages import Transport
from .wire.wellbeing import PartHealth

PARALLEL_UPDATES = 0

# What an app may tell the health of; a part of another name is known to diagnostics alone.
PARTS: Final = ("receiver", "detector", "archive", "storage", "cameras", "brokers")


@dataclass(frozen=True, kw_only=True)
class HubBinarySensorDescription[V: View](HubEntityDescription[V, bool | None], BinarySensorEntityDescription):
    """Describe a binary sensor. ``sensed_fn`` returns the device class where that depends on the thing."""

    sensed_fn: Callable[[V], BinarySensorDeviceClass | None] | None = None


def _has_problem(view: SourceView) -> bool:
    return view.lost or (view.status is not None and abs(view.status.clock_offset) > view.offset_problem)


def _clock(view: SourceView) -> dict[str, Any]:
    """Return by how many seconds a source's clock is wrong, once that is worth to be known."""
    offset = 0.0 if view.status is None else view.status.clock_offset
    if abs(offset) <= view.offset_notice:
        return {}
    return {"clock_behind" if offset > 0 else "clock_ahead": round(abs(offset))}


def _part(name: str, view: SourceView) -> PartHealth | None:
    health = () if view.status is None else view.status.health
    return next((part for part in health if part.name == name), None)


def _has_part(name: str, view: SourceView) -> bool:
    return name in view.record.parts


def _part_fails(name: str, view: SourceView) -> bool | None:
    part = _part(name, view)
    return None if part is None else not part.ok


def _part_detail(name: str, view: SourceView) -> dict[str, Any]:
    part = _part(name, view)
    return {"detail": None if part is None else part.detail}


def _has_link(transport: Transport, view: HubView) -> bool:
    return transport in view.record.links


def _is_up(transport: Transport, view: HubView) -> bool:
    return bool(view.record.state.transports.get(transport))


INPUT_DESCRIPTIONS: Final = (
    HubBinarySensorDescription[InputView](
        key="active",
        name=None,
        needs_source=True,
        value_fn=lambda view: view.status.active,
        sensed_fn=lambda view: sensed_by(view.record),
    ),
    HubBinarySensorDescription[InputView](
        key="tamper",
        device_class=BinarySensorDeviceClass.TAMPER,
        entity_category=EntityCategory.DIAGNOSTIC,
        needs_source=True,
        has_fn=lambda view: view.record.has_condition,
        value_fn=lambda view: view.status.tamper,
    ),
    HubBinarySensorDescription[InputView](
        key="fault",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        needs_source=True,
        has_fn=lambda view: view.record.has_condition,
        value_fn=lambda view: view.status.fault is not None,
        attributes_fn=lambda view: {"detail": view.status.fault},
    ),
    HubBinarySensorDescription[InputView](
        key="person_seen",
        device_class=BinarySensorDeviceClass.OCCUPANCY,
        needs_source=True,
        has_fn=lambda view: view.record.has_detection,
        value_fn=lambda view: view.status.people > 0,
    ),
)
SOURCE_DESCRIPTIONS: Final = (
    HubBinarySensorDescription[SourceView](
        key="connected",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        has_fn=lambda view: view.supervised,
        value_fn=lambda view: not view.lost,
    ),
    HubBinarySensorDescription[SourceView](
        key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        has_fn=lambda view: view.supervised,
        value_fn=_has_problem,
        attributes_fn=_clock,
    ),
)
PART_DESCRIPTIONS: Final = tuple(
    HubBinarySensorDescription[SourceView](
        key=f"{part}_problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        needs_source=True,
        goes_from=Platform.BINARY_SENSOR,
        has_fn=partial(_has_part, part),
        value_fn=partial(_part_fails, part),
        attributes_fn=partial(_part_detail, part),
    )
    for part in PARTS
)
HUB_DESCRIPTIONS: Final = tuple(
    HubBinarySensorDescription[HubView](
        key=key,
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        has_fn=partial(_has_link, transport),
        value_fn=partial(_is_up, transport),
    )
    for key, transport in (("rabbitmq", Transport.AMQP), ("mqtt", Transport.MQTT))
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: EventHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a binary sensor for everything there is, and whatever comes."""
    follow(entry, INPUTS, INPUT_DESCRIPTIONS, HubBinarySensor, async_add_entities)
    follow(entry, SOURCES, SOURCE_DESCRIPTIONS, HubBinarySensor, async_add_entities)
    follow(entry, SOURCES, PART_DESCRIPTIONS, HubPart, async_add_entities)
    follow(entry, HUB, HUB_DESCRIPTIONS, HubBinarySensor, async_add_entities)
    follow(entry, PARTITIONS, ALARM_BINARY_SENSOR_DESCRIPTIONS, AlarmBinarySensor, async_add_entities)


class HubBinarySensor[V: View](HubEntity[V, bool | None], BinarySensorEntity):
    """Show a yes or no."""

    domain = Platform.BINARY_SENSOR
    entity_description: HubBinarySensorDescription[V]

    @property
    @override
    def is_on(self) -> bool | None:
        """Return it."""
        return self.shown

    @override
    def _describe(self, view: V) -> BinarySensorDeviceClass | None:
        if self.entity_description.sensed_fn is None:
            return None
        self._attr_device_class = self.entity_description.sensed_fn(view)
        return self._attr_device_class


class HubPart(HubBinarySensor[SourceView]):
    """Show whether a part of an app has a problem, and what to do about it."""

    # Sentences with figures in them, which nobody asks the history for.
    _unrecorded_attributes = frozenset({"detail"})
