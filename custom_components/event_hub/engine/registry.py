"""Sources and devices come by themselves, and go when they are forgotten (behaviour.md, 1)."""

from dataclasses import replace
from typing import Any, Final

from ..wire.encode import check_address, check_params
from ..wire.messages import Dialect, InputReport, OutputReport, Report, Source, Transport
from . import escalating, scheduling
from .deadlines import Timer
from .effects import DevicesFound, KeyConflict, ParamsRefused, RegistryFull
from .model import (
    ADOPTED_SOURCE,
    BUILT_IN_SOURCE,
    EXPECTED_SOURCE,
    PANIC_KEY,
    REPORT_KEY,
    InputRecord,
    InputRule,
    OutputRecord,
    SourceRecord,
    SourceStatus,
)
from .state import Draft, State
from .supervision import silence_limit

SOURCE_LIMIT: Final = 5_000
DEVICE_LIMIT: Final = 20_000
CONFLICT_LIMIT: Final = 1_000
_DESCRIBED: Final = ("label", "type", "location", "group")
_FLEET: Final = frozenset((Dialect.CURRENT, Dialect.LEGACY))
_BUILT_IN: Final = (
    InputRecord(
        key=PANIC_KEY,
        source_id=BUILT_IN_SOURCE.source_id,
        label="Panic",
        type="panic",
        enabled=True,
        rule=InputRule(latch=0.0),
    ),
    InputRecord(
        key=REPORT_KEY,
        source_id=BUILT_IN_SOURCE.source_id,
        label="Report",
        type="report",
        enabled=True,
        rule=InputRule(latch=0.0),
    ),
)


def owner_of(state: State | Draft, source: Source) -> str:
    """Return the id of the source that a report counts for.

    The camera program's heartbeat has a bare key (``snapshot``) and its events
    have a longer one (``snapshot.<name>``): both are the same program.
    """
    if source.name and source.dialect in _FLEET:
        bare = state.sources.get(source.topic)
        if bare is not None and bare.source.transport is not Transport.HOME_ASSISTANT:
            return source.topic
    return source.source_id


def register(draft: Draft, report: Report) -> str | None:
    """Register what a report names; returns the owner's id, or ``None`` when it is refused."""
    source_id = owner_of(draft, report.source)
    if not _register_source(draft, source_id, report.source):
        return None
    found_inputs = [device.device_key for device in report.inputs if _input(draft, source_id, device)]
    found_outputs = [device.device_key for device in report.outputs if _output(draft, source_id, device)]
    if found_inputs or found_outputs:
        draft.effects.append(DevicesFound(inputs=tuple(found_inputs), outputs=tuple(found_outputs)))
    return source_id


def ensure_built_in(draft: Draft) -> None:
    """Make sure that Panic and Report are there."""
    missing = [record for record in _BUILT_IN if record.key not in draft.inputs]
    if BUILT_IN_SOURCE.source_id not in draft.sources:
        draft.sources[BUILT_IN_SOURCE.source_id] = SourceRecord(source=BUILT_IN_SOURCE)
    for record in missing:
        note_device(draft, record.source_id, record.key)
        draft.inputs[record.key] = record


def note_device(draft: Draft, source_id: str, key: str) -> None:
    """Count a key among its source's devices, before its record is there: what has one is counted, and not sought."""
    if owner_of_key(draft, key) != source_id:
        draft.source_devices[source_id] = (*draft.source_devices.get(source_id, ()), key)


def _without(devices: tuple[str, ...], gone: str) -> tuple[str, ...]:
    """Return the keys without one of them. Those that leave do so in order, so it is among the first."""
    try:
        at = devices.index(gone)
    except ValueError:
        return devices
    return devices[:at] + devices[at + 1 :]


def owner_of_key(draft: Draft, key: str) -> str | None:
    """Return the id of the source that owns a device key."""
    record = draft.inputs.get(key) or draft.outputs.get(key)
    return record.source_id if record else None


def is_zone(draft: Draft, key: str) -> bool:
    """Whether an input is a partition's zone: once forgotten, it is not new, and must not come back switched off."""
    return key in draft.watchers


def is_siren(draft: Draft, key: str) -> bool:
    """Whether an output is a partition's siren; the same goes for it."""
    return any(key in partition.siren_outputs for partition in draft.partitions.values())


