"""What people can ask of the engine in vain."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self


class EngineError(ValueError):
    """A request that cannot be carried out; nothing was changed."""


class UnknownKeyError(EngineError):
    """No such input, output or source. ``key`` is what was asked for."""

    def __init__(self, key: str) -> None:
        """Keep the key for the message to the user."""
        super().__init__(f"unknown: {key}")
        self.key = key


class InvalidRuleError(EngineError):
    """A setting is outside its limits. ``setting`` names it, the text says what is allowed."""

    def __init__(self, setting: str, allowed: str) -> None:
        """Keep the setting and what is allowed for the message to the user."""
        super().__init__(f"{setting}: {allowed}")
        self.setting = setting
        self.allowed = allowed


class GuardedError(InvalidRuleError):
    """Nothing was changed, because a partition that is not disarmed relies on it.

    ``names`` are what people call what it relies on, ``partition`` is the partition's name. ``why`` says which text
    people read: ``guarded`` (disarm, or bypass the zone), ``guarded_siren`` (disarm), ``siren_sounds`` (silence or
    disarm), ``guarded_partition`` (disarm) or ``last_code`` (nobody else could disarm).
    """

    def __init__(self, why: str, names: Iterable[str], partition: str) -> None:
        """Keep everything for the message to the user."""
        self.why = why
        self.names = tuple(names)
        self.partition = partition
        super().__init__(", ".join(self.names), GUARDED_TEXTS[why].format(partition=partition))

    @classmethod
    def of(cls, errors: Sequence[Self]) -> Self:
        """Return one for several: the first, with the names of all that are like it."""
        first = errors[0]
        alike = (each for each in errors if (each.why, each.partition) == (first.why, first.partition))
        return cls(first.why, dict.fromkeys(name for each in alike for name in each.names), first.partition)


GUARDED_TEXTS: Final[Mapping[str, str]] = {
    "guarded": "watched by {partition}: disarm it first, or bypass the zone",
    "guarded_siren": "needed by {partition}: disarm it first",
    "siren_sounds": "sounds for {partition}: silence or disarm it",
    "guarded_partition": "{partition} is not disarmed: disarm it first",
    "last_code": "nobody else could disarm {partition}: disarm it first",
}
