"""Options: read from the file that Supervisor writes, checked one by one, with every problem named.

A reader collects problems rather than stopping at the first, so that one bad
relay is reported and left out while the others work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
import json
import math
from pathlib import Path
from typing import Any, Final, TypeIs, override

LONGEST_TEXT: Final = 255


class OptionsError(Exception):
    """The options file cannot be used at all. Says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionProblem:
    """One option that is wrong: which, and what it must be."""

    option: str
    message: str

    @override
    def __str__(self) -> str:
        return f"{self.option} {self.message}"


def read_options(path: Path) -> dict[str, Any]:
    """Return the options in a JSON file. Raises ``OptionsError``."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise OptionsError(f"There is no options file {path}: write one, or name another with --options") from error
    except (OSError, UnicodeDecodeError) as error:
        raise OptionsError(f"The options file {path} cannot be read: {error}") from error
    try:
        options = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OptionsError(f"The options file {path} is no JSON, correct it: {error}") from error
    if not isinstance(options, dict):
        raise OptionsError(f"The options file {path} must hold one JSON object")
    return options


class _Required:
    """Default of an option that has none."""


REQUIRED: Final = _Required()


class Reader:
    """Reads the options of one part. A wrong one is a problem, and reads as its default or as something harmless."""

    def __init__(
        self, options: Mapping[str, object], path: str = "", problems: list[OptionProblem] | None = None
    ) -> None:
        """Read ``options``, which stand at ``path`` in the whole (``relays[2]``)."""
        self._options = options
        self._path = path
        self._asked: set[str] = set()
        self._before = len(problems) if problems is not None else 0
        self.problems: list[OptionProblem] = problems if problems is not None else []

    @property
    def sound(self) -> bool:
        """Whether nothing was wrong since this reader began."""
        return len(self.problems) == self._before

    def problem(self, name: str, message: str) -> None:
        """Report a problem that a rule beyond a single value found: ``must ...``. Without a name: of the whole part."""
        option = ".".join(word for word in (self._path, name) if word)
        self.problems.append(OptionProblem(option=option, message=message))

    def text(self, name: str, default: str | _Required = REQUIRED, *, longest: int = LONGEST_TEXT) -> str:
        """Return a text, which is not empty where it is required."""
        value = self._value(name)
        if isinstance(value, str) and len(value) <= longest and (value or isinstance(default, str)):
            return value
        if value is None and isinstance(default, str):
            return default
        found = "" if isinstance(value, str) else _found(value)
        return self._wrong(name, f"must be a text of 1 to {longest} characters{found}", default, "")

    def secret(self, name: str, default: str | _Required = REQUIRED) -> str:
        """Return a text that no message repeats."""
        value = self._value(name)
        if isinstance(value, str) and (value or isinstance(default, str)):
            return value
        if value is None and isinstance(default, str):
            return default
        return self._wrong(name, "must be a text", default, "")

    def boolean(self, name: str, default: bool | _Required = REQUIRED) -> bool:  # noqa: FBT001 - a default like any other
        """Return a yes or no."""
        value = self._value(name)
        if isinstance(value, bool):
            return value
        if value is None and isinstance(default, bool):
            return default
        return self._wrong(name, f"must be true or false{_found(value)}", default, False)  # noqa: FBT003 - the value

    def integer(self, name: str, lowest: int, highest: int, default: int | _Required = REQUIRED) -> int:
        """Return a whole number within these bounds."""
        value = self._value(name)
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        if value is None and isinstance(default, int):
            return default
        return self._wrong(name, f"must be {lowest} to {highest}{_found(value)}", default, lowest)

    def number(self, name: str, lowest: float, highest: float, default: float | _Required = REQUIRED) -> float:
        """Return a number within these bounds."""
        value = self._value(name)
        if _is_number(value) and lowest <= value <= highest:
            return float(value)
        if value is None and isinstance(default, int | float):
            return float(default)
        return self._wrong(name, f"must be {lowest:g} to {highest:g}{_found(value)}", default, lowest)

    def choice(self, name: str, choices: Collection[str], default: str | _Required = REQUIRED) -> str:
        """Return one of the choices."""
        value = self._value(name)
        if isinstance(value, str) and value in choices:
            return value
        if value is None and isinstance(default, str):
            return default
        words = ", ".join(choices)
        return self._wrong(name, f"must be one of {words}{_found(value)}", default, next(iter(choices)))

    def section[T](self, name: str, read: Callable[[Reader], T]) -> T | None:
        """Read the options below ``name``; ``None`` when there are none or something in them is wrong."""
        value = self._value(name)
        return None if value is None else self._part(name, value, read)

    def list_of[T](self, name: str, read: Callable[[Reader], T]) -> tuple[T, ...]:
        """Read a list of parts. One with a problem is left out."""
        value = self._value(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.problem(name, f"must be a list{_found(value)}")
            return ()
        parts = (self._part(f"{name}[{index}]", item, read) for index, item in enumerate(value))
        return tuple(part for part in parts if part is not None)

    def finish(self) -> None:
        """Report the options that nobody asked for: misspelt ones, as a rule."""
        for name in self._options:
            if name not in self._asked:
                self.problem(name, "is no option of this app")

    def _part[T](self, name: str, value: object, read: Callable[[Reader], T]) -> T | None:
        if not isinstance(value, dict):
            # Not what it is instead: that may be a password.
            self.problem(name, "must have options of its own")
            return None
        path = f"{self._path}.{name}" if self._path else name
        reader = Reader(value, path, self.problems)
        part = read(reader)
        reader.finish()
        return part if reader.sound else None

    def _value(self, name: str) -> object:
        self._asked.add(name)
        return self._options.get(name)

    def _wrong[T](self, name: str, message: str, default: T | _Required, harmless: T) -> T:
        self.problem(name, message)
        return harmless if isinstance(default, _Required) else default


def _is_number(value: object) -> TypeIs[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _found(value: object) -> str:
    if value is None:
        return ", is missing"
    if isinstance(value, dict | list):
        # There may be a password in it.
        return f", is a {'list' if isinstance(value, list) else 'group of options'}"
    return f", is {json.dumps(value, ensure_ascii=False)[:60]}"
