"""What people switch: devices on and off in the hub, all outputs at once, and outputs that tell their state."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_door import Requester
from .alarm_entities import ALARM_SWITCH_DESCRIPTIONS, ZONE_SWITCH_DESCRIPTIONS, AlarmSwitch
from .alarm_views import PARTITIONS, ZONES
from .asked import checked
from .commanding import async_command_output
from .engine.alarm.codes import Path
from .engine.events import EnabledSet, OutputsSuspended
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry, Hub
from .requester import async_requester
from .schedule_views import schedule_attributes
from .views import HUB, INPUTS, OUTPUTS, HubView, InputView, OutputView, View

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class HubSwitchDescription[V: View](HubEntityDescription[V, bool | None], SwitchEntityDescription):
    """Describe a switch. ``set_fn`` turns the thing of a key on or off for somebody."""

    set_fn: Callable[[Hub, str, bool, Requester], Coroutine[Any, Any, None]]


async def _enable_input(hub: Hub, key: str, enabled: bool, by: Requester) -> None:  # noqa: FBT001 - what a switch sets
    hub.post(EnabledSet(inputs=(key,), enabled=enabled, actor=by.actor))


async def _enable_output(hub: Hub, key: str, enabled: bool, by: Requester) -> None:  # noqa: FBT001 - what a switch sets
    hub.post(EnabledSet(outputs=(key,), enabled=enabled, actor=by.actor))


async def _allow_outputs(hub: Hub, _: str, allowed: bool, __: Requester) -> None:  # noqa: FBT001 - what a switch sets
    hub.post(OutputsSuspended(suspended=not allowed))


async def _set_output(hub: Hub, key: str, turn_on: bool, _: Requester) -> None:  # noqa: FBT001 - what a switch sets
    await async_command_output(hub, key, turn_on=turn_on)


INPUT_DESCRIPTIONS: Final = (
    HubSwitchDescription[InputView](
        key="input_enabled",
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda view: view.record.enabled,
        attributes_fn=lambda view: schedule_attributes(view.schedule),
        set_fn=_enable_input,
    ),
)
OUTPUT_DESCRIPTIONS: Final = (
    HubSwitchDescription[OutputView](
        key="channel",
        name=None,
        needs_source=True,
        has_fn=lambda view: view.record.channel is not None,
        value_fn=lambda view: view.status.is_on,
        set_fn=_set_output,
    ),
    HubSwitchDescription[OutputView](
        key="relay",
        needs_source=True,
        has_fn=lambda view: view.record.channel is None and view.record.has_state,
        value_fn=lambda view: view.status.is_on,
        set_fn=_set_output,
    ),
    HubSwitchDescription[OutputView](
        key="output_enabled",
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda view: view.record.enabled,
        attributes_fn=lambda view: schedule_attributes(view.schedule),
        set_fn=_enable_output,
    ),
)
HUB_DESCRIPTIONS: Final = (
    HubSwitchDescription[HubView](
        key="outputs",
        value_fn=lambda view: not view.record.state.outputs_suspended,
        set_fn=_allow_outputs,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: EventHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of everything there is, and whatever comes."""
    follow(entry, INPUTS, INPUT_DESCRIPTIONS, HubSwitch, async_add_entities)
    follow(entry, OUTPUTS, OUTPUT_DESCRIPTIONS, HubSwitch, async_add_entities)
    follow(entry, HUB, HUB_DESCRIPTIONS, HubSwitch, async_add_entities)
    follow(entry, PARTITIONS, ALARM_SWITCH_DESCRIPTIONS, AlarmSwitch, async_add_entities)
    follow(entry, ZONES, ZONE_SWITCH_DESCRIPTIONS, AlarmSwitch, async_add_entities)


class HubSwitch[V: View](HubEntity[V, bool | None], SwitchEntity):
    """Show and set whether something is on."""

    domain = Platform.SWITCH
    entity_description: HubSwitchDescription[V]

    @property
    @override
    def is_on(self) -> bool | None:
        """Return it; ``None`` while the board has not said."""
        return self.shown

    @property
    @override
    def assumed_state(self) -> bool:
        """Whether on and off are both offered, because nobody knows which it is."""
        return self.shown is None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self._async_set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self._async_set(on=False)

    async def _async_set(self, *, on: bool) -> None:
        by = await async_requester(self.hass, self._context, Path.PANEL)
        with checked():
            await self.entity_description.set_fn(self.hub, self.key, on, by)
