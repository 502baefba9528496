"""What tests of the bridge share: time that only tests move, relays on a plan, and a bus like the ADC Pi's."""

from collections.abc import Callable
from dataclasses import dataclass, field
import os
from pathlib import Path

import remote_monitor
from remote_monitor.bus.chips import ChipKind
from remote_monitor.bus.simulated import SimulatedBus
from remote_monitor.relay_model import Commanded, Effect, Event, Plan, Relay, Result, SetPin, Start, State, Tick
from remote_monitor.relays import initial, next_deadline, step

# However slow the machine is, what takes longer than so many seconds would take for ever.
PATIENCE = 60.0
ADC_PI = {0x68: ChipKind.MCP3424, 0x69: ChipKind.MCP3424}
RELAYS = {0x20: ChipKind.MCP23017, 0x21: ChipKind.MCP23017}


def environment() -> dict[str, str]:
    """Return an environment in which another process finds the bridge's package."""
    package = Path(remote_monitor.__path__[0]).parent
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])}


class Clock:
    """Seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def adc_pi(clock: Callable[[], float]) -> SimulatedBus:
    """Return a bus with the eight inputs of an ADC Pi and two expanders."""
    return SimulatedBus(ADC_PI | RELAYS, clock=clock)


def plan_of(*relays: Relay, brokers_lost_after: float = 60.0) -> Plan:
    """Return a plan of these relays."""
    return Plan(relays={relay.key: relay for relay in relays}, brokers_lost_after=brokers_lost_after)


@dataclass
class Board:
    """Relays run by the rules in virtual time, with a tick at every deadline, as the control loop does it."""

    plan: Plan
    now: float = 100.0
    pins: dict[str, bool] = field(default_factory=dict)
    said: list[Result] = field(default_factory=list)
    on_effect: Callable[[Effect], None] = lambda _effect: None

    def __post_init__(self) -> None:
        self.state: State = initial(self.plan)
        self.happen(Start())

    def happen(self, event: Event) -> tuple[Effect, ...]:
        """Let something happen now, and do what follows."""
        self.state, effects = step(self.plan, self.state, event, self.now)
        for effect in effects:
            if isinstance(effect, SetPin):
                self.pins[effect.key] = effect.on
            else:
                self.said.append(effect)
            self.on_effect(effect)
        return effects

    def command(self, command_id: str, key: str, **wants: object) -> tuple[Effect, ...]:
        """Command a relay."""
        return self.happen(Commanded(command_id=command_id, key=key, **wants))  # type: ignore[arg-type]

    def pass_time(self, seconds: float) -> None:
        """Move on, stopping at every deadline on the way."""
        end = self.now + seconds
        while (due := next_deadline(self.state)) is not None and due <= end:
            self.now = due
            self.happen(Tick())
        self.now = end

    def words(self) -> list[tuple[str, str]]:
        """Return what was said since the last call, as command and status."""
        said = [(result.command_id, str(result.status)) for result in self.said]
        self.said.clear()
        return said
