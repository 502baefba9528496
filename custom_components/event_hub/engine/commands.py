"""Commands are followed until nothing more is expected of them (wire-protocol.md, 2.2)."""

from dataclasses import replace
from typing import Final

from ..wire.messages import CommandResult, Dialect, OutputReport
from .deadlines import Timer, apart
from .linking import WANTED_FOR, progressed
from .model import CommandStatus, OutputStatus, PendingCommand
from .state import Draft

# A device that accepted a command may be at it for a long time (a siren's minutes).
ACCEPTED_FOR: Final = 600.0


def published(draft: Draft, command_id: str) -> None:
    """The broker has the command, or the action ran: what is expected now depends on who got it."""
    pending = draft.commands.get(command_id)
    if pending is None or pending.status is CommandStatus.ACCEPTED:
        # A device can be faster than its broker's confirmation.
        return
    match pending.command.source.dialect:
        case Dialect.HOME_ASSISTANT:
            _settle(draft, pending, CommandStatus.DONE, None)
        case Dialect.NATIVE | Dialect.ESP_SWITCH:
            output = draft.outputs.get(pending.command.output.device_key)
            patience = draft.settings.max_validity if output is None else output.deadline
            draft.commands[command_id] = replace(pending, deadline=draft.now + patience)
            draft.arm(Timer.COMMAND, command_id, draft.now + patience)
        case _:
            _settle(draft, pending, CommandStatus.UNANSWERED, None)


def failed(draft: Draft, command_id: str, detail: str) -> None:
    """The command could not be handed over."""
    if (pending := draft.commands.get(command_id)) is not None:
        _settle(draft, pending, CommandStatus.UNDELIVERED, detail)


def result(draft: Draft, said: CommandResult) -> None:
    """A device said what became of a command; only the one that got it is believed."""
    pending = draft.commands.get(said.command_id)
    if (
        pending is None
        or pending.command.source.source_id != said.source.source_id
        or pending.command.output.device_key != said.device_key
    ):
        return
    status = CommandStatus(said.status.value)
    if status is pending.status:
        return
    _settle(draft, pending, status, said.detail)


def command_due(draft: Draft, command_id: str) -> None:
    """Nothing was heard of a command in time."""
    draft.disarm(Timer.COMMAND, command_id)
    pending = draft.commands.get(command_id)
    if pending is None:
        return
    if pending.status is CommandStatus.ACCEPTED:
        draft.commands.remove(command_id)
    elif pending.command.source.dialect is Dialect.ESP_SWITCH:
        _settle(draft, pending, CommandStatus.UNANSWERED, None)
    else:
        _settle(draft, pending, CommandStatus.UNDELIVERED, "no answer in time")


def switch_state(draft: Draft, device: OutputReport) -> None:
    """Take whether an output is on; of a switch board, being as it was told is the answer to its command."""
    record = draft.outputs.get(device.device_key)
    if record is None or device.is_on is None:
        return
    status = draft.output_status.get(record.key) or OutputStatus()
    if status.is_on is not device.is_on:
        draft.output_status[record.key] = replace(status, is_on=device.is_on)
    pending = None if status.command_id is None else draft.commands.get(status.command_id)
    if pending is None or record.channel is None:
        return
    if pending.command.turn_on is device.is_on:
        _settle(draft, pending, CommandStatus.DONE, None)
    elif apart(draft.now, pending.command.issued_at) > WANTED_FOR:
        said = "on" if device.is_on else "off"
        _settle(draft, pending, CommandStatus.FAILED, f"the board says it is {said}")


def _settle(draft: Draft, pending: PendingCommand, status: CommandStatus, detail: str | None) -> None:
    """Give a command its new status; a final one ends it."""
    command_id, key = pending.command.command_id, pending.command.output.device_key
    if status.final:
        draft.commands.remove(command_id)
        draft.disarm(Timer.COMMAND, command_id)
    else:
        draft.commands[command_id] = replace(pending, status=status, deadline=draft.now + ACCEPTED_FOR)
        draft.arm(Timer.COMMAND, command_id, draft.now + ACCEPTED_FOR)
    output = draft.output_status.get(key)
    if output is not None and output.command_id == command_id:
        draft.output_status[key] = replace(output, command_status=status, command_detail=detail)
    draft.effects.append(progressed(pending, status, detail, draft.now))
