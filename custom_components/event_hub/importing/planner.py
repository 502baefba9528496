"""A plan: what an import changes, each change a sentence for people and an event for the engine.

A planner tries every event on a copy of the engine's state, with the engine itself. So an event in a plan
is one that the engine takes, and one that changes nothing is in no plan: planning again after the events
were posted gives an empty plan.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..engine.errors import EngineError, InvalidRuleError, UnknownKeyError
from ..engine.events import Configured, PartitionSet
from ..engine.state import State, Transition
from ..engine.step import step

# What people own; everything else in the state is what happened.
TABLES: Final = ("sources", "inputs", "outputs", "groups", "group_schedules", "partitions")
_ALSO: Final = ("source_devices", "code_users", "alarm")

type Event = Configured | PartitionSet


class Kind(StrEnum):
    """What a change is about, to be counted and shown together."""

    DEVICE = "device"
    SCHEDULE = "schedule"
    ENABLED = "enabled"
    RULE = "rule"
    OPTIONS = "options"
    LINKS = "links"
    GROUP = "group"
    SOURCE = "source"
    PARTITION = "partition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, of the device, group, source or partition ``about``. ``text`` says it and tells no parameters."""

    kind: Kind
    about: str
    text: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something that cannot be taken over, and why."""

    about: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done, in this order, and what cannot be."""

    changes: tuple[Change, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """What the engine is to be told, in order."""
        return tuple(change.event for change in self.changes)


class Planner:
    """Collects what changes; ``state`` is as it will be after the changes so far."""

    def __init__(self, state: State) -> None:
        """Begin with a copy of ``state``, which stays as it is."""
        self.state = State(settings=state.settings)
        self.state.watchers = state.watchers
        for name in (*TABLES, *_ALSO):
            getattr(self.state, name).update(getattr(state, name))
        self._changes: list[Change] = []
        self._left_out: dict[LeftOut, None] = {}

    def change(self, kind: Kind, about: str, text: str, event: Event) -> None:
        """Plan an event, unless it changes nothing. Raises ``EngineError`` if the engine would not take it."""
        transition = perform(self.state, event)
        if not _changes_something(self.state, transition):
            return
        self.state.apply(transition.changes)
        self._changes.append(Change(kind=kind, about=about, text=text, event=event))

    def attempt(self, kind: Kind, about: str, text: str, event: Event) -> bool:
        """Plan an event, or leave it out where the engine would not take it; returns whether it would."""
        try:
            self.change(kind, about, text, event)
        except EngineError as error:
            self.leave_out(about, f"{text}: not possible ({reason(error)}).")
            return False
        return True

    def leave_out(self, about: str, text: str) -> None:
        """Tell, once, that something cannot be taken over."""
        self._left_out[LeftOut(about=about, text=text)] = None

    def finish(self) -> Plan:
        """Return the plan."""
        return Plan(changes=tuple(self._changes), left_out=tuple(self._left_out))


def perform(state: State, event: Event) -> Transition:
    """Return what an event would change. Raises ``EngineError``."""
    # Nothing that people own depends on the time: what a schedule counts, it is followed by when it is posted.
    return step(state, event, 0.0)


def reason(error: EngineError) -> str:
    """Return in words why the engine does not take something."""
    match error:
        case InvalidRuleError(setting=setting, allowed=allowed):
            return f"{setting}: {allowed}"
        case UnknownKeyError(key=key):
            return f"there is no “{key}”"
    return str(error)


def _changes_something(state: State, transition: Transition) -> bool:
    return any(
        getattr(state, name).get(key) != value for name in TABLES for key, value in transition.changes.of(name).items()
    )
