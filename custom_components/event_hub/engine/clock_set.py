"""The clock was set while everything ran: what runs goes on as if it had not been.

Deadlines, and the times that latches, intervals, windows and supervision count from, move along with the clock. What
goes by the time of day is worked out anew. What is history (alarm memory, what was held back, pictures) keeps its time;
alarms note how far the clock was set since.
"""

from collections.abc import Mapping
from copy import replace
from typing import Final

from ..wire.records import changed
from . import deferring, scheduling
from .alarm.status import Alarm, Deadline, Moved, PartitionStatus, Trip
from .effects import SendCommand
from .model import InputStatus, OutputStatus, SirenOrder, SourceStatus
from .state import Draft, State, Transition

# What in a record is a time in the past that something counts from.
_TIMES: Final[Mapping[type, tuple[str, ...]]] = {
    SourceStatus: ("last_seen", "last_heartbeat", "heartbeat_sent_at", "way_seen"),
    InputStatus: (
        *("active_since", "last_active", "activated_at", "triggered_at", "changed_at", "healed_at", "detected_at"),
    ),
    OutputStatus: ("triggered_at",),
    SirenOrder: ("since",),
    PartitionStatus: ("told_at", "told_silently_at"),
    Trip: ("at",),
    Moved: ("at",),
}


def follow(draft: Draft, by: float) -> None:
    """Move along with a clock that was set ``by`` so many seconds, and shows ``draft.now`` since."""
    move = _Move(draft.now, by)
    for (timer, key), due in draft.running():
        draft.arm(timer, key, due + by)
    _sources(draft, move, by)
    _devices(draft, move)
    _commands(draft, by)
    for key, escalation in list(draft.escalations.items()):
        if escalation.due_at is not None:
            moved = replace(escalation, since=move.time(escalation.since), due_at=escalation.due_at + by)
            draft.escalations[key] = moved
    for statuses in (draft.alarm, draft.lockouts):
        for key, status in list(statuses.items()):
            if (moved_status := move.partition(status)) != status:
                statuses[key] = moved_status
    draft.move_seen(move.time)
    # What falls on a time of day is due at another time than that.
    scheduling.follow_all(draft)
    deferring.clock_set(draft)


def by_this_clock(state: State, transition: Transition) -> Transition:
    """Return what was held back while the clock may have been set, with its commands as they are now."""
    effects = tuple(
        replace(effect, command=pending.command)
        if isinstance(effect, SendCommand) and (pending := state.commands.get(effect.command.command_id)) is not None
        else effect
        for effect in transition.effects
    )
    return replace(transition, effects=effects)


class _Move:
    """Moves times along with a clock that shows ``now``, and ``before`` would have shown that."""

    def __init__(self, now: float, by: float) -> None:
        self._now = now
        self._by = by
        self._before = now - by

    def time(self, at: float) -> float:
        """Move a time in the past. One that was not past yet is of a clock that was ahead, in an earlier run."""
        return at + self._by if at <= self._before else min(at, self._now)

    def record[R](self, record: R) -> R:
        """Move the times in a record."""
        times = ((name, getattr(record, name)) for name in _TIMES[type(record)])
        return changed(record, {name: self.time(at) for name, at in times if at is not None})

    def partition(self, status: PartitionStatus) -> PartitionStatus:
        """Move what runs in a partition, or was counted of its codes."""
        return replace(
            self.record(status),
            deadlines=tuple(self._deadline(each) for each in status.deadlines),
            crossings=tuple(self.record(each) for each in status.crossings),
            moved=tuple(self.record(each) for each in status.moved),
            memory=tuple(self._alarm(each) for each in status.memory),
        )

    def _alarm(self, alarm: Alarm) -> Alarm:
        return replace(alarm, moved=self.time(alarm.by_this_clock) - alarm.at)

    def _deadline(self, deadline: Deadline) -> Deadline:
        return replace(deadline, due=deadline.due + self._by)


def _sources(draft: Draft, move: _Move, by: float) -> None:
    for source_id, status in list(draft.source_status.items()):
        # Without an offset the next report teaches one.
        doubt = status.clock_doubt + by if status.offsets else 0.0
        draft.source_status[source_id] = replace(move.record(status), clock_doubt=doubt)


def _devices(draft: Draft, move: _Move) -> None:
    for key, status in list(draft.input_status.items()):
        activations = tuple(move.time(at) for at in status.activations)
        draft.input_status[key] = replace(move.record(status), activations=activations)
    for key, told in list(draft.output_status.items()):
        draft.output_status[key] = move.record(told)
    for key, order in list(draft.siren_orders.items()):
        draft.siren_orders[key] = move.record(order)
    for name, activations_of in list(draft.group_activations.items()):
        draft.group_activations[name] = tuple((move.time(at), key) for at, key in activations_of)
    draft.recent = tuple(replace(trigger, at=move.time(trigger.at)) for trigger in draft.recent)


def _commands(draft: Draft, by: float) -> None:
    for command_id, pending in list(draft.commands.items()):
        command = pending.command
        moved = replace(command, issued_at=command.issued_at + by, expires_at=command.expires_at + by)
        draft.commands[command_id] = replace(pending, command=moved, deadline=pending.deadline + by)
