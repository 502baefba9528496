"""What every entity of the hub has in common: what it is about, and when it is written.

An entity listens to its own device alone and writes its state only when what
it shows has changed, so an event costs the same however many entities there are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, ClassVar, override

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_state_change_event

from .announcer import DEVICES_AT_ONCE, Topic
from .const import DOMAIN
from .entity_ids import FittingEntity, room_for
from .garbage import untie
from .hub import EventHubConfigEntry, Hub
from .identifiers import object_id
from .views import HUB, Kind, Needs, View


@dataclass(frozen=True, kw_only=True)
class HubEntityDescription[V: View, T](EntityDescription):
    """What an entity shows. ``has_fn`` tells which things have such an entity.

    ``value_fn`` returns what the state is made of; the state is written when it
    differs, or its attributes do. With ``needs_source`` the entity is unavailable while its thing is lost.
    An entity of the platform ``goes_from`` goes when its thing has it no longer; others stay.
    """

    has_fn: Callable[[V], bool] = lambda _: True
    value_fn: Callable[[V], T]
    attributes_fn: Callable[[V], dict[str, Any]] | None = None
    needs_source: bool = False
    goes_from: Platform | None = None


def unique_id(kind: Kind[Any], key: str, description: EntityDescription) -> str:
    """Return the unique id of an entity about the thing called ``key``."""
    return f"{kind.prefix}{key}:{description.key}"


class HubEntity[V: View, T](FittingEntity):
    """An entity about one thing of the hub."""

    domain: ClassVar[Platform]
    entity_description: HubEntityDescription[V, T]
    _attr_extra_state_attributes: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed
    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub, kind: Kind[V], view: V, key: str, description: HubEntityDescription[V, T]) -> None:
        """Show ``view``, which is how the thing called ``key`` stands."""
        self.hub = hub
        self.key = key
        self.entity_description = description
        self.shown: T = description.value_fn(view)
        self._kind = kind
        self._needs = Needs()
        self._stop_watching: list[CALLBACK_TYPE] = []
        self._record = view.record
        self._described = self._describe(view)
        self._attr_translation_key = description.translation_key or description.key
        self._attr_unique_id = unique_id(kind, key, description)
        self._attr_device_info = DeviceInfo(identifiers={kind.identifier(key)})
        self._attr_available = not (description.needs_source and view.lost)
        suffix = None if description.name is None else description.key
        own_id = object_id(view.record, suffix, room_for(self.domain))
        if own_id is not None:
            self.entity_id = f"{self.domain}.{own_id}"

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to what the entity is about, and to nothing else."""
        self.async_on_remove(self._kind.listen(self.hub, self.key, self.async_look_again))
        self.async_on_remove(self._stop_needing)
        self.look()

    @callback
    def async_look_again(self, *_: object) -> None:
        """Write the state if it is another than before."""
        if self.look():
            self.write()

    @callback
    def write(self) -> None:
        """Write the state, in a way that leaves little to collect."""
        before = self.hass.states.get(self.entity_id)
        # Of a state that is replaced Home Assistant keeps a copy of the context.
        context = None if before is None else before.context
        self.async_write_ha_state()
        if context is not None and self.hass.states.get(self.entity_id) is not before:
            untie(context)

    @callback
    def look(self) -> bool:
        """Take over how things stand; returns whether that changed what is shown."""
        view = self._kind.look(self.hub, self.key)
        if view is None:
            # It has been forgotten, and this entity is about to go with its device.
            return False
        before = (self._attr_available, self._described, self.shown, self._attr_extra_state_attributes)
        if self.entity_description.needs_source:
            self._need(self._kind.needs(view))
            self._attr_available = not view.lost
        if view.record is not self._record:
            self._record = view.record
            self._described = self._describe(view)
        self.shown = self.entity_description.value_fn(view)
        if self.entity_description.attributes_fn is not None:
            self._attr_extra_state_attributes = self.entity_description.attributes_fn(view)
        return before != (self._attr_available, self._described, self.shown, self._attr_extra_state_attributes)

    def _describe(self, view: V) -> object:  # noqa: ARG002 - for those that override it
        """Take over what depends on how the thing describes itself, and return it."""
        return None

    def _need(self, needs: Needs) -> None:
        """Be told when a source is lost or back, and not of every message it sends."""
        if needs == self._needs:
            return
        self._stop_needing()
        self._needs = needs
        if needs.source_id is not None:
            listen = self.hub.announcer.listen
            self._stop_watching.append(listen(Topic.AVAILABILITY, needs.source_id, self.async_look_again))
        if needs.entity_id is not None:
            self._stop_watching.append(
                async_track_state_change_event(self.hass, needs.entity_id, self.async_look_again)
            )

    def _stop_needing(self) -> None:
        self._needs = Needs()
        while self._stop_watching:
            self._stop_watching.pop()()


