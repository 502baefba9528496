"""Inputs that are active, sources that are lost, brokers that are connected."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .device_class import sensed_by
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry
from .views import HUB, INPUTS, SOURCES, HubView, InputView, SourceView, View
from .wire.messages import Transport

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class HubBinarySensorDescription[V: View](HubEntityDescription[V, bool], BinarySensorEntityDescription):
    """Describe a binary sensor. ``sensed_fn`` returns the device class where that depends on the thing.

    ``detail_fn`` returns in words what "on" means just now; people see it as an attribute.
    """

    sensed_fn: Callable[[V], BinarySensorDeviceClass | None] | None = None
    detail_fn: Callable[[V], str | None] | None = None


def _has_problem(view: SourceView) -> bool:
    return view.lost or (view.status is not None and abs(view.status.clock_offset) > view.offset_problem)


def _has_link(transport: Transport, view: HubView) -> bool:
    return transport in view.record.links


def _is_up(transport: Transport, view: HubView) -> bool:
    return view.record.state.transports.get(transport, False)


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
        detail_fn=lambda view: view.status.fault,
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
    ),
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
    follow(entry, HUB, HUB_DESCRIPTIONS, HubBinarySensor, async_add_entities)


class HubBinarySensor[V: View](HubEntity[V, bool], BinarySensorEntity):
    """Show a yes or no."""

    domain = Platform.BINARY_SENSOR
    _attr_extra_state_attributes: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed
    entity_description: HubBinarySensorDescription[V]

    @property
    @override
    def is_on(self) -> bool:
        """Return it."""
        return self.shown

    @override
    @callback
    def look(self) -> bool:
        """Take over the detail too."""
        changed = super().look()
        detail_fn, view = self.entity_description.detail_fn, self._kind.look(self.hub, self.key)
        if detail_fn is None or view is None:
            return changed
        before, detail = self._attr_extra_state_attributes, {"detail": detail_fn(view)}
        self._attr_extra_state_attributes = detail
        return changed or before != detail

    @override
    def _describe(self, view: V) -> BinarySensorDeviceClass | None:
        if self.entity_description.sensed_fn is None:
            return None
        self._attr_device_class = self.entity_description.sensed_fn(view)
        return self._attr_device_class
