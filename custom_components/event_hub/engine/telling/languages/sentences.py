"""What every language has: a missing sentence is an error of types."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plural:
    """A phrase with a number ``{n}``: of one thing, of a few (where a language has that), and of others."""

    one: str
    other: str
    few: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """What a message is about: one for each ``Topic``, by its value."""

    trigger: str
    alarm: str
    escalation: str
    cancelled: str
    duress: str
    silent: str
    lockout: str
    swung_out: str
    fault: str
    source_lost: str
    source_back: str
    digest: str
    report: str
    undelivered: str
    test: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTitles:
    """What an alarm is about: one for each ``AlarmKind``, by its value."""

    burglary: str
    always: str
    fire: str
    panic: str
    tamper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is wrong: one for each ``Fault``, by its value. Names follow."""

    left_open: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Abbreviations of the units of time."""

    seconds: str
    minutes: str
    hours: str
    days: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """Everything that is said in one language.

    ``ago``, ``lasted``, ``after`` and ``until`` have a ``{time}``, ``by`` a ``{name}``, ``affected`` the ``{names}`` of
    devices. ``just_before`` is said of what was less than a second ago. ``clock``, ``clock_short`` and ``date`` are
    formats of a time of day (with and without seconds) and of a date.
    """

    titles: Titles
    alarms: AlarmTitles
    faults: Faults
    units: Units
    people: Plural
    faces: Plural
    events: Plural
    more: Plural
    sources: Plural
    affected: str
    ago: str
    just_before: str
    lasted: str
    after: str
    until: str
    by: str
    clock: str
    clock_short: str
    date: str
    form: Callable[[int], str]


def one_or_other(number: int) -> str:
    """Return the form of a number where only 1 is singular."""
    return "one" if number == 1 else "other"


def up_to_one(number: int) -> str:
    """Return the form of a number where 0 is singular, too."""
    return "one" if number in {0, 1} else "other"


def polish(number: int) -> str:
    """Return the form of a number in Polish: 1, 2 to 4 (but not 12 to 14), others."""
    if number == 1:
        return "one"
    return "few" if number % 10 in {2, 3, 4} and number % 100 not in {12, 13, 14} else "other"