def forget(draft: Draft, sources: tuple[str, ...], keys: tuple[str, ...]) -> None:
    """Remove sources with their devices, and single devices. The built-in ones stay."""
    gone = {key for source_id in sources for key in draft.source_devices.get(source_id, ())} | set(keys)
    gone = {key for key in gone if owner_of_key(draft, key) not in (None, BUILT_IN_SOURCE.source_id)}
    for owner in {owner for key in gone if (owner := owner_of_key(draft, key)) is not None}:
        left = tuple(key for key in draft.source_devices.get(owner, ()) if key not in gone)
        draft.source_devices[owner] = left
    for key in gone:
        _forget_device(draft, key)
    for source_id in sources:
        if source_id == BUILT_IN_SOURCE.source_id or source_id not in draft.sources:
            continue
        draft.sources.remove(source_id)
        draft.source_status.remove(source_id)
        draft.source_devices.remove(source_id)
        draft.disarm(Timer.SILENCE, source_id)
    for key, record in list(draft.inputs.items()):
        if not gone.isdisjoint(record.links):
            draft.inputs[key] = replace(record, links=tuple(link for link in record.links if link not in gone))
    for conflict in list(draft.conflicts):
        if conflict.partition("\n")[0] in gone or conflict.partition("\n")[2] in sources:
            draft.conflicts.remove(conflict)
    draft.recent = tuple(trigger for trigger in draft.recent if trigger.key not in gone)


def _forget_device(draft: Draft, key: str) -> None:
    for table in (draft.inputs, draft.input_status, draft.outputs, draft.output_status):
        table.remove(key)
    draft.disarm(Timer.HOLD, key)
    scheduling.forget(draft, key)
    escalating.end(draft, key)


def _register_source(draft: Draft, source_id: str, source: Source) -> bool:
    record = draft.sources.get(source_id)
    if record is None:
        if len(draft.sources.base) >= SOURCE_LIMIT:
            draft.effects.append(RegistryFull(source_id=source_id))
            return False
        draft.sources[source_id] = SourceRecord(source=source)
    elif record.source is not source and source_id == source.source_id and record.source != source:
        _update_source(draft, record, source)
    return True


def _update_source(draft: Draft, record: SourceRecord, source: Source) -> None:
    """Take over how a source speaks now. One that speaks on both brokers keeps the first that works."""
    status = draft.source_status.get(record.source_id)
    other_way = source.transport != record.source.transport
    if other_way and draft.transport_up(record.source.transport) and not _way_lost(draft, record, status):
        return
    draft.sources[record.source_id] = replace(record, source=source)


def _way_lost(draft: Draft, record: SourceRecord, status: SourceStatus | None) -> bool:
    """Whether a source has not been heard over its broker for so long that commands would not reach it there."""
    if status is None or status.lost or status.way_seen is None:
        return status is not None and status.lost
    limit = silence_limit(draft, record)
    return limit is not None and draft.now - status.way_seen > limit


def _input(draft: Draft, source_id: str, device: InputReport) -> bool:
    """Register or update one input; returns whether it is new."""
    record = draft.inputs.get(device.device_key)
    if record is None or record.source_id != source_id:
        if not _claim(draft, source_id, device.device_key):
            return False
        record = draft.inputs.get(device.device_key)
    new = record is None
    if record is None:
        record = InputRecord(key=device.device_key, source_id=source_id, enabled=is_zone(draft, device.device_key))
        note_device(draft, source_id, device.device_key)
    updates = _described(record, device)
    if device.value is not None and not record.has_value:
        updates["has_value"] = True
    if device.meter is not None and not (record.is_meter and device.meter.address == record.meter_address):
        updates |= {"is_meter": True, "meter_address": device.meter.address}
    if device.image is not None and not record.has_image:
        updates["has_image"] = True
    if device.condition is not None and not record.has_condition:
        updates["has_condition"] = True
    if device.detection is not None or device.annotated is not None:
        updates |= _pictured(record, device)
    if updates or new:
        scheduling.keep(draft, replace(record, **updates))
    return new


def _pictured(record: InputRecord, device: InputReport) -> dict[str, Any]:
    """Return what the record does not know yet of an app that looks at the device's pictures."""
    shown = {"has_detection": device.detection is not None, "has_annotated": device.annotated is not None}
    return {name: True for name, has in shown.items() if has and not getattr(record, name)}


