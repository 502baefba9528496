"""What the activity log tells, what can be asked of it, and the rows that it is kept in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import json
import re
from typing import Final, NamedTuple

from ..engine.effects import (
    AlarmSetUp,
    AlarmTold,
    CommandProgressed,
    DevicesFound,
    DigestDue,
    Effect,
    EscalationRaised,
    EscalationResolved,
    KeyConflict,
    ParamsRefused,
    SetUp,
)
from ..engine.model import Decision
from ..engine.plain import clean_text
from .activity_alarm import reason_of, zones_of
from .encode import JsonObject, to_json_object

DECISION: Final = "decision"
COMMAND: Final = "command"

# What an entry is about: the role, then the key. A camera may be input and output at once.
INPUT: Final = "i:"
OUTPUT: Final = "o:"
SOURCE: Final = "s:"
PARTITION: Final = "p:"
# How changes of zones are called.
ZONES: Final = "zones."

# Where an entry is in the log: by time, and by id among those of the same time.
type Position = tuple[float, int]


class Happening(NamedTuple):
    """Any effect but a decision and a command's progress, at unix seconds ``at``."""

    effect: Effect
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesLost:
    """So many entries before ``at`` (unix seconds) are missing because they could not be written in time."""

    count: int
    at: float


type Fact = Decision | CommandProgressed | Happening | EntriesLost


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log, at unix seconds ``at``.

    ``kind`` is ``decision``, ``command`` or the name of an effect
    (``source_lost``; of the alarm, ``phase_changed``, with the ``partition_id``
    in ``data``), and ``data`` are its fields (``decode`` makes a
    ``Decision`` of them again). ``commands`` are, for a decision, the data of
    every progress of every command that it caused, oldest first.
    """

    id: int
    at: float
    kind: str
    data: JsonObject
    commands: tuple[JsonObject, ...] = ()

    @property
    def position(self) -> Position:
        """Where to go on: the ``before`` of the next filter."""
        return self.at, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """Which entries are wanted; all conditions that are given must hold.

    ``input_keys``, ``output_keys``, ``kinds`` and ``reasons`` (a decision's or refusal's reason, a command's
    status) are alternatives. ``since`` (included) and ``until`` (not) are unix seconds,
    ``before`` is the position of the last entry already had.
    """

    input_keys: tuple[str, ...] = ()
    output_keys: tuple[str, ...] = ()
    source_id: str | None = None
    partition_id: str | None = None
    kinds: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    before: Position | None = None
    limit: int = 100

    @property
    def subjects(self) -> tuple[tuple[str, ...], ...]:
        """What every entry must be about: one of each."""
        wanted = (
            (INPUT, self.input_keys),
            (OUTPUT, self.output_keys),
            (SOURCE, () if self.source_id is None else (self.source_id,)),
            (PARTITION, () if self.partition_id is None else (self.partition_id,)),
        )
        return tuple(tuple(role + clean_text(key) for key in keys) for role, keys in wanted if keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fact as the database takes it. ``decision_id`` joins a command to its decision."""

    at: float
    kind: str
    reason: str | None
    decision_id: str | None
    subjects: tuple[str, ...]
    data: str


def row_of(fact: Fact) -> Row:
    """Make a fact's row. Raises ``TypeError`` for what has no JSON form."""
    if isinstance(fact, Happening) and isinstance(fact.effect, AlarmTold):
        return _alarm_row(fact.effect, fact.at)
    reason = decision_id = None
    content: object = fact
    match fact:
        case Decision():
            kind, reason = DECISION, fact.reason.value
        case CommandProgressed():
            kind, reason = COMMAND, fact.status.value
            decision_id = clean_text(fact.decision_id)
        case Happening():
            content = fact.effect
            kind = kind_of(type(content))
        case EntriesLost():
            kind = kind_of(type(content))
    return Row(
        at=fact.at,
        kind=kind,
        reason=reason,
        decision_id=decision_id,
        subjects=tuple(dict.fromkeys(map(clean_text, _subjects(content)))),
        data=compact(to_json_object(content)),
    )


def _alarm_row(told: AlarmTold, at: float) -> Row:
    keys = (PARTITION + told.partition_id, *(INPUT + key for key in zones_of(told.effect)))
    return Row(
        at=at,
        kind=kind_of(type(told.effect)),
        reason=reason_of(told.effect),
        decision_id=None,
        subjects=tuple(dict.fromkeys(map(clean_text, keys))),
        data=compact({"partition_id": clean_text(told.partition_id), **to_json_object(told.effect)}),
    )


def compact(value: object) -> str:
    """Return plain JSON as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _subjects(content: object) -> Iterator[str]:
    match content:
        case Decision(input_key=key, outputs=outputs):
            yield INPUT + key
            yield from (OUTPUT + output.output_key for output in outputs)
        case CommandProgressed(input_key=key, output_key=output_key):
            if key:
                yield INPUT + key
            yield OUTPUT + output_key
        case DevicesFound(inputs=inputs, outputs=found):
            yield from (INPUT + key for key in inputs)
            yield from (OUTPUT + key for key in found)
        case KeyConflict(device_key=key, owner_id=owner_id, source_id=source_id):
            yield from (INPUT + key, OUTPUT + key, SOURCE + owner_id, SOURCE + source_id)
        case ParamsRefused(output_key=key):
            yield OUTPUT + key
        case EscalationRaised(input_key=key) | EscalationResolved(input_key=key):
            yield INPUT + key
        case DigestDue(bundle=bundle):
            yield from (INPUT + item.input_key for item in bundle.deferred)
        case _:
            yield from _other_subjects(content)


def _other_subjects(content: object) -> Iterator[str]:
    if isinstance(content, AlarmSetUp):
        yield from _subjects_of_set_up(content)
    elif hasattr(content, "source_id"):
        yield SOURCE + content.source_id


def _subjects_of_set_up(told: AlarmSetUp) -> Iterator[str]:
    """Yield the partition, what was switched, and the zones that were changed."""
    if told.partition_id is not None:
        yield PARTITION + told.partition_id
    if told.what is SetUp.SWITCHED:
        yield from (INPUT + told.subject, OUTPUT + told.subject)
    for change in told.changes:
        if change.setting.startswith(ZONES):
            # The key may have dots in it; what follows it in a change of one setting has none.
            whole = change.setting.removeprefix(ZONES)
            yield INPUT + (whole if isinstance(change.before or change.after, Mapping) else whole.rpartition(".")[0])


def kind_of(cls: type) -> str:
    """Return how entries of a type of effect are called."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
