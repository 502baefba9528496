"""What a partition that is not disarmed relies on, nobody takes away without its code (behaviour.md, 4).

That would be a way round every code: its zones switched off, a rule under which they never open, the siren's output
forgotten. So what people set up is refused while it touches that. What schedules do that were set before is the
owner's will; and a code can be given to somebody at any time, or nobody might ever disarm.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
import math
from typing import Final

from .alarm.model import Partition, ZoneKind
from .alarm.status import PartitionStatus, Phase
from .errors import GuardedError
from .events import (
    EnabledSet,
    Event,
    Forgotten,
    GroupRuleSet,
    InputAdopted,
    InputExpected,
    OutputAdopted,
    OutputExpected,
    OutputOptionsSet,
    OutputRequested,
    PartitionRemoved,
    PartitionSet,
    RuleSet,
    ScheduleSet,
    SilenceLimitSet,
)
from .model import InputRecord, OutputRecord
from .names import device_name
from .state import Draft
from .supervision import silence_limit

_FRESH: Final = PartitionStatus()


def check(draft: Draft, event: Event) -> None:
    """Refuse what would take away something that is relied on. Raises ``GuardedError``, and nothing is changed.

    To be called only where there are partitions; what costs a walk over them is done only for what people ask.
    """
    match event:
        case OutputRequested(output_key=key, turn_on=False):
            _check_sounding(draft, key)
        case PartitionSet(partition=partition):
            known = draft.partitions.get(partition.partition_id)
            if known is not None and known != partition:
                _check_partition(draft, known)
        case PartitionRemoved(partition_id=partition_id):
            if (known := draft.partitions.get(partition_id)) is not None:
                _check_partition(draft, known)
        case _:
            _check_devices(draft, event)


def is_guarding(status: PartitionStatus) -> bool:
    """Whether a partition relies on what it has: it is armed in any way, or in an alarm."""
    return status.phase is not Phase.DISARMED or status.siren


def watches(partition: Partition, status: PartitionStatus, key: str) -> bool:
    """Whether a zone counts as its partition stands now; left out, it may be seen to."""
    zone = partition.zones.get(key)
    if zone is None or status.left_out(key):
        return False
    stays = zone.kind is ZoneKind.INSTANT and status.from_mode in zone.modes
    return zone.watched_in(status.mode) or stays


def is_relied_on(draft: Draft, record: InputRecord | OutputRecord) -> bool:
    """Whether a partition that is not disarmed has an input as its zone, or an output as its siren.

    It may not watch the zone now, as that is bypassed or of another mode, and do so later without being disarmed.
    """
    if isinstance(record, OutputRecord):
        return any(record.key in partition.siren_outputs for partition, _ in _guarding(draft))
    if record.key not in draft.watchers:
        return False
    return any(record.key in partition.zones for partition, _ in _guarding(draft))


def _check_devices(draft: Draft, event: Event) -> None:
    inputs, outputs = tuple(dict.fromkeys(_inputs_of(draft, event))), tuple(dict.fromkeys(_outputs_of(draft, event)))
    regroups = isinstance(event, InputExpected)
    for partition, status in _guarding(draft) if inputs or outputs else ():
        zones = [key for key in inputs if (regroups and key in partition.zones) or watches(partition, status, key)]
        if zones:
            raise GuardedError("guarded", (_name(draft.inputs.get(key), key) for key in zones), partition.name)
        sirens = [key for key in outputs if key in partition.siren_outputs]
        if sirens:
            raise GuardedError("guarded_siren", (_name(draft.outputs.get(key), key) for key in sirens), partition.name)


def _check_sounding(draft: Draft, key: str) -> None:
    for partition, status in _guarding(draft):
        if status.siren and key in partition.siren_outputs:
            raise GuardedError("siren_sounds", (_name(draft.outputs.get(key), key),), partition.name)


def _check_partition(draft: Draft, partition: Partition) -> None:
    if is_guarding(draft.alarm.get(partition.partition_id, _FRESH)):
        raise GuardedError("guarded_partition", (partition.name,), partition.name)


def _guarding(draft: Draft) -> Iterator[tuple[Partition, PartitionStatus]]:
    for partition_id, partition in draft.partitions.items():
        status = draft.alarm.get(partition_id, _FRESH)
        if is_guarding(status):
            yield partition, status


def _inputs_of(draft: Draft, event: Event) -> Iterator[str]:
    """Yield the inputs that an event would take away or change."""
    match event:
        case EnabledSet(inputs=keys, enabled=False):
            yield from keys
        case RuleSet(input_key=key):
            if (record := draft.inputs.get(key)) is not None and record.rule != event.rule:
                yield key
        case InputAdopted(record=record):
            yield from _changed(draft.inputs.get(record.key), record)
        case InputExpected(record=record):
            yield from _regrouped(draft.inputs.get(record.key), record)
        case ScheduleSet(inputs=keys, groups=groups):
            yield from keys
            yield from _members(draft.inputs.values(), groups)
        case GroupRuleSet(name=name):
            if draft.groups.get(name) != event.rule:
                yield from _members(draft.inputs.values(), (name,))
        case Forgotten() | SilenceLimitSet():
            yield from _of_sources(draft, event)


def _outputs_of(draft: Draft, event: Event) -> Iterator[str]:
    """Yield the outputs that an event would take away or change."""
    match event:
        case EnabledSet(outputs=keys, enabled=False):
            yield from keys
        case OutputOptionsSet(output_key=key, options=options):
            record = draft.outputs.get(key)
            if record is not None and any(getattr(record, name, None) != value for name, value in options.items()):
                yield key
        case OutputAdopted(record=record):
            yield from _changed(draft.outputs.get(record.key), record)
        case OutputExpected(record=record):
            yield from _regrouped(draft.outputs.get(record.key), record)
        case ScheduleSet(outputs=keys, groups=groups):
            yield from keys
            yield from _members(draft.outputs.values(), groups)
        case Forgotten() | SilenceLimitSet():
            yield from _of_sources(draft, event)


def _of_sources(draft: Draft, event: Forgotten | SilenceLimitSet) -> Iterator[str]:
    """Yield the devices, of both kinds, that are forgotten, or whose silence would be known later."""
    if isinstance(event, Forgotten):
        yield from event.keys
        for source_id in event.sources:
            yield from draft.source_devices.get(source_id, ())
    elif _is_lengthened(draft, event):
        yield from draft.source_devices.get(event.source_id, ())


def _is_lengthened(draft: Draft, event: SilenceLimitSet) -> bool:
    """Whether a source could be silent for longer than now before it is lost; a learned limit counts at its longest."""
    record = draft.sources.get(event.source_id)
    if record is None or record.silence_limit == event.limit:
        return False
    before, after = silence_limit(draft, record), silence_limit(draft, replace(record, silence_limit=event.limit))
    if after is not None and event.limit is None:
        after = max(after, draft.settings.silence_max)
    return (math.inf if after is None else after) > (math.inf if before is None else before)


def _changed[R: (InputRecord, OutputRecord)](known: R | None, adopted: R) -> Iterator[str]:
    """Yield a device that would be another; one that was forgotten is only given back."""
    if known is not None and known != adopted:
        yield adopted.key


def _regrouped(known: InputRecord | OutputRecord | None, expected: InputRecord | OutputRecord) -> Iterator[str]:
    """Yield a device that would come into a group, and so under its rule and its schedule."""
    if known is not None and known.group is None and expected.group is not None:
        yield expected.key


def _members(records: Iterable[InputRecord | OutputRecord], groups: Iterable[str]) -> Iterator[str]:
    wanted = frozenset(groups)
    return (record.key for record in records if wanted and record.group in wanted)


def _name(record: InputRecord | OutputRecord | None, key: str) -> str:
    return key if record is None else device_name(record)
