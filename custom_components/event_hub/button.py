"""What people press: outputs that do one thing when commanded, and the inputs that are always there."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .commanding import async_command_output, press_input
from .engine.model import PANIC_KEY, REPORT_KEY
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry, Hub
from .views import HUB, OUTPUTS, HubView, OutputView, View

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class HubButtonDescription[V: View](HubEntityDescription[V, None], ButtonEntityDescription):
    """Describe a button. ``press_fn`` does what it is for with the thing of a key."""

    value_fn: Callable[[V], None] = lambda _: None
    press_fn: Callable[[Hub, str], Coroutine[Any, Any, None]]


async def _press_input(pressed: str, hub: Hub, _: str) -> None:
    press_input(hub, pressed)


OUTPUT_DESCRIPTIONS: Final = (
    HubButtonDescription[OutputView](
        key="trigger",
        name=None,
        needs_source=True,
        has_fn=lambda view: view.record.channel is None,
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


class HubButton[V: View](HubEntity[V, None], ButtonEntity):
    """Do something when pressed."""

    domain = Platform.BUTTON
    entity_description: HubButtonDescription[V]

    @override
    async def async_press(self) -> None:
        """Do it."""
        await self.entity_description.press_fn(self.hub, self.key)
