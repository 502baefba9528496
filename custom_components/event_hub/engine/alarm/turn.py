"""A partition's working copy while one event is handled: what the rules read, change and ask for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .effects import BypassChanged, Effect, MemoryChanged, Outcome, Passed, PhaseChanged, Refused, TroubleChanged
from .events import Asked, Event, action_of
from .model import LIFE_SAFETY, UNKNOWN_INPUT, Actor, Channels, InputStanding, Partition, Zone
from .problems import SIREN_FAULTS, PassReason, Refusal, RefusalReason, ZoneProblem
from .status import Deadline, Moved, PartitionStatus, Timer

# A zone that was taken out of the partition while it mattered counts as an ordinary one: rather alarm than not.
_FORMER_ZONE = Zone()


class Turn:
    """One event's turn. ``now`` is when what is being handled is due, ``actor`` who asked for it.

    ``queue`` holds events that follow from this one, to be handled through the table as well.
    """

    def __init__(
        self,
        partition: Partition,
        status: PartitionStatus,
        now: float,
        zones: Mapping[str, InputStanding],
        channels: Channels,
    ) -> None:
        """Open a turn at ``now`` (unix seconds)."""
        self.channels = channels
        self.partition = partition
        self.status = status
        self.now = now
        self.actor: Actor | None = None
        self.queue: list[Event] = []
        self.refused = False
        self._zones = zones
        self._effects: list[Effect] = []
        self._shown = status

    def update(self, **changes: Any) -> None:
        """Change fields of the status."""
        self.status = replace(self.status, **changes)

    def emit(self, effect: Effect) -> None:
        """Ask for something to be done."""
        self._effects.append(effect)

    def start(self, timer: Timer, seconds: float) -> float:
        """Let a timer run from now on, anew if it runs already. Returns when it ends."""
        due = self.now + seconds
        others = (each for each in self.status.deadlines if each.timer is not timer)
        self.update(deadlines=(*others, Deadline(timer=timer, due=due, seconds=seconds)))
        return due

    def drop(self, *timers: Timer) -> None:
        """Stop timers, where they run."""
        if any(each.timer in timers for each in self.status.deadlines):
            self.update(deadlines=tuple(each for each in self.status.deadlines if each.timer not in timers))

    def runs(self, timer: Timer) -> bool:
        """Whether a timer is running."""
        return self.status.due(timer) is not None

    def moved(self, key: str, *, opened: bool) -> None:
        """Know a zone open, or closed."""
        others = tuple(each for each in self.status.open if each != key)
        self.update(open=(*others, key) if opened else others)
        if self.zone(key).kind in LIFE_SAFETY:
            before = (each for each in self.status.moved if each.zone != key)
            self.update(moved=(*before, Moved(zone=key, at=self.now)))

    def zone(self, key: str) -> Zone:
        """Return how a zone is watched."""
        return self.partition.zones.get(key, _FORMER_ZONE)

    def standing(self, key: str) -> InputStanding:
        """Return how a zone's input stands."""
        return self._zones.get(key, UNKNOWN_INPUT)

    def standings(self) -> Mapping[str, InputStanding]:
        """Return how every input stands that is known."""
        return self._zones

    def swung_out(self, key: str) -> bool:
        """Whether what a zone sees has caused too many alarms in this armed period."""
        return self.status.swung_out(key, self.partition.swinger_limit)

    def sounds_for(self, key: str) -> bool:
        """Whether a zone is in the alarm that is running."""
        return self.runs(Timer.ALARM) and key in self.status.sounded

    def passed(self, reason: PassReason, zone: str | None = None) -> None:
        """Put on record why nothing came of an event."""
        self.emit(Passed(reason=reason, zone=zone))

    def refuse(self, event: Asked, reason: RefusalReason, problems: tuple[ZoneProblem, ...] = ()) -> None:
        """Refuse what was asked for."""
        self.refused = True
        self.update(last_refusal=Refusal(at=self.now, reason=reason, problems=problems))
        self.emit(Refused(action=action_of(event), reason=reason, problems=problems, actor=event.actor))

    def changed_by(self, actor: Actor) -> None:
        """Remember who changed the partition last; not that it was under duress, which nobody here may see."""
        self.update(changed_by=replace(actor, duress=False), changed_at=self.now)

    def announce(self) -> None:
        """Tell what has changed since the last time: phase, bypasses, memory, troubles."""
        before, after = self._shown, self.status
        if (before.phase, before.mode) != (after.phase, after.mode):
            self.update(since=self.now)
            self.emit(
                PhaseChanged(before=before.phase, after=after.phase, mode=after.mode, at=self.now, actor=self.actor)
            )
        if (before.bypassed, before.forced) != (after.bypassed, after.forced):
            self.emit(BypassChanged(bypassed=after.bypassed, forced=after.forced, actor=self.actor))
        if before.memory != after.memory:
            silent = before.visible == after.visible
            self.emit(MemoryChanged(memory=after.memory, actor=self.actor, silent=silent))
        if before.troubles != after.troubles:
            watched = (each.zone for each in after.troubles if each.fault in SIREN_FAULTS or self._watched(each.zone))
            self.emit(TroubleChanged(troubles=after.troubles, watched=tuple(dict.fromkeys(watched))))
        self._shown = self.status

    def finish(self) -> Outcome:
        """Close the turn."""
        return Outcome(status=self.status, effects=tuple(self._effects))

    def _watched(self, key: str) -> bool:
        return self.zone(key).watched_in(self.status.mode) and not self.status.left_out(key)
