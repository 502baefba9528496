"""Commands as people send them to a bot: which one is meant, and the words after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from .naming import similar


class Verb(StrEnum):
    """What can be asked in a chat; each is also how it is written."""

    HELP = "help"
    STATUS = "status"
    REPORT = "report"
    ARM = "arm"
    DISARM = "disarm"
    SILENCE = "silence"
    ACKNOWLEDGE = "acknowledge"
    INPUT_ON = "inputon"
    INPUT_OFF = "inputoff"
    OUTPUT_ON = "outputon"
    OUTPUT_OFF = "outputoff"
    SNAPSHOT = "snapshot"
    WHY = "why"


_ALSO: Final[Mapping[str, Verb]] = {
    "start": Verb.HELP,
    "inputson": Verb.INPUT_ON,
    "inputsoff": Verb.INPUT_OFF,
    "outputson": Verb.OUTPUT_ON,
    "outputsoff": Verb.OUTPUT_OFF,
    "ack": Verb.ACKNOWLEDGE,
}
_VERBS: Final[Mapping[str, Verb]] = MappingProxyType({**{verb.value: verb for verb in Verb}, **_ALSO})
_SPELLED: Final[Mapping[str, str]] = {word: f"/{verb.value}" for word, verb in _VERBS.items() if word != "start"}
_LONGEST_VERB: Final = 20
# What is begun with one of these has a code written at it; a short verb may begin words of other programs.
_TAKE_CODES: Final = (Verb.DISARM, Verb.SILENCE, Verb.ACKNOWLEDGE)
# So many letters more than a verb has may be a code, of which the shortest has four: of the verb one may be missing.
_MANY_MORE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command. The words may be a code, so they are never shown."""

    verb: Verb
    words: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotACommand:
    """Something like a command, and those that may have been meant."""

    word: str = field(repr=False)
    guesses: tuple[str, ...]
    words: tuple[str, ...] = field(default=(), repr=False)

    @property
    def verbs(self) -> frozenset[Verb]:
        """What may have been meant."""
        return frozenset(_VERBS[guess.removeprefix("/")] for guess in self.guesses)

    @property
    def has_digits(self) -> bool:
        """Whether there are digits in it."""
        return any(character.isdigit() for word in (self.word, *self.words) for character in word)

    @property
    def has_more(self) -> bool:
        """Whether a code may be in it, of digits or not: there is more than a mistyped verb."""
        shortest = min((len(guess) for guess in self.guesses), default=0)
        return self.has_digits or any(self.words) or len(self.word) >= shortest + _MANY_MORE


def read_command(command: str, words: Sequence[str], bot_name: str | None = None) -> Command | NotACommand | None:
    """Return what is asked for; ``None`` for what is nothing of ours: for another bot, or for another program.

    In groups people write ``/status@name_of_the_bot``; ``bot_name`` is ours.
    """
    word, _, addressee = command.removeprefix("/").partition("@")
    if addressee and bot_name and addressee.casefold() != bot_name.casefold():
        return None
    verb = _VERBS.get(word.casefold())
    if verb is not None:
        return Command(verb=verb, words=tuple(words))
    # What is written at a verb without a space, such as a code, is none of it.
    letters = "".join(character for character in word if character.isalpha())
    begun = tuple(f"/{verb.value}" for verb in _TAKE_CODES if letters.casefold().startswith(verb.value))
    guesses = begun or (similar(letters, _SPELLED) if len(letters) <= _LONGEST_VERB else ())
    return NotACommand(word=f"/{word}", guesses=guesses, words=tuple(words)) if guesses else None
