"""Says in words why an input did, or did not, trigger."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from .model import Decision, OutputDecision, OutputReason, Reason
from .names import Described, name_of

NO_OUTPUTS: Final[Mapping[str, Described]] = MappingProxyType({})
_WHOLE_SECONDS_FROM: Final = 10
_REASONS: Final[dict[Reason, Callable[[Decision], str]]] = {
    Reason.STALE: lambda d: f"The event was too old, or from the future: {_seconds(d, 'age')} by its source's clock.",
    Reason.DUPLICATE: lambda _: "The same message had been handled before.",
    Reason.CLEARED: lambda d: (
        f"It became clear, because it was not reported active for {_seconds(d, 'hold')}."
        if "hold" in d.facts
        else f"It became clear after {_seconds(d, 'active_for')}."
    ),
    Reason.DISABLED: lambda _: "The input is switched off in the hub.",
    Reason.OFF_SCHEDULE: lambda d: f"The input is off by its schedule{_until(d)}.",
    Reason.NOT_ARMED: lambda d: (
        f"It caused {_alarms(d)}: {d.facts['silenced_by']} has silenced it until it is disarmed."
        if "silenced_by" in d.facts
        else "No partition that has it as a zone watches it at the moment."
    ),
    Reason.UNCONFIRMED: lambda d: (
        f"{d.facts.get('count')} of the {d.facts.get('needed')} "
        + ("members" if "group" in d.facts else "activations")
        + f" needed within {_seconds(d, 'within')}."
    ),
    Reason.LATCHED: lambda d: f"It had triggered {_seconds(d, 'since')} before; its latch is {_seconds(d, 'latch')}.",
    Reason.DEFERRED: lambda d: f"It is informational, and these are quiet hours{_until(d)}: it is told when they end.",
    Reason.TRIGGERED: lambda d: "It triggered." if d.outputs else "It triggered, and is linked to no output.",
    Reason.REQUESTED: lambda _: "A person or an automation asked for it.",
    Reason.ALARM: lambda _: "An alarm began or ended, and its siren was told.",
}
_OUTPUT_REASONS: Final[dict[OutputReason, Callable[[OutputDecision], str]]] = {
    OutputReason.OUTPUT_DISABLED: lambda _: "the output is switched off in the hub",
    OutputReason.OFF_SCHEDULE: lambda d: f"the output is off by its schedule{_until(d)}",
    OutputReason.OUTPUTS_SUSPENDED: lambda _: "all outputs are suspended",
    OutputReason.INTERVAL: lambda d: (
        f"used {_seconds(d, 'since')} before, and its interval is {_seconds(d, 'interval')}"
    ),
    OutputReason.UNKNOWN_OUTPUT: lambda _: "no such output is known any more",
    OutputReason.SENT: lambda _: "commanded",
}


def explain(decision: Decision, outputs: Mapping[str, Described] = NO_OUTPUTS) -> str:
    """Return a short English text for people; what an interface translates are the reason and its facts.

    ``outputs`` are those that are known, by key, to be called as people call them.
    """
    parts = [_REASONS[decision.reason](decision)]
    parts += [
        f"{name_of(output.output_key, outputs)}: {_OUTPUT_REASONS[output.reason](output)}."
        for output in decision.outputs
    ]
    return " ".join(parts)


def _seconds(decided: Decision | OutputDecision, fact: str) -> str:
    seconds = decided.facts.get(fact)
    if not isinstance(seconds, int | float):
        return "an unknown time"
    return f"{seconds:.1f} s" if abs(seconds) < _WHOLE_SECONDS_FROM else f"{seconds:.0f} s"


def _alarms(decided: Decision) -> str:
    count = decided.facts.get("alarms")
    return "an alarm" if count == 1 else f"{count} alarms"


def _until(decided: Decision | OutputDecision) -> str:
    local = decided.facts.get("local")
    return f" until {local}" if isinstance(local, str) else ""
