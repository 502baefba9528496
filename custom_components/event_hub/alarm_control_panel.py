"""The alarm panel of each partition, and of each master over some: a mapping, no rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.alarm_control_panel import AlarmControlPanelEntity, AlarmControlPanelEntityDescription
from homeassistant.components.alarm_control_panel.const import (
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
    CodeFormat,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_views import PARTITIONS, PartitionView, alarm_data, name_of_zone, ready_data
from .engine.alarm.codes import Path
from .engine.alarm.model import Action, Actor, Mode
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry
from .iso_time import iso
from .requester import async_requester, context_of

PARALLEL_UPDATES = 0

FEATURES: Final[Mapping[Mode, AlarmControlPanelEntityFeature]] = {
    Mode.AWAY: AlarmControlPanelEntityFeature.ARM_AWAY,
    Mode.HOME: AlarmControlPanelEntityFeature.ARM_HOME,
    Mode.NIGHT: AlarmControlPanelEntityFeature.ARM_NIGHT,
    Mode.VACATION: AlarmControlPanelEntityFeature.ARM_VACATION,
    Mode.CUSTOM: AlarmControlPanelEntityFeature.ARM_CUSTOM_BYPASS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the panel shows besides its attributes."""

    state: AlarmControlPanelState
    changed_by: str | None
    features: AlarmControlPanelEntityFeature
    code_format: CodeFormat | None
    code_arm_required: bool


@dataclass(frozen=True, kw_only=True)
class PanelDescription(HubEntityDescription[PartitionView, Shown], AlarmControlPanelEntityDescription):
    """Describe a panel."""


def _shown(view: PartitionView) -> Shown:
    partition_id, desk = view.record.partition_id, view.desk
    features = AlarmControlPanelEntityFeature.TRIGGER
    for mode in view.modes:
        features |= FEATURES[mode]
    to_arm = desk.code_needed(partition_id, Action.ARM, Path.PANEL)
    needed = to_arm or desk.code_needed(partition_id, Action.DISARM, Path.PANEL)
    digits = CodeFormat.NUMBER if desk.codes_are_digits else CodeFormat.TEXT
    return Shown(
        state=view.state,
        changed_by=view.changed_by,
        features=features,
        code_format=digits if needed else None,
        code_arm_required=to_arm,
    )


def attributes_of(view: PartitionView) -> dict[str, Any]:
    """Return what people and automations want to know before they arm, and after an alarm."""
    desk = view.desk
    return {
        **ready_data(view),
        "bypassed": [name_of_zone(desk, key) for key in view.bypassed],
        "memory": [alarm_data(desk, alarm) for alarm in view.memory],
        "delay_end": iso(view.delay_end),
        "locked_until": iso(view.locked_until),
        "walk_test": view.walk_test,
        "partly_armed": desk.view(view.record.partition_id).partial,
    }


DESCRIPTIONS: Final = (PanelDescription(key="panel", name=None, value_fn=_shown, attributes_fn=attributes_of),)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: EventHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a panel for every partition there is, and whatever comes."""
    follow(entry, PARTITIONS, DESCRIPTIONS, AlarmPanel, async_add_entities)


class AlarmPanel(HubEntity[PartitionView, Shown], AlarmControlPanelEntity):
    """Show a partition, and ask it for what people want."""

    domain = Platform.ALARM_CONTROL_PANEL
    entity_description: PanelDescription
    # Lists that change with every door; the sensors of the partition have what one asks the history for.
    _unrecorded_attributes = frozenset({"ready", "not_ready", "warnings", "bypassed", "memory"})
    _changed_at: float | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Show how things are; who made them so before is not who asks now."""
        self._changed_at = self._changed()[0]
        await super().async_added_to_hass()

    @callback
    @override
    def write(self) -> None:
        """Write the state, in the context of who has just armed or disarmed, over whatever way."""
        changed_at, actor = self._changed()
        if changed_at != self._changed_at:
            self._changed_at = changed_at
            if (context := context_of(actor)) is not None:
                self.async_set_context(context)
        super().write()

    def _changed(self) -> tuple[float | None, Actor | None]:
        view = PARTITIONS.look(self.hub, self.key)
        return (None, None) if view is None else (view.changed.changed_at, view.changed.changed_by)

    @property
    @override
    def alarm_state(self) -> AlarmControlPanelState:
        """Return what it is doing."""
        return self.shown.state

    @property
    @override
    def changed_by(self) -> str | None:
        """Return who armed or disarmed last."""
        return self.shown.changed_by

    @property
    @override
    def code_format(self) -> CodeFormat | None:
        """Return how codes are entered; ``None`` where none is needed."""
        return self.shown.code_format

    @property
    @override
    def code_arm_required(self) -> bool:
        """Return whether arming takes a code as things are now: once armed, a change of the mode."""
        return self.shown.code_arm_required

    @property
    @override
    def supported_features(self) -> AlarmControlPanelEntityFeature:
        """Return the modes it can be armed in. Help can always be called for."""
        return self.shown.features

    @callback
    @override
    def _async_read_entity_options(self) -> None:
        """Take no code from the entity's options: kept there in plain words, it would be given for whoever asks."""

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        """Disarm."""
        await self._async_ask(Action.DISARM, code)

    @override
    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        """Arm while people are at home."""
        await self._async_ask(Action.ARM, code, Mode.HOME)

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        """Arm while everybody is away."""
        await self._async_ask(Action.ARM, code, Mode.AWAY)

    @override
    async def async_alarm_arm_night(self, code: str | None = None) -> None:
        """Arm for the night."""
        await self._async_ask(Action.ARM, code, Mode.NIGHT)

    @override
    async def async_alarm_arm_vacation(self, code: str | None = None) -> None:
        """Arm for a long time."""
        await self._async_ask(Action.ARM, code, Mode.VACATION)

    @override
    async def async_alarm_arm_custom_bypass(self, code: str | None = None) -> None:
        """Arm in the mode that is people's own."""
        await self._async_ask(Action.ARM, code, Mode.CUSTOM)

    @override
    async def async_alarm_trigger(self, code: str | None = None) -> None:
        """Call for help."""
        await self._async_ask(Action.PANIC, code)

    async def _async_ask(self, action: Action, code: str | None, mode: Mode | None = None) -> None:
        """Ask over the one door there is. Raises ``AlarmRefusedError``."""
        by = await async_requester(self.hass, self._context, Path.PANEL)
        await self.hub.alarm.async_ask(self.key, action, by, code=code, mode=mode)
