"""What relays do and when: a step from one state to the next. Pure rules, no pins and no clock.

There are a few dozen relays at most, each with at most two deadlines, so the next one is simply the
least of them.
"""

from __future__ import annotations

from dataclasses import replace
import math
from typing import Final

from .relay_model import (
    Action,
    BrokersLost,
    Commanded,
    Effect,
    Event,
    PinFailed,
    PinsWell,
    Plan,
    RelayState,
    Result,
    Retrigger,
    SetPin,
    Start,
    State,
    Status,
    Stop,
    Tick,
)

# Commands live for a minute or two, so this is more than can be repeated and still be valid.
MEMORY: Final = 2_000


def initial(plan: Plan) -> State:
    """Return the state before ``Start``: every relay taken for safe."""
    return State(relays={key: RelayState(on=relay.safe_on) for key, relay in plan.relays.items()})


def next_deadline(state: State) -> float | None:
    """Return when ``Tick`` is needed next, ``None`` for never."""
    times = (time for relay in state.relays.values() for time in (relay.until, relay.flip_at) if time is not None)
    return min(times, default=None)


def step(plan: Plan, state: State, event: Event, now: float) -> tuple[State, tuple[Effect, ...]]:
    """Let ``event`` happen at ``now``, after whatever was due by then. Effects are to be done in their order."""
    work = _Step(plan, state, now)
    work.pass_deadlines()
    match event:
        case Start():
            work.everything_safe(None)
            work.ready = True
        case Stop():
            work.everything_safe("Cut short: the app stops")
            work.ready = False
        case BrokersLost():
            work.brokers_lost(event.seconds)
        case Commanded():
            work.command(event)
        case PinFailed():
            work.pin_failed(event)
        case PinsWell():
            work.pins_well()
        case Tick():
            pass
    return State(relays=work.relays, results=work.results, ready=work.ready), tuple(work.effects)


