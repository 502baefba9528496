"""What people set: for how long an output stays on when it is triggered."""

from dataclasses import dataclass
from math import isfinite
from typing import Final, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription
from homeassistant.components.number.const import NumberDeviceClass, NumberMode
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .asked import checked
from .engine.events import OutputOptionsSet
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry
from .views import OUTPUTS, OutputView

PARALLEL_UPDATES = 0
SHORTEST: Final = 0.1
LONGEST: Final = 86_400.0


@dataclass(frozen=True, kw_only=True)
class HubNumberDescription(HubEntityDescription[OutputView, float | None], NumberEntityDescription):
    """Describe a number."""


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if isfinite(seconds) and seconds > 0 else None


def _duration(view: OutputView) -> float | None:
    record = view.record
    return _seconds(record.advertised_params if record.params is None else record.params)


DESCRIPTIONS: Final = (
    HubNumberDescription(
        key="duration",
        device_class=NumberDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        native_min_value=SHORTEST,
        native_max_value=LONGEST,
        native_step=0.1,
        mode=NumberMode.BOX,
        entity_category=EntityCategory.CONFIG,
        # An output that tells whether it is on and advertises a number stays on for so many seconds.
        has_fn=lambda view: view.record.has_state and _seconds(view.record.advertised_params) is not None,
        value_fn=_duration,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: EventHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a duration for every output that has one."""
    follow(entry, OUTPUTS, DESCRIPTIONS, HubNumber, async_add_entities)


class HubNumber(HubEntity[OutputView, float | None], NumberEntity):
    """Show and set a number."""

    domain = Platform.NUMBER
    entity_description: HubNumberDescription

    @property
    @override
    def native_value(self) -> float | None:
        """Return it."""
        return self.shown

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it; what the device advertises stays known."""
        with checked():
            self.hub.post(OutputOptionsSet(output_key=self.key, options={"params": f"{value:.10g}"}))
