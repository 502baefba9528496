"""What the hub has counted since it started."""

from collections import Counter
from dataclasses import dataclass, field

from .engine.effects import CommandProgressed, Decided, Effect
from .wire.messages import Transport


@dataclass(slots=True, kw_only=True)
class HubCounters:
    """Counts since start. ``retained`` are retained messages that were not acted on."""

    received: Counter[Transport] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    retained: int = 0
    images: int = 0
    errors: int = 0

    def count(self, effect: Effect) -> None:
        """Count a decision or a command's new status."""
        match effect:
            case Decided(decision=decision):
                self.decisions[decision.reason] += 1
            case CommandProgressed(status=status):
                self.commands[status] += 1
