"""Carries out what the rules of the relays say, on the pins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
import logging
import time
from typing import Final, Protocol

from .bus.interface import BusError
from .relay_model import (
    BrokersLost,
    Commanded,
    Effect,
    Event,
    PinFailed,
    PinsWell,
    Plan,
    Result,
    SetPin,
    Start,
    Status,
    Stop,
    Tick,
)
from .relays import initial, next_deadline, step
from .stopping import StopFlag

# The watchdog wants a sign of life every half second.
LONGEST_WAIT: Final = 0.25
REFRESH: Final = 0.5
LAST_TRIES: Final = 20
LAST_PAUSE: Final = 0.05

_LOGGER = logging.getLogger(__name__)


class Pins(Protocol):
    """What switches relays; ``drivers.mcp23017.Outputs`` does."""

    def write(self, key: str, *, on: bool) -> None:
        """Switch a relay. Raises ``BusError``."""

    def refresh(self) -> Mapping[int, BusError]:
        """Restore what was lost; return the errors of the chips that do not answer."""


class RelayControl:
    """The loop over all relays. It alone touches the pins, and waits only for the next command or deadline."""

    def __init__(  # noqa: PLR0913 - what it is joined to, by name
        self,
        plan: Plan,
        pins: Pins,
        get: Callable[[float], Commanded | None],
        on_result: Callable[[Result], None],
        *,
        beat: Callable[[], None] = lambda: None,
        lost_for: Callable[[], float] = lambda: 0.0,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Describe the loop; nothing is switched yet.

        ``get`` waits up to so many seconds for a command, whose ``expires_at`` is Unix time. ``beat`` is called
        four times a second or more and before every pin is touched; if it raises, the relays go to their safe
        states and the loop ends. ``lost_for`` tells since how many seconds there is no broker.
        """
        self._plan = plan
        self._pins = pins
        self._get = get
        self._on_result = on_result
        self._beat = beat
        self._lost_for = lost_for
        self._clock = clock
        self._wall = wall
        self._state = initial(plan)
        self._refresh_at = clock() + REFRESH
        self._silent: Mapping[int, BusError] = {}

    @property
    def states(self) -> Mapping[str, bool]:
        """Whether each relay is on, by its key; any thread may ask."""
        return {key: relay.on for key, relay in self._state.relays.items()}

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the expanders, in sentences; any thread may ask."""
        return tuple(str(error) for error in self._silent.values())

    def run(self, stop: StopFlag) -> None:
        """Take commands until ``stop`` is set. Every relay is in its safe state before and after, come what may."""
        try:
            self._beat()
            self._happen(Start())
            while not stop.is_set():
                command = self._get(self._patience())
                self._beat()
                self._happen(self._timed(command) if command else Tick())
                self._look_after()
        finally:
            # The safe states are written even when the watchdog is gone.
            beat, self._beat = self._beat, lambda: None
            self._happen(Stop())
            self._insist()
            self._beat = beat

    def _insist(self) -> None:
        """Try for a second to write the safe states that could not be written."""
        for _ in range(LAST_TRIES):
            if not self._pins.refresh():
                return
            time.sleep(LAST_PAUSE)

    def _patience(self) -> float:
        deadline = next_deadline(self._state)
        left = LONGEST_WAIT if deadline is None else deadline - self._clock()
        return max(0.0, min(LONGEST_WAIT, left))

    def _timed(self, command: Commanded) -> Commanded:
        """Put the expiry from Unix time on the clock of the rules."""
        if command.expires_at is None:
            return command
        return replace(command, expires_at=self._clock() + command.expires_at - self._wall())

    def _look_after(self) -> None:
        lost_for = self._lost_for()
        if lost_for > 0:
            self._happen(BrokersLost(seconds=lost_for))
        if self._clock() >= self._refresh_at:
            self._refresh_at = self._clock() + REFRESH
            self._refresh()

    def _refresh(self) -> None:
        silent = self._pins.refresh()
        for address in silent.keys() - self._silent.keys():
            _LOGGER.error("Relays at %#04x cannot be switched: %s", address, silent[address])
        for address in self._silent.keys() - silent.keys():
            _LOGGER.warning("Relays at %#04x can be switched again", address)
        self._silent = silent
        if not silent and any(relay.doubtful for relay in self._state.relays.values()):
            self._happen(PinsWell())

    def _happen(self, event: Event) -> None:
        """Step, and once more for every pin that could not be set; that is then not away, so it ends there."""
        events = [event]
        while events:
            self._state, effects = step(self._plan, self._state, events.pop(0), self._clock())
            events += self._carry_out(effects)

    def _carry_out(self, effects: Iterable[Effect]) -> list[PinFailed]:
        """Do what the rules say. A success that depends on a pin that failed is not told."""
        failed: dict[str, PinFailed] = {}
        for effect in effects:
            if isinstance(effect, SetPin):
                self._beat()
                try:
                    self._pins.write(effect.key, on=effect.on)
                except BusError as error:
                    failed[effect.key] = PinFailed(key=effect.key, reason=str(error))
            elif effect.key in failed and effect.status in {Status.ACCEPTED, Status.DONE}:
                failed[effect.key] = replace(failed[effect.key], command_id=effect.command_id)
            else:
                self._on_result(effect)
        return list(failed.values())
