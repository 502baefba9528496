"""A configuration as it is written: its names and their types, read strictly before anything is planned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..engine.alarm.model import Partition
from ..engine.expected import DESCRIPTION
from ..engine.model import GroupRule, InputRecord, InputRule, OutputRecord, SourceRecord
from ..engine.times.quiet_hours import QuietHours
from ..engine.times.schedules import Schedule
from .channel_plan import CHANNEL
from .shape import Misfit, Reading, hints_of
from .yaml_text import Turn, YamlTextError, load, no_turn

VERSION: Final = 1
VERSION_NAME: Final = "event_hub"


class PortableError(ValueError):
    """A text cannot be taken over; nothing of it is. ``problems`` are sentences, each beginning with where it is."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep every problem."""
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a text names, by id, key or name: the settings that are there, as values.

    A group's rule and a device's are mappings of the settings that are there, or ``None``. Quiet hours are as they
    are written: what they do not name stays, so whether they can be shows once they are planned.
    """

    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    partitions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    quiet_hours: object = field(default_factory=dict)
    outputs_suspended: bool | None = None


def _of(kind: type, *names: str) -> dict[str, Any]:
    return {name: hints_of(kind)[name] for name in names}


_RULE: Final = "rule"
OPTIONS: Final = ("interval", "deadline", "params", "trigger_topic")
# Every section with the settings that its members may have. A rule's own settings are below.
SECTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "sources": _of(SourceRecord, "silence_limit"),
    "groups": {_RULE: GroupRule, "schedule": Schedule | None},
    "outputs": _of(OutputRecord, *DESCRIPTION, "enabled", "schedule", *OPTIONS, "action"),
    "inputs": _of(InputRecord, *DESCRIPTION, "entity_id", "enabled", "schedule", _RULE, "links"),
    "partitions": {name: hint for name, hint in hints_of(Partition).items() if name != "partition_id"},
    "channels": CHANNEL,
}
_RULES: Final[Mapping[str, Mapping[str, Any]]] = {
    "inputs": hints_of(InputRule),
    "groups": _of(GroupRule, "count", "within"),
}
_QUIET_HOURS: Final = "quiet_hours"
_SUSPENDED: Final = "outputs_suspended"


def read_document(text: str, turn: Turn = no_turn) -> Document:
    """Read a text. Raises ``PortableError`` with everything that is wrong with it."""
    try:
        data = load(text, turn)
    except YamlTextError as error:
        raise PortableError((str(error),)) from error
    reading = Reading()
    sections: dict[str, Any] = {}
    try:
        known = {VERSION_NAME: int, _QUIET_HOURS: QuietHours, _SUSPENDED: bool, **dict.fromkeys(SECTIONS, dict)}
        given = reading.names(data, known, ())
        _check_version(reading, given.get(VERSION_NAME))
        for name in SECTIONS.keys() & given.keys():
            sections[name] = _section(reading, name, given[name], turn)
        if _QUIET_HOURS in given:
            sections[_QUIET_HOURS] = given[_QUIET_HOURS]
        if _SUSPENDED in given:
            sections[_SUSPENDED] = reading.value(bool, given[_SUSPENDED], (_SUSPENDED,))
    except Misfit:
        pass
    if reading.problems:
        raise PortableError(tuple(reading.problems))
    return Document(**sections)


def _check_version(reading: Reading, version: object) -> None:
    path = (VERSION_NAME,)
    if type(version) is not int or version < 1:
        raise reading.problem(path, f"expected the version of this format, {VERSION}")
    if version > VERSION:
        raise reading.problem(path, f"version {version} is of a newer Event Hub; update this one first")


def _section(reading: Reading, section: str, data: object, turn: Turn) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if data is None:
        return found
    if not isinstance(data, dict):
        reading.problem((section,), "expected names with settings")
        return found
    for name, settings in data.items():
        turn()
        found[name] = _settings(reading, section, settings, (section, name))
    return found


def _settings(reading: Reading, section: str, data: object, path: tuple[str, ...]) -> dict[str, Any]:
    """Read one device's, group's, source's or partition's settings; of a rule only those that are there."""
    try:
        given = reading.names(data, SECTIONS[section], path)
    except Misfit:
        return {}
    others = {name: value for name, value in given.items() if section not in _RULES or name != _RULE}
    settings = reading.fields(SECTIONS[section], others, path)
    if len(others) < len(given):
        rule = given[_RULE]
        removed = rule is None and section == "groups"
        settings[_RULE] = None if removed else reading.fields(_RULES[section], rule, (*path, _RULE))
    return settings
