"""Reads every input ten times a second and tells what changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import logging
import math
import time
from typing import Final, Protocol

from .bands import Change, InputState, Rule, Unread, Zone, percent, step
from .drivers.adc import ReadFault
from .stopping import StopFlag

RATE: Final = 10.0
_KEPT: Final = 1_000

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An input by its key: the channel it is wired to, and what its values mean."""

    key: str
    channel: int
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How punctual the last thousand rounds began, in seconds after they were due. ``skipped`` counts all."""

    rounds: int
    skipped: int
    late_p99: float
    late_most: float


class Readings(Protocol):
    """Where voltages come from; ``drivers.adc.Adc`` is one."""

    def full_scale(self, channel: int) -> float:
        """Return the highest voltage that a channel can tell."""

    def sample(self) -> Mapping[int, float | ReadFault]:
        """Read every channel once."""


class Sampler:
    """The loop over all inputs. Rounds keep to a fixed grid of times, so lateness does not add up."""

    def __init__(
        self,
        adc: Readings,
        inputs: Sequence[Input],
        on_change: Callable[[Mapping[str, Change]], None],
        *,
        rate: float = RATE,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Read ``inputs`` ``rate`` times a second; ``on_change`` gets all changes of a round by key."""
        self._adc = adc
        self._inputs = tuple(inputs)
        self._on_change = on_change
        self._period = 1 / rate
        self._beat = beat
        self._states: Mapping[str, InputState] = {each.key: InputState() for each in self._inputs}
        self._late: deque[float] = deque(maxlen=_KEPT)
        self._rounds = 0
        self._skipped = 0

    @property
    def states(self) -> Mapping[str, InputState]:
        """What is known of each input by its key; any thread may ask."""
        return self._states

    def timing(self) -> Timing:
        """Return how punctual the loop is; any thread may ask."""
        late = sorted(self._late.copy()) or [0.0]
        p99 = late[math.ceil(len(late) * 0.99) - 1]
        return Timing(rounds=self._rounds, skipped=self._skipped, late_p99=p99, late_most=late[-1])

    def run(self, stop: StopFlag, clock: Callable[[], float] = time.monotonic) -> None:
        """Read until ``stop`` is set. A round that takes longer than a period makes the next ones fall out."""
        due = clock()
        while not stop.wait(max(0.0, due - clock())):
            began = clock()
            self._late.append(began - due)
            self._rounds += 1
            self._beat()
            self.sample(began)
            due += self._period
            missed = math.ceil(max(0.0, clock() - due) / self._period)
            self._skipped += missed
            due += missed * self._period

    def sample(self, now: float) -> None:
        """Read every input once."""
        found = self._adc.sample()
        states: dict[str, InputState] = {}
        changes: dict[str, Change] = {}
        for each in self._inputs:
            sample = self._meaning(each.channel, found[each.channel])
            states[each.key], change = step(each.rule, self._states[each.key], sample, now)
            if change is not None:
                changes[each.key] = change
                _log(each.key, change)
        self._states = states
        if changes:
            self._on_change(changes)

    def _meaning(self, channel: int, read: float | ReadFault) -> float | Unread:
        if isinstance(read, ReadFault):
            return Unread(reason=read.reason)
        return percent(read, self._adc.full_scale(channel))


def _log(key: str, change: Change) -> None:
    if change.after is Zone.FAULT:
        _LOGGER.warning("%s cannot be told: %s", key, change.state.fault)
    elif change.before is Zone.FAULT:
        _LOGGER.warning("%s can be told again: %s", key, change.after)
    else:
        _LOGGER.info("%s is %s", key, change.after)
