"""What people press: outputs that do one thing when commanded, and the inputs that are always there."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_entities import ALARM_BUTTON_DESCRIPTIONS, AlarmButton
from .alarm_views import PARTITIONS
from .commanding import async_command_output, async_press_input
from .device_class import used_as
from .engine.model import EXPECTED_SOURCE, PANIC_KEY, REPORT_KEY
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry, Hub
from .telling_entities import CHANNEL_BUTTON_DESCRIPTIONS, follow_channels
from .views import HUB, OUTPUTS, HubView, Kind, OutputView, View

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class HubButtonDescription[V: View](HubEntityDescription[V, None], ButtonEntityDescription):
    """Describe a button. ``press_fn`` does what it is for with the thing of a key.

    ``use_fn`` tells what the thing is used as, where its icon depends on that.
    """

    value_fn: Callable[[V], None] = lambda _: None
    use_fn: Callable[[V], str | None] | None = None
    press_fn: Callable[[Hub, str], Coroutine[Any, Any, None]]


async def _press_input(pressed: str, hub: Hub, _: str) -> None:
    await async_press_input(hub, pressed)


def _has_button(view: OutputView) -> bool:
    """Whether an output is not switched on and off. Before it has reported nobody knows, nor where to reach it."""
    return view.record.channel is None and view.record.source_id != EXPECTED_SOURCE.source_id


OUTPUT_DESCRIPTIONS: Final = (
    HubButtonDescription[OutputView](
        key="trigger",
        name=None,
        needs_source=True,
        # A device that is an input too has a state that goes by the device's name.
        has_fn=lambda view: _has_button(view) and not view.is_input,
        use_fn=lambda view: used_as(view.record),
        press_fn=async_command_output,
    ),
    HubButtonDescription[OutputView](
        key="trigger",
        needs_source=True,
        has_fn=_has_button,
        use_fn=lambda view: used_as(view.record),
        press_fn=async_command_output,
    ),
)
HUB_DESCRIPTIONS: Final = tuple(
    HubButtonDescription[HubView](key=key, press_fn=partial(_press_input, pressed))
    for key, pressed in (("panic", PANIC_KEY), ("report", REPORT_KEY))
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: EventHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the hub's buttons, and one for every output that is not switched on and off."""
    follow(entry, OUTPUTS, OUTPUT_DESCRIPTIONS, HubButton, async_add_entities)
    follow(entry, HUB, HUB_DESCRIPTIONS, HubButton, async_add_entities)
    follow(entry, PARTITIONS, ALARM_BUTTON_DESCRIPTIONS, AlarmButton, async_add_entities)
    entry.async_on_unload(follow_channels(entry.runtime_data, CHANNEL_BUTTON_DESCRIPTIONS, async_add_entities))


class HubButton[V: View](HubEntity[V, None], ButtonEntity):
    """Do something when pressed."""

    domain = Platform.BUTTON
    entity_description: HubButtonDescription[V]

    def __init__(self, hub: Hub, kind: Kind[V], view: V, key: str, description: HubButtonDescription[V]) -> None:
        """Show what the button is for."""
        super().__init__(hub, kind, view, key, description)
        use = description.use_fn(view) if description.use_fn is not None else None
        if use is not None:
            self._attr_translation_key = f"{description.key}_{use}"
        if description.name is None:
            self._attr_name = None

    @override
    async def async_press(self) -> None:
        """Do it."""
        await self.entity_description.press_fn(self.hub, self.key)
