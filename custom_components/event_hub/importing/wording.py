"""Changes in words: what a rule, options or a schedule become, and what they were."""

from collections.abc import Iterable, Mapping
from typing import Final

from ..engine.errors import EngineError, InvalidRuleError, UnknownKeyError
from ..engine.model import InputRule
from ..engine.times.schedules import WEEK, Schedule, Span
from ..engine.times.wall import format_time
from .languages.sentences import Says

# What may hold a login is not told.
_UNTOLD: Final = frozenset({"params"})


class Wording:
    """Puts into words, in one language, what sentences are about."""

    def __init__(self, says: Says) -> None:
        """Speak a language, whose sentences are at hand as ``says``."""
        self.says = says
        self._words = says.words

    def quoted(self, name: str) -> str:
        """Return a name as it stands in a sentence."""
        return self._words.quoted.format(name=name)

    def listed(self, names: Iterable[str]) -> str:
        """Return names one after the other."""
        return ", ".join(self.quoted(name) for name in names)

    def described(self, description: Mapping[str, str]) -> str:
        """Say how something is described: "label “Front Door”, group “Hall”"."""
        template, words = self._words.described, self._words.settings
        return ", ".join(
            template.format(word=words.get(name, name), value=self.quoted(value)) for name, value in description.items()
        )

    def settings(self, before: Mapping[str, object], after: Mapping[str, object]) -> str:
        """Say which settings change, to what, and what they were: "latch 30 s (was 60 s)"."""
        parts = []
        for name, value in after.items():
            known = before.get(name)
            if name in _UNTOLD:
                parts.append(self._words.no_parameters if value is None else self._words.parameters)
            elif value != known:
                parts.append(self._change(name, known, value))
        return "; ".join(parts)

    def rule(self, before: InputRule, after: InputRule) -> str:
        """Say what becomes of a rule."""
        names = InputRule.__dataclass_fields__
        return self.settings(*({name: getattr(rule, name) for name in names} for rule in (before, after)))

    def schedule(self, schedule: Schedule | None) -> str:
        """Say what a schedule does: "on at 22:30, off at 05:30 every day"."""
        if schedule is None or not schedule.spans:
            return self._words.no_schedule
        return "; ".join(self._span(span) for span in schedule.spans)

    def number(self, value: float) -> str:
        """Return a number as it is written in the language."""
        return f"{value:.12g}".replace(".", self._words.point)

    def reason(self, error: EngineError) -> str:
        """Return in words why the engine does not take something; what it would take is said in English."""
        match error:
            case InvalidRuleError(setting=setting, allowed=allowed):
                return f"{setting}: {allowed}"
            case UnknownKeyError(key=key):
                return self.says.leaves_out.unknown.format(name=self.quoted(key))
        return str(error)

    def _span(self, span: Span) -> str:
        words = self._words
        times = {words.on_at: span.enable_at, words.off_at: span.disable_at}
        said = ", ".join(word.format(time=format_time(second)) for word, second in times.items() if second is not None)
        if set(span.days) == set(WEEK):
            return words.every_day.format(times=said)
        return words.on_days.format(times=said, days=", ".join(words.days[day] for day in span.days))

    def _change(self, name: str, before: object, after: object) -> str:
        words = self._words
        if isinstance(after, bool):
            flag = words.flags[name]
            return flag.on if after else flag.off
        template = words.unset if after in (None, (), []) else words.setting
        setting = words.settings.get(name, name.replace("_", " "))
        return template.format(setting=setting, value=self._value(name, after), before=self._value(name, before))

    def _value(self, name: str, value: object) -> str:
        match value:
            case int() | float():
                return self._words.measures.get(name, "{value}").format(value=self.number(value))
            case tuple() | list() if value:
                return ", ".join(map(str, value))
            case str():
                return self.quoted(value)
        return self._words.none
