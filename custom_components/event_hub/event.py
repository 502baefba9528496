"""What was made of each thing that inputs reported: it triggered, it was suppressed, it became clear."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .engine.model import Decision, Reason, RecentTrigger
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry
from .views import INPUTS, InputView

PARALLEL_UPDATES = 0

SUPPRESSED: Final = "suppressed"
EVENT_TYPES: Final[Mapping[Reason, str]] = {Reason.TRIGGERED: "triggered", Reason.CLEARED: "cleared"}


@dataclass(frozen=True, kw_only=True)
class HubEventDescription(HubEntityDescription[InputView, None], EventEntityDescription):
    """Describe an event entity."""


DESCRIPTIONS: Final = (
    HubEventDescription(key="trigger", event_types=[*EVENT_TYPES.values(), SUPPRESSED], value_fn=lambda _: None),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: EventHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an event entity for every input."""
    follow(entry, INPUTS, DESCRIPTIONS, HubEvent, async_add_entities)


class HubEvent(HubEntity[InputView, None], EventEntity):
    """Tell every decision about an input."""

    domain = Platform.EVENT
    entity_description: HubEventDescription
    # What differs with every event would cost the recorder a row of its own each time; the activity log has it all.
    _unrecorded_attributes = frozenset({"recent", "outputs", "decision_id", "value"})

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to decisions too."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.announcer.listen_decisions(self.key, self._decided))

    @callback
    def _decided(self, decision: Decision) -> None:
        self._trigger_event(EVENT_TYPES.get(decision.reason, SUPPRESSED), attributes_of(decision))
        self.write()


def attributes_of(decision: Decision) -> dict[str, Any]:
    """Return what a decision tells automations; ``recent`` are other inputs' triggers before it, newest first."""
    return {
        "reason": decision.reason.value,
        "detail": decision.detail,
        "value": decision.value,
        "decision_id": decision.decision_id,
        "outputs": {output.output_key: output.reason.value for output in decision.outputs},
        "recent": [_shown(trigger) for trigger in decision.recent],
    }


@lru_cache(maxsize=256)
def _shown(trigger: RecentTrigger) -> Mapping[str, Any]:
    """Return a trigger for automations; it is the same in every event that follows it."""
    return {
        "input": trigger.key,
        "label": trigger.label,
        "detail": trigger.detail,
        "at": dt_util.utc_from_timestamp(trigger.at).isoformat(),
    }
