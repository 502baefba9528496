"""Answers put together from sentences: names in lists that fit, states, reasons."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from ..alarm.model import Mode
from ..model import Decision, OutputDecision
from ..names import fold
from ..telling.cutting import ELLIPSIS, cut, size, tidy
from ..telling.languages import sentences_of
from ..telling.languages.sentences import Plural, Sentences
from ..telling.text import duration, phrase
from ..times.wall import local
from .languages import says_of
from .languages.en import EN
from .languages.sentences import Says

# Telegram's, in UTF-16 units.
MESSAGE_LIMIT: Final = 4096
# A list in a message leaves room for the sentences about it, and a name is cut before it takes all of it.
LIST_LIMIT: Final = 3000
# Of several in one message, none takes the place of the others.
SHORT_LIST_LIMIT: Final = 800
NAME_LIMIT: Final = 80
WORDS_LIMIT: Final = 60
_SECONDS: Final = frozenset(("age", "hold", "active_for", "within", "since", "latch", "interval"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How to speak to somebody: the language, and where they live."""

    language: str
    zone: ZoneInfo

    @property
    def says(self) -> Says:
        """The answers."""
        return says_of(self.language)

    @property
    def base(self) -> Sentences:
        """Units, times and titles, as messages have them."""
        return sentences_of(self.language)

    def span(self, seconds: float) -> str:
        """Return a duration: 2 min 5 s."""
        return duration(seconds, self.base)

    def ago(self, seconds: float) -> str:
        """Return how long ago something was."""
        return self.base.ago.format(time=self.span(seconds))

    def clock(self, at: float) -> str:
        """Return the time on the wall of unix seconds ``at``."""
        wall: datetime = local(at, self.zone)
        shown = wall.strftime(self.base.clock)
        return shown.removeprefix("0") if "%p" in self.base.clock else shown

    def listed(self, names: Iterable[str], limit: int = LIST_LIMIT) -> str:
        """Return names with commas between, as many as fit, and how many more there are."""
        every = [short(name) for name in names]
        kept: list[str] = []
        length = 0
        for name in every:
            length += size(name) + 2
            if kept and length > limit:
                return f"{', '.join(kept)} {phrase(self.base.more, len(every) - len(kept), self.base)}"
            kept.append(name)
        return ", ".join(kept)

    def counted(self, plural: Plural, names: Sequence[str], limit: int = LIST_LIMIT) -> str:
        """Return a sentence about a number of things, and their names, as many as fit."""
        form = self.base.form(len(names))
        sentence = {"one": plural.one, "few": plural.few}.get(form) or plural.other
        return sentence.format(n=len(names), names=self.listed(names, limit))

    def mode(self, mode: Mode | None) -> str:
        """Return what a mode is called; nothing for none."""
        return "" if mode is None else self.says.modes[mode]

    @property
    def modes(self) -> Mapping[str, Mode]:
        """The modes by what people call them: in their language, and in English, which commands are in."""
        words: dict[str, Mode] = {mode.value: mode for mode in Mode}
        for says in (EN, self.says):
            words |= {fold(name): mode for mode, name in says.modes.items()}
            words |= says.mode_words
        return words

    def reason(self, decision: Decision) -> str:
        """Return why an input did, or did not, trigger."""
        # Of a zone that no partition watches it is known which one has silenced it.
        name = "silenced" if "silenced_by" in decision.facts else decision.reason.value
        sentence: str = getattr(self.says.reasons, name)
        return sentence.format_map(self._facts(decision, ""))

    def output_reason(self, decided: OutputDecision, name: str) -> str:
        """Return what a decision meant for an output of that name."""
        sentence: str = getattr(self.says.outputs, decided.reason.value)
        return sentence.format_map(self._facts(decided, short(name)))

    def refusal(self, reason: str, *, problem: str, **facts: str) -> str:
        """Return why an alarm did not do something; ``problem`` says so where this language has no words for it."""
        sentence: str = getattr(self.says.refusals, reason, self.says.refusals.other)
        return sentence.format(problem=problem, **facts)

    def _facts(self, decided: Decision | OutputDecision, name: str) -> Mapping[str, Any]:
        shown = {
            fact: self.span(abs(value)) if fact in _SECONDS and isinstance(value, int | float) else value
            for fact, value in decided.facts.items()
        }
        if "silenced_by" in shown:
            shown["silenced_by"] = short(str(shown["silenced_by"]))
        until = decided.facts.get("local")
        return _Facts(shown | {"name": name, "until": f" {self.base.until.format(time=until)}" if until else ""})


class _Facts(dict[str, Any]):
    """Facts of a decision, of which an older version may have noted fewer."""

    def __missing__(self, key: str) -> str:
        return "?"


def whole(lines: Iterable[str], limit: int = MESSAGE_LIMIT) -> str:
    """Return lines as one message: what does not fit is left out line by line, and shows as a ``…``.

    A first one that is too long alone is cut.
    """
    kept: list[str] = []
    for line in lines:
        if not line:
            continue
        if size("\n".join((*kept, line))) > limit:
            if not kept:
                return cut(line, limit)
            while len(kept) > 1 and size("\n".join((*kept, ELLIPSIS))) > limit:
                kept.pop()
            return cut("\n".join((*kept, ELLIPSIS)), limit)
        kept.append(line)
    return "\n".join(kept)


def short(name: str) -> str:
    """Return a name for a sentence: on one line, and not too long."""
    return cut(tidy(name), NAME_LIMIT)


def quoted(words: str) -> str:
    """Return what somebody wrote, so that it can be put into an answer."""
    return cut(tidy(words), WORDS_LIMIT)
