"""What the hub has counted since it started."""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final

from .engine.effects import CommandProgressed, Decided, Effect
from .engine.model import Decision
from .wire.messages import Transport

DECISIONS_AN_INPUT: Final = 10
INPUTS_REMEMBERED: Final = 50


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


class LastDecisions:
    """The last decisions of the inputs that reported last; older ones are in the activity log."""

    def __init__(self) -> None:
        """Start with none."""
        self._by_input: OrderedDict[str, deque[Decision]] = OrderedDict()

    def add(self, decision: Decision) -> None:
        """Remember a decision."""
        key = decision.input_key
        decisions = self._by_input.get(key)
        if decisions is None:
            decisions = self._by_input[key] = deque(maxlen=DECISIONS_AN_INPUT)
            if len(self._by_input) > INPUTS_REMEMBERED:
                self._by_input.popitem(last=False)
        decisions.append(decision)
        self._by_input.move_to_end(key)

    def of(self, input_key: str, limit: int) -> tuple[Decision, ...]:
        """Return an input's last decisions, newest first."""
        decisions = self._by_input.get(input_key, ())
        return tuple(reversed(decisions))[:limit]
