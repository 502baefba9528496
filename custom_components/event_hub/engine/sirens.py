"""What an alarm's siren means for outputs: commands like any other, and who may not hold them up.

A hub whose outputs are suspended stays suspended, except for sirens: the siren sounds. Nor do intervals and
schedules hold it up; only an output that a person switched off stays silent.
"""

from collections.abc import Iterable
from typing import Final

from ..wire.messages import Dialect, InputReport, Transport
from .alarm.model import Partition
from .alarm.status import PartitionStatus
from .effects import Decided
from .linking import command_output
from .model import CommandStatus, Decision, OutputDecision, OutputReason, OutputRecord, Reason
from .state import Draft, State

_TURN_ON: Final = ".turn_on"
_NOT_HEARD: Final = frozenset((CommandStatus.FAILED, CommandStatus.EXPIRED, CommandStatus.UNDELIVERED))


def sound(draft: Draft, partition: Partition, outputs: Iterable[str], why: str) -> None:
    """Switch a partition's siren outputs on; one that can only be triggered is triggered."""
    _command(draft, partition, outputs, why, on=True)


def hush(draft: Draft, partition: Partition, outputs: Iterable[str]) -> None:
    """Switch siren outputs off, but for those that sound for another partition as well.

    One that can only be triggered is left alone: triggered again, it would go on.
    """
    kept = {
        key
        for partition_id, status in draft.alarm.items()
        if status.siren and partition_id != partition.partition_id and partition_id in draft.partitions
        for key in draft.partitions[partition_id].siren_outputs
    }
    _command(draft, partition, [key for key in outputs if key not in kept], "silence", on=False)


def tell_again(draft: Draft, partition: Partition, status: PartitionStatus, broker: Transport) -> None:
    """Tell siren outputs again what they could not be told while their broker was down."""
    missed = [key for key in partition.siren_outputs if _missed(draft, key, broker, on=status.siren)]
    if status.siren:
        sound(draft, partition, missed, str(status.alarm_kind))
    else:
        hush(draft, partition, missed)


def can_be_switched(state: State | Draft, output: OutputRecord) -> bool:
    """Whether an output knows on and off, or only "do your thing"."""
    if output.action is not None:
        # What is told off then is the action's opposite, or what the action's own template makes of it.
        return output.action.action.endswith(_TURN_ON) or "turn_on" in str(output.action.data)
    source = state.sources.get(output.source_id)
    dialect = None if source is None else source.source.dialect
    return output.channel is not None or (dialect is Dialect.NATIVE and output.has_state)


def _missed(draft: Draft, key: str, broker: Transport, *, on: bool) -> bool:
    output, status = draft.outputs.get(key), draft.output_status.get(key)
    source = None if output is None else draft.sources.get(output.source_id)
    if status is None or source is None or source.source.transport is not broker:
        return False
    return status.command_status in _NOT_HEARD and (on or status.wanted is False)


def _command(draft: Draft, partition: Partition, outputs: Iterable[str], why: str, *, on: bool) -> None:
    draft.serial += 1
    serial = f"alarm.{partition.partition_id}.{int(draft.now * 1_000_000):x}.{draft.serial:x}"
    cause = InputReport(
        device_key=f"alarm.{partition.partition_id}", label=partition.name, type="alarm", active=on, detail=why
    )
    each = (_decide(draft, key, cause, (serial, index), on=on) for index, key in enumerate(outputs))
    decided = tuple(output for output in each if output is not None)
    if not decided:
        return
    decision = Decision(
        decision_id=serial,
        at=draft.now,
        input_key="",
        reason=Reason.ALARM,
        active=on,
        detail=f"{partition.name}: {why}",
        outputs=decided,
    )
    draft.effects.append(Decided(decision=decision))


def _decide(draft: Draft, key: str, cause: InputReport, place: tuple[str, int], *, on: bool) -> OutputDecision | None:
    """Command one output; ``None`` when there is nothing to command it."""
    output = draft.outputs.get(key)
    if output is None or output.source_id not in draft.sources:
        return OutputDecision(output_key=key, reason=OutputReason.UNKNOWN_OUTPUT)
    switched_off = not output.enabled and (output.override is not None or not _scheduled(draft, output))
    if on and switched_off:
        return OutputDecision(output_key=key, reason=OutputReason.OUTPUT_DISABLED)
    switchable = can_be_switched(draft, output)
    if not on and not switchable:
        return None
    serial, index = place
    command_id = command_output(draft, output, cause, serial, index, turn_on=on if switchable else None)
    return OutputDecision(output_key=key, reason=OutputReason.SENT, command_id=command_id)


def _scheduled(draft: Draft, output: OutputRecord) -> bool:
    return output.schedule is not None or (output.group is not None and output.group in draft.group_schedules)
