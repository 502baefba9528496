"""What keypads are answered and shown in names, and that a command which comes twice is obeyed once.

A broker may deliver a message again, and a keypad that heard no answer may send it again: a second "arm" must not
be refused because the first was obeyed, and a wrong code that comes twice is one wrong code.
"""

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any, Final

from .alarm_desk import AlarmDesk
from .alarm_views import MOST_NAMED, PartitionView, name_of_zone, nobody_disarms, ready
from .engine.alarm.problems import ZoneProblem
from .engine.state import State
from .matching import match
from .wire.keypads import KeypadCommand

# So long, in seconds, the same command with the same id is a repetition.
REPEATED_SECONDS: Final = 30.0
# More are sent by no person within that time.
_MOST_KEPT: Final = 64

type Answer = dict[str, Any]


class Answers:
    """The commands of a partition that were taken lately, and what was answered to them."""

    def __init__(self) -> None:
        """Know of none."""
        self._taken: list[tuple[float, KeypadCommand, Answer | None]] = []

    def is_repeated(self, command: KeypadCommand) -> bool:
        """Whether a command was taken before. Without an id none is."""
        return any(taken == command for _, taken, _ in self._fresh()) and command.request_id is not None

    def take(self, command: KeypadCommand) -> None:
        """Know a command, which is being obeyed."""
        self._taken = [*self._fresh(), (monotonic(), command, None)][-_MOST_KEPT:]

    def answered(self, command: KeypadCommand, answer: Answer) -> None:
        """Know what was answered to it."""
        self._taken = [(at, taken, answer if taken == command else kept) for at, taken, kept in self._taken]

    def answer_to(self, command: KeypadCommand) -> Answer | None:
        """Return what was answered to a command that was taken before; ``None`` while it is being obeyed."""
        return next((answer for _, taken, answer in self._fresh() if taken == command), None)

    def _fresh(self) -> list[tuple[float, KeypadCommand, Answer | None]]:
        oldest = monotonic() - REPEATED_SECONDS
        return [each for each in self._taken if each[0] > oldest]


def named_zones(view: PartitionView) -> dict[str, Any]:
    """Return which zones are in the way of arming and which are left out: the first of them, and how many in all."""
    found = ready(view)
    no_code = [] if found.disarmable else [{"zone": None, "name": view.record.name, **nobody_disarms(found)}]
    of_zones = [
        {**_named(view.desk, key), "problem": problem.value, "modes": [mode.value for mode in modes]}
        for (key, problem), modes in list(found.blocking.items())[:MOST_NAMED]
    ]
    return {
        "not_ready": [*no_code, *of_zones][:MOST_NAMED],
        "not_ready_count": len(no_code) + len(found.blocking),
        "bypassed": [_named(view.desk, key) for key in view.bypassed[:MOST_NAMED]],
        "bypassed_count": len(view.bypassed),
    }


def named_problems(desk: AlarmDesk, problems: Sequence[ZoneProblem]) -> list[dict[str, Any]]:
    """Return what is wrong with which zone, the first of them."""
    return [{**_named(desk, each.zone), "problem": each.problem.value} for each in problems[:MOST_NAMED]]


def zones_called(words: Iterable[str], partition_id: str, desk: AlarmDesk, state: State) -> tuple[str, ...]:
    """Return the zones of a partition, or of a master's members, that people call so.

    What none of them is called stays as it is: the partition refuses it by that name.
    """
    asked = desk.partitions.get(partition_id)
    members = () if asked is None else (asked.partition_id, *asked.members)
    keys = dict.fromkeys(key for each in members if each in desk.partitions for key in desk.partitions[each].zones)
    known = {key: state.inputs[key] for key in keys if key in state.inputs}
    words = tuple(words)
    # A zone whose input was forgotten has no name but its key.
    forgotten = tuple(word for word in words if word in keys and word not in known)
    found = match([word for word in words if word not in forgotten], known)
    return (*forgotten, *found.keys, *found.unknown)


def _named(desk: AlarmDesk, key: str) -> dict[str, str]:
    return {"zone": key, "name": name_of_zone(desk, key)}
