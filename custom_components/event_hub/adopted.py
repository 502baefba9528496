"""Keeps following the Home Assistant entities that are inputs now."""

from collections.abc import Mapping

from homeassistant.core import callback

from .engine.model import InputRecord
from .engine.state import State
from .transports.entities import AdoptedEntities


class AdoptedInputs:
    """Knows which entities are inputs, so that devices that describe themselves anew do not cost a walk."""

    def __init__(self, state: State, entities: AdoptedEntities) -> None:
        """Tell ``entities`` what to follow; nothing before ``follow``."""
        self._state = state
        self._entities = entities
        self._keys: frozenset[str] = frozenset()

    @callback
    def follow(self) -> None:
        """Follow the entities that are inputs now."""
        inputs = self._state.inputs.items()
        entities = {key: record.entity_id for key, record in inputs if record.entity_id is not None}
        self._keys = frozenset(entities)
        self._entities.async_update(entities)

    @callback
    def changed(self, inputs: Mapping[str, object | None]) -> None:
        """Follow others if any of these inputs, which changed or went, is an entity or was one."""
        if any(self._concerns(key, record) for key, record in inputs.items()):
            self.follow()

    @callback
    def stop(self) -> None:
        """Follow none any more."""
        self._entities.async_stop()

    def _concerns(self, key: str, record: object | None) -> bool:
        return key in self._keys or (isinstance(record, InputRecord) and record.entity_id is not None)
