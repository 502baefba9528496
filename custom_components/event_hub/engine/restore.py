"""After a restart: timers are set again from what was stored, and commands under way go on.

The stored state is that of the last save. What was decided is not decided again; a command
whose sending was under way is sent again under the same id while it is not too late, because
a device that knows ids acts once and for the others once more is better than never.
"""

from dataclasses import replace
from typing import Final

from ..wire.messages import InputReport
from . import deferring, escalating, partitions, scheduling, triggers
from .commands import ACCEPTED_FOR, failed
from .deadlines import Timer
from .effects import SendCommand
from .model import CommandStatus, InputStatus
from .registry import ensure_built_in
from .state import Draft, State, Transition
from .supervision import watch

_FRESH: Final = InputStatus()


def rearm(state: State, now: float) -> Transition:
    """Return what makes a loaded state run at ``now`` (unix seconds)."""
    draft = Draft(state, now)
    ensure_built_in(draft)
    for source_id, status in state.source_status.items():
        if not status.lost:
            watch(draft, source_id)
    for key in draft.watchers:
        _catch_up(draft, key)
    for key, held in draft.input_status.items():
        record = state.inputs.get(key)
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


def _catch_up(draft: Draft, key: str) -> None:
    """Take over how an input that calls for help moved since its own status was stored; the alarm's is stored sooner.

    Else it would call for help again, or a real call would be no news. What is switched off may well be active.
    """
    record, held, moved = draft.inputs.get(key), draft.input_status.get(key, _FRESH), partitions.moved(draft, key)
    if record is None or not record.enabled or moved is None:
        return
    at, is_open = moved
    if held.active is is_open or (held.changed_at is not None and held.changed_at >= at):
        return
    if is_open:
        draft.input_status[key] = replace(
            held, active=True, active_since=at, last_active=at, changed_at=at, confirmed=True
        )
        escalating.begin(draft, record)
    else:
        said = InputReport(device_key=key, active=False)
        triggers.clear(draft, record, held, said, triggers.Occasion(serial=f"restart.{key}.{draft.now:.6f}"))


def _runs_out(held: InputStatus) -> bool:
    """Whether nobody but the hub says when an input's activity, or that people are seen, is over."""
    return not held.reports_clear if held.active else held.people > 0


def _resume_commands(draft: Draft, state: State) -> None:
    for command_id, pending in state.commands.items():
        # Nor must a clock that went back make these wait longer.
        command = pending.command
        command = replace(command, expires_at=min(command.expires_at, draft.now + draft.settings.command_expiry))
        if pending.status is CommandStatus.ACCEPTED:
            due = min(pending.deadline, draft.now + ACCEPTED_FOR)
            draft.arm(Timer.COMMAND, command_id, max(draft.now, due))
        elif command.expires_at <= draft.now:
            failed(draft, command_id, "Event Hub was not running in time")
        else:
            draft.commands[command_id] = replace(pending, command=command, deadline=command.expires_at)
            draft.arm(Timer.COMMAND, command_id, command.expires_at + draft.settings.handover_grace)
            draft.effects.append(SendCommand(command=command, decision_id=pending.decision_id))