type Make[V: View, D] = Callable[[Hub, Kind[V], V, str, D], Entity]


class Roster[V: View, D: HubEntityDescription[Any, Any]]:
    """Adds the entities of things as they come, and removes those that do not stay.

    When things go, their devices take the entities along.
    """

    def __init__(
        self,
        hub: Hub,
        kind: Kind[V],
        descriptions: tuple[D, ...],
        make: Make[V, D],
        add: AddConfigEntryEntitiesCallback,
    ) -> None:
        """Give ``add`` what ``make`` makes of each description that applies."""
        self._hub = hub
        self._kind = kind
        self._descriptions = descriptions
        self._make = make
        self._add = add
        self._registry = dr.async_get(hub.hass)
        self._seen: dict[str, object] = {}
        self._present: dict[str, set[str]] = {}

    @callback
    def update(self, at_once: int | None = DEVICES_AT_ONCE) -> None:
        """Look at what is new or describes itself differently, ``at_once`` of it and the rest soon.

        What is new has to wait for its device. Costs little for all the rest.
        """
        if self._hub.entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS:
            # The platform may be gone: an entity would stay there, and the next run's would not be taken.
            return
        records = self._kind.records(self._hub)
        for key in self._seen.keys() - records.keys():
            del self._seen[key]
            self._present.pop(key, None)
            for description in self._descriptions:
                self._remove(key, description)
        due = list(islice(self._due(records), at_once))
        added: list[Entity] = []
        for key in due:
            self._seen[key] = records[key]
            added.extend(self._made(key))
        if added:
            self._add(added)
        if len(due) == at_once:
            # There may be more.
            self._hub.announcer.devices_again()

    def _due(self, records: Mapping[str, object]) -> Iterator[str]:
        """Yield what is new or changed and has its device: one that an entity brought would have no name.

        Devices come in the order of the records: what follows one that is not there yet has none either.
        """
        entry_id = self._hub.entry.entry_id
        for key, record in records.items():
            if self._seen.get(key) is record:
                continue
            if self._registry.async_get_device_by_identifier(self._kind.identifier(key), entry_id) is None:
                return
            yield key

    def _made(self, key: str) -> Iterable[Entity]:
        view = self._kind.look(self._hub, key)
        if view is None:
            return
        present = self._present.setdefault(key, set())
        for description in self._descriptions:
            if not description.has_fn(view):
                self._remove(key, description)
                continue
            if description.key in present:
                continue
            entity = self._make(self._hub, self._kind, view, key, description)
            # A device that is removed and reports at once comes back with new entities.
            entity.async_on_remove(partial(present.discard, description.key))
            present.add(description.key)
            yield entity

    def _remove(self, key: str, description: D) -> None:
        """Remove an entity that its thing has no longer: one that is there, or that an earlier run left."""
        if description.goes_from is None:
            return
        registry = er.async_get(self._hub.hass)
        entity_id = registry.async_get_entity_id(description.goes_from, DOMAIN, unique_id(self._kind, key, description))
        if entity_id is not None:
            registry.async_remove(entity_id)


def follow[V: View, D: HubEntityDescription[Any, Any]](
    entry: EventHubConfigEntry,
    kind: Kind[V],
    descriptions: tuple[D, ...],
    make: Make[V, D],
    add: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entities of every thing of a kind, now and whenever one comes, until the entry is unloaded."""
    hub = entry.runtime_data
    roster = Roster(hub, kind, descriptions, make, add)
    roster.update(at_once=None)
    if kind is not HUB:
        entry.async_on_unload(kind.listen_all(hub, roster.update))
