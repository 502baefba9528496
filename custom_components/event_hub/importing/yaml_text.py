"""YAML as text to plain data and back; what a person did not mean to write is refused with its line.

Only what our own export needs is taken: no anchors and aliases (a short text could stand for gigabytes),
no tags, no name twice. Large texts take seconds, so not for the event loop.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import yaml  # type: ignore[import-untyped] # it has types, in a package of their own that is not here

SIZE_LIMIT: Final = 2_000_000
DEPTH_LIMIT: Final = 24
_TAG: Final = "tag:yaml.org,2002:"
_PLAIN: Final = frozenset(_TAG + kind for kind in ("str", "int", "float", "bool", "null", "seq", "map"))

# Called again and again by what takes long, so that whoever waits for the interpreter gets it.
type Turn = Callable[[], object]
type Plain = bool | int | float | str | list[Plain] | dict[str, Plain] | None


class YamlTextError(ValueError):
    """A text that is no YAML, or not of the plain kind. The sentence says where and repeats no value."""


def no_turn() -> None:
    """Wait for nobody."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # as above
    """Reads a text, with a turn for others after each token."""

    def __init__(self, text: str, turn: Turn) -> None:
        super().__init__(text)
        self._turn = turn

    def get_token(self) -> Any:
        """Return the next token."""
        self._turn()
        return super().get_token()


class _Dumper(yaml.SafeDumper):  # type: ignore[misc] # as above
    """Writes text with characters that cannot be seen in quotes, where they are escaped rather than taken for ends.

    Others get a turn after each value and each event.
    """

    def __init__(self, *args: Any, turn: Turn, **options: Any) -> None:
        super().__init__(*args, **options)
        self._turn = turn

    def represent_data(self, data: Any) -> Any:
        """Make a node of a value."""
        self._turn()
        return super().represent_data(data)

    def anchor_node(self, node: Any) -> None:
        """Look at a node before it is written."""
        self._turn()
        super().anchor_node(node)

    def emit(self, event: Any) -> None:
        """Write an event."""
        self._turn()
        super().emit(event)


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar(f"{_TAG}str", value, style=None if value.isprintable() else '"')


_Dumper.add_representer(str, _text)


def dump(data: Plain, turn: Turn = no_turn) -> str:
    """Return plain data as YAML, in the order it has."""
    text: str = yaml.dump(data, Dumper=partial(_Dumper, turn=turn), sort_keys=False, allow_unicode=True, width=120)
    return text


def load(text: str, turn: Turn = no_turn) -> Plain:
    """Return the plain data that a YAML text stands for. Raises ``YamlTextError``."""
    if len(text) > SIZE_LIMIT:
        raise YamlTextError(f"The text is longer than {SIZE_LIMIT} characters")
    try:
        _check(text, turn)
        node = yaml.compose(text, Loader=partial(_Loader, turn=turn))
    except yaml.YAMLError as error:
        raise YamlTextError(f"This is not YAML{_where(getattr(error, 'problem_mark', None))}") from error
    return None if node is None else _plain(node, turn)


def _check(text: str, turn: Turn) -> None:
    """Refuse what could grow while it is read: nothing is built yet."""
    depth = 0
    for event in yaml.parse(text, Loader=partial(_Loader, turn=turn)):
        if isinstance(event, yaml.AliasEvent):
            raise YamlTextError(f"Aliases (*name) cannot be used{_where(event.start_mark)}")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_LIMIT:
            raise YamlTextError(f"Lists and names are too deep within each other{_where(event.start_mark)}")


def _plain(node: Any, turn: Turn) -> Plain:
    turn()
    if node.tag not in _PLAIN:
        kind = "a date; put it in quotes" if node.tag == f"{_TAG}timestamp" else "of a kind that cannot be used"
        raise YamlTextError(f"The value is {kind}{_where(node.start_mark)}")
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, turn) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, turn)
    try:
        value: Plain = yaml.SafeLoader("").construct_object(node)
    except (ValueError, LookupError, ArithmeticError, yaml.YAMLError) as error:
        raise YamlTextError(f"The value cannot be read{_where(node.start_mark)}") from error
    return value


def _mapping(node: Any, turn: Turn) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for name, value in node.value:
        if name.tag != f"{_TAG}str":
            raise YamlTextError(f"A name must be text; put it in quotes{_where(name.start_mark)}")
        if name.value in found:
            raise YamlTextError(f"The same name stands here a second time{_where(name.start_mark)}")
        found[name.value] = _plain(value, turn)
    return found


def _where(mark: Any) -> str:
    return "" if mark is None else f" (line {mark.line + 1})"
