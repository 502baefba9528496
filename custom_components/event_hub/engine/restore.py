"""After a restart: timers are set again from what was stored, and commands under way go on.

The stored state is that of the last save. What was decided is not decided again; a command
whose sending was under way is sent again under the same id while it is not too late, because
a device that knows ids acts once and for the others once more is better than never.
"""

from dataclasses import replace

from ..wire.messages import InputReport
from . import deferring, escalating, partitions, scheduling, triggers
from .commands import failed
from .deadlines import Timer
from .effects import SendCommand
from .model import CommandStatus, InputStatus
from .registry import ensure_built_in
from .state import Draft, State, Transition
from .supervision import watch


def rearm(state: State, now: float) -> Transition:
    """Return what makes a loaded state run at ``now`` (unix seconds)."""
    draft = Draft(state, now)
    ensure_built_in(draft)
    for source_id, status in state.source_status.items():
        if not status.lost:
            watch(draft, source_id)
    for key, held in state.input_status.items():
        record = state.inputs.get(key)
        if record is not None and held.active and partitions.was_let_go(draft, key):
            # Else it would call for help again, and a real call would be no news.
            said = InputReport(device_key=key, active=False)
            triggers.clear(draft, record, held, said, triggers.Occasion(serial=f"restart.{key}.{now:.6f}"))
            continue
        if record is not None and _runs_out(held):
            began = held.last_active if held.active else held.detected_at
            # A clock that went back while the hub was away must not make the hold longer.
            due = min((began or now) + record.rule.hold, now + record.rule.hold)
            draft.arm(Timer.HOLD, key, max(now, due))
    _resume_commands(draft, state)
    scheduling.follow_all(draft)
    escalating.resume(draft)
    deferring.resume(draft)
    if draft.watchers:
        partitions.follow(draft, None)
    return draft.finish()


def _runs_out(held: InputStatus) -> bool:
    """Whether nobody but the hub says when an input's activity, or that people are seen, is over."""
    return not held.reports_clear if held.active else held.people > 0


def _resume_commands(draft: Draft, state: State) -> None:
    for command_id, pending in state.commands.items():
        command = pending.command
        if pending.status is CommandStatus.ACCEPTED:
            draft.arm(Timer.COMMAND, command_id, max(draft.now, pending.deadline))
        elif command.expires_at <= draft.now:
            failed(draft, command_id, "Event Hub was not running in time")
        else:
            draft.commands[command_id] = replace(pending, deadline=command.expires_at)
            draft.arm(Timer.COMMAND, command_id, command.expires_at + draft.settings.handover_grace)
            draft.effects.append(SendCommand(command=command, decision_id=pending.decision_id))