def _output(draft: Draft, source_id: str, device: OutputReport) -> bool:
    """Register or update one output; returns whether it is new."""
    if not _claim(draft, source_id, device.device_key):
        return False
    record = draft.outputs.get(device.device_key)
    new = record is None
    if record is None:
        record = OutputRecord(key=device.device_key, source_id=source_id, enabled=is_siren(draft, device.device_key))
        note_device(draft, source_id, device.device_key)
    updates = _described(record, device)
    for name, said in (
        ("advertised_params", device.params),
        ("advertised_trigger_topic", device.trigger_topic),
        ("channel", device.channel),
    ):
        if said is not None and getattr(record, name) != said:
            updates[name] = said
    if device.is_on is not None and not record.has_state:
        updates["has_state"] = True
    if updates or new:
        scheduling.keep(draft, replace(record, **updates))
    return new


def _described(record: InputRecord | OutputRecord, device: InputReport | OutputReport) -> dict[str, Any]:
    """Return what the device says of itself that the record does not know yet."""
    if (
        device.label == record.label
        and device.type == record.type
        and device.location == record.location
        and device.group == record.group
    ):
        # Nearly always, and for every input of a board with every event of one.
        return {}
    return {
        name: said
        for name in _DESCRIBED
        if (said := getattr(device, name)) is not None and said != getattr(record, name)
    }


def _claim(draft: Draft, source_id: str, key: str) -> bool:
    """Whether a source may have this key; a key that another source owns is refused and reported once."""
    owner = owner_of_key(draft, key)
    if owner == source_id:
        return True
    if owner is None:
        if len(draft.inputs.base) + len(draft.outputs.base) >= DEVICE_LIMIT:
            full = RegistryFull(source_id=source_id)
            if full not in draft.effects:
                draft.effects.append(full)
            return False
        return True
    if owner == EXPECTED_SOURCE.source_id or _same_program(draft, owner, source_id):
        move(draft, owner, source_id, key)
        return True
    conflict = f"{key}\n{source_id}"
    if conflict not in draft.conflicts and len(draft.conflicts.base) < CONFLICT_LIMIT:
        draft.conflicts[conflict] = owner
        draft.effects.append(KeyConflict(device_key=key, owner_id=owner, source_id=source_id))
    return False


def _same_program(draft: Draft, owner: str, source_id: str) -> bool:
    """Whether the owner is the named half of the program whose bare key reports now."""
    record = draft.sources.get(owner)
    return (
        record is not None
        and owner != ADOPTED_SOURCE.source_id
        and record.source.dialect in _FLEET
        and record.source.topic == source_id
    )


def move(draft: Draft, owner: str, source_id: str, key: str) -> None:
    """Give a device, input and output, to another source; the one that it leaves goes if it has no other."""
    note_device(draft, source_id, key)
    if (known := draft.inputs.get(key)) is not None and known.source_id == owner:
        draft.inputs[key] = replace(known, source_id=source_id)
    if (used := draft.outputs.get(key)) is not None and used.source_id == owner:
        draft.outputs[key] = _fitting(draft, replace(used, source_id=source_id))
    left = _without(draft.source_devices.get(owner, ()), key)
    if left:
        draft.source_devices[owner] = left
        return
    draft.sources.remove(owner)
    draft.source_status.remove(owner)
    draft.source_devices.remove(owner)
    draft.disarm(Timer.SILENCE, owner)


def _is_address(transport: Transport, topic: str) -> bool:
    """Whether a device can be told over a broker there. On MQTT a topic without a slash is a key of RabbitMQ's."""
    try:
        check_address(transport, topic)
    except ValueError:
        return False
    return transport is not Transport.MQTT or "/" in topic


def _fitting(draft: Draft, output: OutputRecord) -> OutputRecord:
    """Return an output without what people set of it that its device would not take, or not get.

    While nobody knew whose it is, nobody could say. With what the device advertises it works at least.
    """
    source = draft.sources[output.source_id].source
    if output.trigger_topic is not None and not _is_address(source.transport, output.trigger_topic):
        output = replace(output, trigger_topic=None)
    if output.params is None:
        return output
    try:
        check_params(source.dialect, source.topic, output.params)
    except ValueError as error:
        draft.effects.append(ParamsRefused(output_key=output.key, problem=str(error)))
        return replace(output, params=None)
    return output
