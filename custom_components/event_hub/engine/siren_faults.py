"""What keeps sirens from sounding: noticed when it happens, so that nobody finds out by a silent alarm."""

from collections.abc import Container, Iterator
from typing import Final

from ..wire.messages import Dialect, Source, Transport
from .alarm.events import SirensStand
from .alarm.model import Partition
from .alarm.problems import SIREN_FAULTS, Fault, Trouble
from .alarm.status import PartitionStatus
from .events import AlarmRestarted, Event, TransportChanged
from .linking import NOT_FIRED
from .model import EXPECTED_SOURCE, CommandStatus, OutputStatus
from .scheduling import off_by_schedule
from .sirens import can_be_switched
from .state import Draft, State

_FRESH: Final = PartitionStatus()


def news(draft: Draft, event: Event) -> Iterator[tuple[str, SirensStand]]:
    """Yield which partitions' sirens stand differently after this step, and how."""
    touched = draft.writes("outputs").keys() | draft.writes("output_status").keys()
    everything = isinstance(event, TransportChanged | AlarmRestarted) or _sources_came_or_went(draft)
    if not touched and not everything:
        return
    for partition_id, partition in list(draft.partitions.items()):
        if not everything and touched.isdisjoint(partition.siren_outputs):
            continue
        known = draft.alarm.get(partition_id, _FRESH).troubles
        troubles = tuple(siren_troubles(draft, partition, known))
        if set(troubles) != {each for each in known if each.fault in SIREN_FAULTS}:
            yield partition_id, SirensStand(troubles=troubles)


def siren_troubles(draft: Draft, partition: Partition, known: tuple[Trouble, ...]) -> Iterator[Trouble]:
    """Yield what is wrong with a partition's sirens. ``known`` is what was: a repeated order is no good news yet."""
    for key in dict.fromkeys(partition.siren_outputs):
        fault = _fault(draft, key, {each.fault for each in known if each.zone == key})
        if fault is not None:
            yield Trouble(zone=key, fault=fault)


def without_off(state: State | Draft, partition: Partition) -> tuple[str, ...]:
    """Return the siren outputs that can only be triggered: no disarming silences them."""
    known = ((key, state.outputs.get(key)) for key in dict.fromkeys(partition.siren_outputs))
    return tuple(key for key, output in known if output is not None and not can_be_switched(state, output))


def not_done(source: Source, told: OutputStatus) -> bool:
    """Whether an output did not do what it was told last. A switch board says how its channels are; silence is none."""
    silent = source.dialect is Dialect.ESP_SWITCH and told.command_status is CommandStatus.UNANSWERED
    return silent or told.command_status in NOT_FIRED


def _fault(draft: Draft, key: str, known: Container[Fault]) -> Fault | None:
    output = draft.outputs.get(key)
    source = None if output is None else draft.sources.get(output.source_id)
    if output is None or source is None:
        return Fault.SIREN_GONE
    # What is off by its schedule sounds all the same.
    if not output.enabled and not off_by_schedule(draft, output):
        return Fault.SIREN_OFF
    status = draft.source_status.get(output.source_id)
    lost = status is not None and status.lost
    if lost or _is_cut_off(draft, source.source.transport, known) or output.source_id == EXPECTED_SOURCE.source_id:
        return Fault.SIREN_LOST
    told = draft.output_status.get(key)
    missed = told is not None and (
        not_done(source.source, told)
        or (Fault.SIREN_UNDELIVERED in known and told.command_status is CommandStatus.SENT)
    )
    return Fault.SIREN_UNDELIVERED if missed else None


def _is_cut_off(draft: Draft, transport: Transport, known: Container[Fault]) -> bool:
    """Whether a siren's broker is away. While that is tried for the first time since a start, it is as it was."""
    return draft.transport_away(transport) or (Fault.SIREN_LOST in known and not draft.transport_up(transport))


def _sources_came_or_went(draft: Draft) -> bool:
    for source_id in draft.writes("source_status"):
        before, after = draft.source_status.base.get(source_id), draft.source_status.get(source_id)
        if (before is not None and before.lost) != (after is not None and after.lost):
            return True
    return False
