"""What people automate on beside the panel: a partition's sensors, switches and buttons. Each platform adds its own.

Switches and buttons cannot ask for a code. Where the partition requires one for what they do, they are not there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.components.sensor.const import SensorDeviceClass
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.util import dt as dt_util

from .alarm_views import PartitionView, ZoneView, alarm_data, name_of_zone, ready, trouble_data
from .engine.alarm.codes import Path
from .engine.alarm.model import Action
from .entity import HubEntity, HubEntityDescription
from .hub import Hub
from .requester import async_requester
from .views import Kind, View


@dataclass(frozen=True, kw_only=True)
class AlarmBinarySensorDescription(HubEntityDescription[PartitionView, bool], BinarySensorEntityDescription):
    """Describe a yes or no about a partition."""


@dataclass(frozen=True, kw_only=True)
class AlarmSensorDescription(HubEntityDescription[PartitionView, datetime | None], SensorEntityDescription):
    """Describe a time that a partition tells."""


@dataclass(frozen=True, kw_only=True)
class AlarmSwitchDescription[V: View](HubEntityDescription[V, bool], SwitchEntityDescription):
    """Describe what is switched. ``ask_fn`` returns the partition and the zones it is about."""

    action: Action
    ask_fn: Callable[[str], tuple[str, tuple[str, ...]]]


@dataclass(frozen=True, kw_only=True)
class AlarmButtonDescription(HubEntityDescription[PartitionView, None], ButtonEntityDescription):
    """Describe what pressing asks for."""

    value_fn: Callable[[PartitionView], None] = lambda _: None
    action: Action


def _needs_no_code(action: Action, view: PartitionView | ZoneView) -> bool:
    return not view.desk.code_needed(view.record.partition_id, action, Path.PANEL)


def _may_be_bypassed(view: ZoneView) -> bool:
    return view.zone.may_be_bypassed and _needs_no_code(Action.BYPASS, view)


def _time(at: float | None) -> datetime | None:
    return None if at is None else dt_util.utc_from_timestamp(at)


def _zone_of(name: str) -> tuple[str, tuple[str, ...]]:
    partition_id, _, key = name.partition(":")
    return partition_id, (key,)


ALARM_BINARY_SENSOR_DESCRIPTIONS: Final = (
    # What is in the way is told by the panel.
    AlarmBinarySensorDescription(key="ready", value_fn=lambda view: ready(view).in_every_mode),
    AlarmBinarySensorDescription(
        key="trouble",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda view: view.has_trouble,
        attributes_fn=lambda view: {"what": trouble_data(view)},
    ),
    AlarmBinarySensorDescription(key="siren", value_fn=lambda view: view.siren),
)
ALARM_SENSOR_DESCRIPTIONS: Final = (
    AlarmSensorDescription(
        key="delay_ends",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda view: _time(view.delay_end),
    ),
    AlarmSensorDescription(
        key="last_alarm",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda view: _time(view.last_alarm),
        attributes_fn=lambda view: {"memory": [alarm_data(view.desk, alarm) for alarm in view.memory]},
    ),
)
ALARM_SWITCH_DESCRIPTIONS: Final = (
    AlarmSwitchDescription[PartitionView](
        key="walk_test",
        entity_category=EntityCategory.CONFIG,
        goes_from=Platform.SWITCH,
        has_fn=partial(_needs_no_code, Action.WALK_TEST),
        value_fn=lambda view: view.walk_test,
        action=Action.WALK_TEST,
        ask_fn=lambda partition_id: (partition_id, ()),
    ),
)
ZONE_SWITCH_DESCRIPTIONS: Final = (
    AlarmSwitchDescription[ZoneView](
        key="bypass",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        goes_from=Platform.SWITCH,
        has_fn=_may_be_bypassed,
        value_fn=lambda view: view.bypassed,
        action=Action.BYPASS,
        ask_fn=_zone_of,
    ),
)
ALARM_BUTTON_DESCRIPTIONS: Final = (
    AlarmButtonDescription(
        key="acknowledge_alarm",
        goes_from=Platform.BUTTON,
        has_fn=partial(_needs_no_code, Action.ACKNOWLEDGE),
        action=Action.ACKNOWLEDGE,
    ),
    AlarmButtonDescription(
        key="silence_siren",
        goes_from=Platform.BUTTON,
        has_fn=partial(_needs_no_code, Action.SILENCE),
        action=Action.SILENCE,
    ),
    # A button that calls for help at a touch is for those who want it: help can be called for at the panel.
    AlarmButtonDescription(key="alarm_panic", entity_registry_enabled_default=False, action=Action.PANIC),
)


class AlarmBinarySensor(HubEntity[PartitionView, bool], BinarySensorEntity):
    """Show a yes or no about a partition."""

    domain = Platform.BINARY_SENSOR
    entity_description: AlarmBinarySensorDescription
    _unrecorded_attributes = frozenset({"what"})

    @property
    @override
    def is_on(self) -> bool:
        """Return it."""
        return self.shown


class AlarmSensor(HubEntity[PartitionView, datetime | None], SensorEntity):
    """Show a time that a partition tells."""

    domain = Platform.SENSOR
    entity_description: AlarmSensorDescription
    _unrecorded_attributes = frozenset({"memory"})

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return it."""
        return self.shown


class AlarmSwitch[V: PartitionView | ZoneView](HubEntity[V, bool], SwitchEntity):
    """Switch something of a partition, the way its codes allow."""

    domain = Platform.SWITCH
    entity_description: AlarmSwitchDescription[V]

    def __init__(self, hub: Hub, kind: Kind[V], view: V, key: str, description: AlarmSwitchDescription[V]) -> None:
        """Show the switch by the name of its zone, where it is about one."""
        super().__init__(hub, kind, view, key, description)
        if isinstance(view, ZoneView):
            self._attr_translation_placeholders = {"zone": name_of_zone(view.desk, view.key)}

    @property
    @override
    def is_on(self) -> bool:
        """Return it."""
        return self.shown

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self._async_set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self._async_set(on=False)

    async def _async_set(self, *, on: bool) -> None:
        """Ask for it. Raises ``AlarmRefusedError``."""
        by = await async_requester(self.hass, self._context, Path.PANEL)
        partition_id, zones = self.entity_description.ask_fn(self.key)
        await self.hub.alarm.async_ask(
            partition_id, self.entity_description.action, by, zones=zones, bypassed=on, on=on
        )


class AlarmButton(HubEntity[PartitionView, None], ButtonEntity):
    """Ask a partition for something when pressed."""

    domain = Platform.BUTTON
    entity_description: AlarmButtonDescription

    @override
    async def async_press(self) -> None:
        """Ask for it. Raises ``AlarmRefusedError``."""
        by = await async_requester(self.hass, self._context, Path.PANEL)
        await self.hub.alarm.async_ask(self.key, self.entity_description.action, by)