class _Step:
    """One step in the making."""

    def __init__(self, plan: Plan, state: State, now: float) -> None:
        self.relays = dict(state.relays)
        self.results = dict(state.results)
        self.ready = state.ready
        self.effects: list[Effect] = []
        self._plan = plan
        self._now = now

    def pass_deadlines(self) -> None:
        due = [(relay.until, key) for key, relay in self.relays.items() if relay.until is not None]
        for until, key in sorted(due):
            if until <= self._now:
                self._go_safe(key, Status.DONE, None)
        for key, relay in self.relays.items():
            if relay.flip_at is not None and relay.flip_at <= self._now:
                self._flip(key, relay, relay.flip_at)

    def everything_safe(self, detail: str | None) -> None:
        for key in self._plan.relays:
            self._go_safe(key, Status.FAILED, detail, certainly=True)

    def brokers_lost(self, seconds: float) -> None:
        if seconds >= self._plan.brokers_lost_after:
            for key, relay in self.relays.items():
                if relay.away_since is not None:
                    self._go_safe(key, Status.FAILED, f"Cut short: no broker for {seconds:.0f} s")

    def pin_failed(self, event: PinFailed) -> None:
        relay = self.relays[event.key]
        commands = dict.fromkeys(command for command in (event.command_id, relay.command_id) if command is not None)
        self.relays[event.key] = replace(relay, doubtful=True)
        if relay.away_since is not None:
            safe_on = self._plan.relays[event.key].safe_on
            self.relays[event.key] = RelayState(on=safe_on, doubtful=True)
            self.effects.append(SetPin(key=event.key, on=safe_on))
        for command in commands:
            self._answer(command, event.key, Status.FAILED, event.reason)

    def pins_well(self) -> None:
        for key, relay in self.relays.items():
            self.relays[key] = replace(relay, doubtful=False)

    def command(self, event: Commanded) -> None:
        """Carry out, refuse or repeat the answer. A relay that is not here belongs to another device."""
        if event.key not in self._plan.relays:
            return
        if event.command_id in self.results:
            self.effects.append(self.results[event.command_id])
            return
        action = self._meant(event)
        refusal = self._refusal(event, action)
        if refusal is not None:
            self._answer(event.command_id, event.key, *refusal)
        elif action in {Action.ON, Action.OFF}:
            self._hold(event, on=action is Action.ON)
        elif not self._continues(event):
            self._run(event, action)

    def _meant(self, event: Commanded) -> Action:
        action = event.action or self._plan.relays[event.key].usual
        if action is Action.TOGGLE:
            return Action.OFF if self.relays[event.key].on else Action.ON
        return action

    def _refusal(self, event: Commanded, action: Action) -> tuple[Status, str] | None:
        relay = self._plan.relays[event.key]
        if event.expires_at is not None and event.expires_at <= self._now:
            return Status.EXPIRED, f"It came {self._now - event.expires_at:.1f} s too late"
        if not self.ready:
            return Status.FAILED, "The app is starting or stopping"
        if event.seconds is not None and not (math.isfinite(event.seconds) and event.seconds > 0):
            return Status.FAILED, f"{event.seconds:g} is no duration: it must be more than 0 s"
        if action is Action.PATTERN and not relay.pattern:
            return Status.FAILED, f"{event.key} has no pattern: set the option pattern of this relay"
        if action is not Action.OFF:
            rival = self._rival(event.key)
            if rival is not None:
                return Status.FAILED, f"{rival} is on, and the two must never be on together"
        return None

    def _rival(self, key: str) -> str | None:
        """Return a relay of the same interlock that is away, or may be because its pin could not be set."""
        group = self._plan.relays[key].interlock
        for other, relay in self._plan.relays.items():
            rivals = group is not None and relay.interlock == group and other != key
            if rivals and (self.relays[other].away_since is not None or self.relays[other].doubtful):
                return other
        return None

    def _hold(self, event: Commanded, *, on: bool) -> None:
        """Switch on or off to stay, up to the longest time away."""
        relay, before = self._plan.relays[event.key], self.relays[event.key]
        self._release(event.key, "Ended by another command")
        since = None if on == relay.safe_on else self._away_since(before)
        until = None if since is None or relay.longest is None else since + relay.longest
        self._put(event.key, before, RelayState(on=on, away_since=since, until=until))
        detail = None if until is None else f"For {until - self._now:g} s at the longest"
        self._answer(event.command_id, event.key, Status.DONE, detail)

    def _continues(self, event: Commanded) -> bool:
        """Let a second pulse extend the first or be ignored; return whether that was all."""
        relay, before = self._plan.relays[event.key], self.relays[event.key]
        if before.away_since is None or relay.retrigger is Retrigger.RESTART:
            return False
        if relay.retrigger is Retrigger.IGNORE:
            self._answer(event.command_id, event.key, Status.DONE, "Ignored: the one before still runs")
        elif before.command_id is None or before.until is None:
            self._answer(event.command_id, event.key, Status.DONE, "It stays as it was switched")
        else:
            self._release(event.key, "Extended by another command")
            until, detail = self._end_of(event, before.away_since)
            self.relays[event.key] = RelayState(
                on=before.on,
                command_id=event.command_id,
                away_since=before.away_since,
                until=max(until, before.until),
                flip_at=before.flip_at,
                phase=before.phase,
            )
            self._answer(event.command_id, event.key, Status.ACCEPTED, detail)
        return True

    def _run(self, event: Commanded, action: Action) -> None:
        """Begin a pulse or a pattern."""
        relay, before = self._plan.relays[event.key], self.relays[event.key]
        self._release(event.key, "Restarted by another command")
        since = self._away_since(before)
        until, detail = self._end_of(event, since)
        after = RelayState(
            on=not relay.safe_on,
            command_id=event.command_id,
            away_since=since,
            until=until,
            flip_at=self._now + relay.pattern[0] if action is Action.PATTERN else None,
        )
        self._put(event.key, before, after)
        self._answer(event.command_id, event.key, Status.ACCEPTED, detail)

    def _end_of(self, event: Commanded, since: float) -> tuple[float, str | None]:
        """Return when the command's time is over, and a remark if that is earlier than it wants."""
        relay = self._plan.relays[event.key]
        until = self._now + (relay.seconds if event.seconds is None else event.seconds)
        if relay.longest is None or until <= since + relay.longest:
            return until, None
        return since + relay.longest, f"Shortened to the longest time of {relay.longest:g} s"

    def _away_since(self, before: RelayState) -> float:
        return self._now if before.away_since is None else before.away_since

    def _flip(self, key: str, before: RelayState, at: float) -> None:
        """Go on to the part of the pattern that is due by now."""
        relay, phase = self._plan.relays[key], before.phase
        while at <= self._now:
            phase = (phase + 1) % len(relay.pattern)
            at += relay.pattern[phase]
        after = RelayState(
            on=relay.safe_on if phase % 2 else not relay.safe_on,
            command_id=before.command_id,
            away_since=before.away_since,
            until=before.until,
            flip_at=at,
            phase=phase,
        )
        self._put(key, before, after)

    def _go_safe(self, key: str, status: Status, detail: str | None, *, certainly: bool = False) -> None:
        before, safe_on = self.relays[key], self._plan.relays[key].safe_on
        self._put(key, before, RelayState(on=safe_on), certainly=certainly)
        if before.command_id is not None:
            self._answer(before.command_id, key, status, detail)

    def _release(self, key: str, detail: str) -> None:
        """Answer the command that another one takes the place of."""
        waiting = self.relays[key].command_id
        if waiting is not None:
            self._answer(waiting, key, Status.DONE, detail)

    def _put(self, key: str, before: RelayState, after: RelayState, *, certainly: bool = False) -> None:
        self.relays[key] = after
        if certainly or before.on != after.on or before.doubtful:
            self.effects.append(SetPin(key=key, on=after.on))

    def _answer(self, command_id: str, key: str, status: Status, detail: str | None) -> None:
        result = Result(command_id=command_id, key=key, status=status, detail=detail)
        self.effects.append(result)
        self.results.pop(command_id, None)
        self.results[command_id] = result
        if len(self.results) > MEMORY:
            running = {relay.command_id for relay in self.relays.values()}
            del self.results[next(command for command in self.results if command not in running)]
