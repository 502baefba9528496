"""What a trigger means for the outputs it is linked to (behaviour.md, 2)."""

from copy import replace
from typing import Final

from ..wire.messages import Command, Dialect, InputReport, OutputReport, Source
from . import scheduling
from .deadlines import Timer, apart
from .effects import CommandProgressed, SendCommand
from .model import (
    NO_FACTS,
    CommandStatus,
    InputRecord,
    OutputDecision,
    OutputReason,
    OutputRecord,
    OutputStatus,
    PendingCommand,
)
from .state import Draft

# How long what a switch channel was told counts more than what its board says: a board
# repeats its old state until it has handled the command.
WANTED_FOR: Final = 5.0
# An output that was told in vain did not fire, so its interval has not begun.
NOT_FIRED: Final = frozenset((CommandStatus.FAILED, CommandStatus.EXPIRED, CommandStatus.UNDELIVERED))


def command_linked(
    draft: Draft, record: InputRecord, device: InputReport, decision_id: str
) -> tuple[OutputDecision, ...]:
    """Command every linked output that may be commanded now; returns what was decided for each."""
    cause = _cause(record, device)
    return tuple([_decide_output(draft, key, cause, decision_id, index) for index, key in enumerate(record.links)])


def command_output(
    draft: Draft,
    output: OutputRecord,
    cause: InputReport,
    decision_id: str,
    index: int,
    *,
    input_key: str = "",
    turn_on: bool | None = None,
) -> str:
    """Issue the command that a decision has for its output number ``index``; returns the command's id.

    A switch channel is turned on unless told otherwise. ``input_key`` is empty when a person or automation asks.
    """
    source = draft.sources[output.source_id].source
    wanted = turn_on
    if source.dialect is Dialect.ESP_SWITCH and wanted is None:
        wanted = True
    before = draft.output_status.get(output.key)
    command = Command(
        command_id=f"{decision_id}.{index}",
        source=source,
        output=_advertised(output),
        cause=cause,
        issued_at=draft.now,
        expires_at=draft.now + draft.settings.command_expiry,
        turn_on=wanted,
    )
    draft.output_status[output.key] = OutputStatus(
        triggered_at=draft.now,
        is_on=None if before is None else before.is_on,
        wanted=wanted,
        command_id=command.command_id,
        command_status=CommandStatus.SENT,
    )
    if source.dialect is Dialect.ESP_SWITCH:
        command = replace(command, channels=wanted_channels(draft, source))
    pending = draft.commands[command.command_id] = PendingCommand(
        command=command,
        decision_id=decision_id,
        input_key=input_key,
        deadline=draft.now + draft.settings.command_expiry,
    )
    draft.arm(Timer.COMMAND, command.command_id, command.expires_at + draft.settings.handover_grace)
    draft.effects.append(SendCommand(command=command, decision_id=decision_id))
    draft.effects.append(progressed(pending, CommandStatus.SENT, None, draft.now))
    return command.command_id


def progressed(pending: PendingCommand, status: CommandStatus, detail: str | None, at: float) -> CommandProgressed:
    """Return the effect that tells of a command's new status."""
    return CommandProgressed(
        command_id=pending.command.command_id,
        decision_id=pending.decision_id,
        input_key=pending.input_key,
        output_key=pending.command.output.device_key,
        status=status,
        detail=detail,
        at=at,
    )


def wanted_channels(draft: Draft, source: Source) -> tuple[bool, ...]:
    """Return the state that every channel of a switch board is to have: those that are no outputs stay as they are."""
    status = draft.source_status.get(source.source_id)
    channels = {} if status is None else dict(enumerate(status.channels))
    for key in draft.source_devices.get(source.source_id, ()):
        output = draft.outputs.get(key)
        if output is not None and output.channel is not None:
            channels[output.channel] = _channel_state(draft, draft.output_status.get(key))
    return tuple(channels.get(channel, False) for channel in range(max(channels, default=-1) + 1))


def suspension(draft: Draft, output: OutputRecord) -> OutputReason | None:
    """Return why an output may not be used at all just now, or ``None``."""
    if output.schedule is not None or (draft.groups_scheduled and output.group is not None):
        output = scheduling.up_to_date(draft, output)
        if not output.enabled and scheduling.off_facts(draft, output) is not None:
            return OutputReason.OFF_SCHEDULE
    if not output.enabled:
        return OutputReason.OUTPUT_DISABLED
    if draft.outputs_suspended:
        return OutputReason.OUTPUTS_SUSPENDED
    return None


def _channel_state(draft: Draft, status: OutputStatus | None) -> bool:
    if status is None:
        return False
    told = status.wanted is not None and status.triggered_at is not None
    if told and (status.is_on is None or apart(draft.now, status.triggered_at or 0.0) < WANTED_FOR):
        return bool(status.wanted)
    return bool(status.is_on)


def _decide_output(draft: Draft, key: str, cause: InputReport, decision_id: str, index: int) -> OutputDecision:
    output = draft.outputs.get(key)
    if output is None or draft.sources.get(output.source_id) is None:
        return OutputDecision(output_key=key, reason=OutputReason.UNKNOWN_OUTPUT)
    if (reason := suspension(draft, output)) is not None:
        facts = scheduling.off_facts(draft, output) if reason is OutputReason.OFF_SCHEDULE else None
        return OutputDecision(output_key=key, reason=reason, facts=facts or NO_FACTS)
    status = draft.output_status.get(key)
    if status is not None and status.triggered_at is not None and status.command_status not in NOT_FIRED:
        since = apart(draft.now, status.triggered_at)
        if since < output.interval:
            facts = {"since": since, "interval": output.interval}
            return OutputDecision(output_key=key, reason=OutputReason.INTERVAL, facts=facts)
    command_id = command_output(draft, output, cause, decision_id, index, input_key=cause.device_key)
    return OutputDecision(output_key=key, reason=OutputReason.SENT, command_id=command_id)


def _advertised(output: OutputRecord) -> OutputReport:
    """Return an output as its device knows it, with what people set in place of what it advertised."""
    return OutputReport(
        device_key=output.key,
        label=output.label,
        type=output.type,
        location=output.location,
        group=output.group,
        params=output.advertised_params if output.params is None else output.params,
        trigger_topic=output.trigger_topic or output.advertised_trigger_topic,
        channel=output.channel,
    )


def _cause(record: InputRecord, device: InputReport) -> InputReport:
    """Return what a command tells of its trigger: no image, which is kept elsewhere, and what is known of the input."""
    if (
        device.image is None
        and device.annotated is None
        and device.detection is None
        and not record.given_name
        and (device.label or not record.label)
        and (device.type or not record.type)
        and (device.location or not record.location)
        and (device.group or not record.group)
    ):
        return device
    return replace(
        device,
        label=record.given_name or device.label or record.label,
        type=device.type or record.type,
        location=device.location or record.location,
        group=device.group or record.group,
        image=None,
        annotated=None,
        detection=None,
    )
