"""A plan: what an import changes, each change a sentence for people and an event for the engine.

A planner tries every event on a copy of the engine's state, with the engine itself. So an event in a plan
is one that the engine takes, and one that changes nothing is in no plan: planning again after the events
were posted gives an empty plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..engine.errors import EngineError
from ..engine.events import Configured, OutputsSuspended, PartitionSet
from ..engine.state import State, Transition
from ..engine.step import step
from ..engine.times.quiet_hours import QuietHours
from .languages import says_of
from .languages.sentences import Says
from .wording import Wording
from .yaml_text import Plain, Turn, no_turn

# What people own; everything else in the state is what happened.
TABLES: Final = ("sources", "inputs", "outputs", "groups", "group_schedules", "partitions")
_ALSO: Final = ("source_devices", "code_users", "alarm")

type Event = Configured | PartitionSet | OutputsSuspended


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
    HUB = "hub"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHoursWanted:
    """Other quiet hours, which Home Assistant keeps among the hub's options."""

    quiet: QuietHours


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWanted:
    """A channel to people, which Home Assistant keeps beside the hub: a new one, or settings that change.

    ``name`` is its own among the channels; ``settings`` are as they are kept.
    """

    name: str
    settings: Mapping[str, Plain]


type Wish = QuietHoursWanted | ChannelWanted
_WISHES: Final = (QuietHoursWanted, ChannelWanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, of the device, group, source or partition ``about``. ``text`` says it and tells no parameters.

    It is empty for a step that is undone by the next one, such as a link that has to go for another to come before it.
    """

    kind: Kind
    about: str
    text: str
    event: Event | Wish


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
    def texts(self) -> tuple[str, ...]:
        """What people are told of it, in order."""
        return tuple(each.text for each in self.changes if each.text)

    @property
    def events(self) -> tuple[Event, ...]:
        """What the engine is to be told, in order."""
        return tuple(each.event for each in self.changes if not isinstance(each.event, _WISHES))

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """What Home Assistant is to keep, in order."""
        return tuple(each.event for each in self.changes if isinstance(each.event, _WISHES))


def still_so(wanted: Plan, before: State, state: State) -> bool:
    """Whether all that a plan changes is in ``state`` as it was ``before``, when it was planned."""
    about = {change.about for change in wanted.changes}
    return all(
        then.get(key) is is_now.get(key)
        for then, is_now in ((getattr(before, name), getattr(state, name)) for name in TABLES)
        for key in about
    )


class Planner:
    """Collects what changes; ``state`` is as it will be after the changes so far."""

    def __init__(self, state: State, language: str = "en", turn: Turn = no_turn) -> None:
        """Begin with a copy of ``state``, which stays as it is; what is planned is said in ``language``.

        ``turn`` is called for each change.
        """
        self.state = State(settings=state.settings, outputs_suspended=state.outputs_suspended)
        self.says: Says = says_of(language)
        self.wording = Wording(self.says)
        self.state.watchers = state.watchers
        for name in (*TABLES, *_ALSO):
            getattr(self.state, name).update(getattr(state, name))
        self._turn = turn
        self._changes: list[Change] = []
        self._left_out: dict[LeftOut, None] = {}

    def change(self, kind: Kind, about: str, text: str, event: Event) -> None:
        """Plan an event, unless it changes nothing. Raises ``EngineError`` if the engine would not take it."""
        self._turn()
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
            problem = self.wording.reason(error)
            self.leave_out(about, self.says.leaves_out.not_possible.format(change=text, problem=problem))
            return False
        return True

    def wish(self, kind: Kind, about: str, text: str, wish: Wish) -> None:
        """Plan something that is not the engine's, and that changes something."""
        self._changes.append(Change(kind=kind, about=about, text=text, event=wish))

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


def _changes_something(state: State, transition: Transition) -> bool:
    return transition.changes.outputs_suspended is not None or any(
        getattr(state, name).get(key) != value for name in TABLES for key, value in transition.changes.of(name).items()
    )
