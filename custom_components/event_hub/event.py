"""What was made of each thing that inputs reported (triggered, suppressed, cleared), and what cameras saw."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.effects import Detected
from .engine.model import Decision, Reason, RecentTrigger
from .entity import HubEntity, HubEntityDescription, follow
from .hub import EventHubConfigEntry
from .iso_time import iso
from .views import INPUTS, InputView
from .wire.detection import Category, Detection

PARALLEL_UPDATES = 0

SUPPRESSED: Final = "suppressed"
EVENT_TYPES: Final[Mapping[Reason, str]] = {Reason.TRIGGERED: "triggered", Reason.CLEARED: "cleared"}
# In the order in which they are told: what counts most is told last, and so is what the entity goes on to show.
KINDS: Final[tuple[Category, ...]] = (Category.ANIMAL, Category.VEHICLE, Category.PERSON)


@dataclass(frozen=True, kw_only=True)
class HubEventDescription(HubEntityDescription[InputView, None], EventEntityDescription):
    """Describe an event entity."""

    value_fn: Callable[[InputView], None] = lambda _: None


DESCRIPTIONS: Final = (HubEventDescription(key="trigger", event_types=[*EVENT_TYPES.values(), SUPPRESSED]),)
DETECTION_DESCRIPTIONS: Final = (
    HubEventDescription(
        key="detection",
        event_types=[category.value for category in Category],
        has_fn=lambda view: view.record.has_detection,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: EventHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an event entity for every input, and one more for those whose pictures are looked at."""
    follow(entry, INPUTS, DESCRIPTIONS, HubEvent, async_add_entities)
    follow(entry, INPUTS, DETECTION_DESCRIPTIONS, HubDetection, async_add_entities)


class HubEvent(HubEntity[InputView, None], EventEntity):
    """Tell every decision about an input, but for messages that came before."""

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
        if decision.reason is Reason.DUPLICATE:
            # What an app tells over both brokers happened once; the activity log has both.
            return
        self._trigger_event(EVENT_TYPES.get(decision.reason, SUPPRESSED), attributes_of(decision))
        self.write()


class HubDetection(HubEntity[InputView, None], EventEntity):
    """Tell what is found in an input's pictures, one event for each kind of it."""

    domain = Platform.EVENT
    entity_description: HubEventDescription
    _unrecorded_attributes = frozenset({"confidence", "image_id"})

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to detections too."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.announcer.listen_detections(self.key, self._detected))

    @callback
    def _detected(self, detected: Detected) -> None:
        for kind, attributes in kinds_of(detected.detection):
            self._trigger_event(kind.value, {**attributes, "image_id": detected.image_id})
            self.write()


def kinds_of(detection: Detection) -> list[tuple[Category, dict[str, Any]]]:
    """Return each kind of thing that was found, and what is told of it; anything else only where there is no other.

    ``confidence`` is the highest, in percent.
    """
    found = {thing.category for thing in detection.things}
    told = [kind for kind in KINDS if kind in found] or sorted(found)
    return [(kind, _told_of(kind, detection)) for kind in told]


def _told_of(kind: Category, detection: Detection) -> dict[str, Any]:
    things = [thing for thing in detection.things if thing.category is kind]
    known = [thing.confidence for thing in things if thing.confidence is not None]
    return {
        "count": len(things),
        "labels": sorted({thing.label for thing in things}),
        "confidence": max(known, default=None),
        "detector": detection.detector,
    }


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
        "at": iso(trigger.at),
    }
