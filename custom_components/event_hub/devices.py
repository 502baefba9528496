"""Keeps Home Assistant's devices in step with the hub's sources, inputs and outputs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import is_
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.typing import UNDEFINED

from .announcer import DEVICES_AT_ONCE
from .asked import checked
from .const import DOMAIN
from .engine.alarm.model import Partition
from .engine.events import Forgotten
from .engine.model import ADOPTED_SOURCE, BUILT_IN_SOURCE, EXPECTED_SOURCE, InputRecord, OutputRecord, SourceRecord
from .engine.state import State
from .given_names import take_over_names
from .hub import EventHubConfigEntry, Hub
from .identifiers import (
    DEVICE_PREFIX,
    HUB_IDENTIFIER,
    PARTITION_PREFIX,
    described_name,
    described_source,
    device_identifier,
    partition_identifier,
    source_identifier,
)
from .wire.messages import Dialect, Source

MODELS: Final[Mapping[Dialect, str]] = {
    Dialect.CURRENT: "RabbitMQ device",
    Dialect.LEGACY: "RabbitMQ device",
    Dialect.NATIVE: "Event Hub device",
    Dialect.ESP_SENSOR: "ESP sensor board",
    Dialect.ESP_METER: "ESP meter board",
    Dialect.ESP_SWITCH: "ESP switch board",
}

type Identifier = tuple[str, str]
type _Record = SourceRecord | InputRecord | OutputRecord | Partition
type _Records = tuple[_Record | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """A device as it should be in the registry. ``area`` is a suggestion for a new one."""

    name: str
    model: str | None
    via: Identifier
    area: str | None = None


class DeviceRegistrySync:
    """Adds, renames and removes devices as sources and devices come, describe themselves and are forgotten."""

    def __init__(self, hub: Hub) -> None:
        """Begin with nothing done."""
        self._hub = hub
        self._registry = dr.async_get(hub.hass)
        self._done: dict[Identifier, _Records] = {}

    @callback
    def async_start(self) -> Callable[[], None]:
        """Bring the registry up to date and keep it so; returns how to stop.

        To be called before platforms add entities, which expect their devices to be there.
        """
        self._registry.async_get_or_create(
            config_entry_id=self._hub.entry.entry_id,
            identifiers={HUB_IDENTIFIER},
            name="Event Hub",
            model="Hub",
            entry_type=dr.DeviceEntryType.SERVICE,
        )
        self._update(at_once=None)
        self._remove_strangers()
        stops = (self._hub.announcer.listen_devices(self._update), self._hub.alarm.listen_all(self._update))

        def stop() -> None:
            for each in stops:
                each()

        return stop

    @callback
    def _update(self, at_once: int | None = DEVICES_AT_ONCE) -> None:
        """Remove what is gone, and register what is new or describes itself differently: ``at_once``, the rest soon."""
        wanted = dict(_wanted(self._hub))
        for identifier in self._done.keys() - wanted.keys():
            if (device := self._find(identifier)) is not None:
                self._registry.async_remove_device(device.id)
        done: dict[Identifier, _Records] = {}
        left = at_once
        for identifier, records in wanted.items():
            before = self._done.get(identifier)
            if not _same(before, records):
                if left == 0 and identifier[1].startswith(DEVICE_PREFIX):
                    # How it was registered, if it was.
                    done |= {} if before is None else {identifier: before}
                    continue
                self._register(identifier, _describe(next(record for record in records if record is not None)))
                left = None if left is None else max(left - 1, 0)
            done[identifier] = records
        self._done = done
        if left == 0:
            # There may be more.
            self._hub.announcer.devices_again()

    def _register(self, identifier: Identifier, described: _Described) -> None:
        before = self._find(identifier)
        via = self._find(described.via)
        device = self._registry.async_get_or_create(
            config_entry_id=self._hub.entry.entry_id,
            identifiers={identifier},
            name=described.name,
            model=described.model,
            via_device_id=None if via is None else via.id,
            # People may have moved it since it was new.
            suggested_area=described.area if before is None else UNDEFINED,
        )
        # It may have been here, and named, before what the hub knows of it now.
        take_over_names(self._hub, (device,))

    def _remove_strangers(self) -> None:
        """Remove devices that were forgotten while nobody listened."""
        known = {HUB_IDENTIFIER, *self._done}
        for device in dr.async_entries_for_config_entry(self._registry, self._hub.entry.entry_id):
            if known.isdisjoint(device.identifiers):
                self._registry.async_remove_device(device.id)

    def _find(self, identifier: Identifier) -> dr.DeviceEntry | None:
        return self._registry.async_get_device_by_identifier(identifier, self._hub.entry.entry_id)


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: EventHubConfigEntry, device: dr.DeviceEntry
) -> bool:
    """Forget the source or device that people remove; it comes back when it reports again. A partition does not.

    The hub itself and the inputs that are always there stay. Raises ``ServiceValidationError`` for what an alarm
    relies on.
    """
    if entry.state is not ConfigEntryState.LOADED or HUB_IDENTIFIER in device.identifiers:
        return False
    hub = entry.runtime_data
    names = [name for domain, name in device.identifiers if domain == DOMAIN]
    partitions = [name.removeprefix(PARTITION_PREFIX) for name in names if name.startswith(PARTITION_PREFIX)]
    for partition_id in partitions:
        await hub.alarm.async_remove_partition(partition_id)
    if partitions:
        return True
    keys = tuple(name.removeprefix(DEVICE_PREFIX) for name in names if name.startswith(DEVICE_PREFIX))
    if any(_is_built_in(hub.state.inputs.get(key)) for key in keys):
        return False
    sources = tuple(name for name in names if name in hub.state.sources)
    with checked():
        hub.post(Forgotten(sources=sources, keys=keys))
    return True


def _wanted(hub: Hub) -> Iterator[tuple[Identifier, _Records]]:
    """Yield what should be a device, sources first, because devices are reached through them."""
    yield from _wanted_of(hub.state)
    for partition_id, partition in hub.alarm.partitions.items():
        yield partition_identifier(partition_id), (partition,)


def _wanted_of(state: State) -> Iterator[tuple[Identifier, _Records]]:
    for source_id, source in state.sources.items():
        if source_id != BUILT_IN_SOURCE.source_id:
            yield source_identifier(source_id), (source,)
    for key, record in state.inputs.items():
        yield device_identifier(key), (record, state.outputs.get(key))
    for key, output in state.outputs.items():
        if key not in state.inputs:
            yield device_identifier(key), (None, output)


def _same(done: _Records | None, wanted: _Records) -> bool:
    """Whether these very records were registered before. A device that left and came back has others, if equal ones."""
    return done is not None and all(map(is_, done, wanted, strict=True))


def _describe(record: _Record) -> _Described:
    if isinstance(record, SourceRecord):
        return _describe_source(record.source)
    if isinstance(record, Partition):
        model = "Alarm of several partitions" if record.members else "Alarm partition"
        return _Described(name=record.name, model=model, via=HUB_IDENTIFIER)
    return _Described(
        name=described_name(record),
        model=_model(record),
        via=source_identifier(record.source_id),
        area=record.location,
    )


def _model(record: InputRecord | OutputRecord) -> str:
    if record.source_id == BUILT_IN_SOURCE.source_id:
        return "Button of the hub"
    if record.type:
        words = record.type.replace("_", " ")
        return words[0].upper() + words[1:]
    return "Input" if isinstance(record, InputRecord) else "Output"


def _describe_source(source: Source) -> _Described:
    is_own = source.source_id in (ADOPTED_SOURCE.source_id, EXPECTED_SOURCE.source_id)
    model = None if is_own else MODELS.get(source.dialect)
    return _Described(name=described_source(source.source_id), model=model, via=HUB_IDENTIFIER)


def _is_built_in(record: InputRecord | None) -> bool:
    return record is not None and record.source_id == BUILT_IN_SOURCE.source_id
