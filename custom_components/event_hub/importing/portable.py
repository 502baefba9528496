"""Our own configuration as YAML text: all that people set, to be kept, moved, edited and read back.

The text is complete: every setting, also where it is the usual one. Read back, what a text does not name stays
as it is, so a part of a text is enough to change a part. Codes and their owners are never in it.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ..engine.expected import described
from ..engine.model import BUILT_IN_SOURCE, InputRecord, OutputRecord
from ..engine.scheduling import plan_of
from ..engine.state import State
from ..engine.times.quiet_hours import quiet_hours_data
from .channel_plan import Here, KnownChannel, channel_data
from .document import OPTIONS, SECTIONS, VERSION, VERSION_NAME, read_document
from .planner import Plan
from .portable_plan import plan_document
from .shape import plain
from .yaml_text import Plain, Turn, dump, no_turn

HEAD: Final = """\
# The configuration of Event Hub. What is not named here stays as it is when this is read back.
# Codes and their owners are not in it, nor are the hub's connections.
"""
_NO_LOGINS: Final = "# Parameters that look like logins are left out, and stay as they are when this is read back.\n"


def export_yaml(
    state: State,
    channels: Mapping[str, KnownChannel] = MappingProxyType({}),
    *,
    with_logins: bool = False,
    turn: Turn = no_turn,
) -> str:
    """Return the configuration as YAML. Takes seconds for thousands of devices: not for the event loop.

    Outputs' parameters with a login in them (user:password@host) are left out unless ``with_logins``. ``turn`` is
    called again and again.
    """
    sections: dict[str, Plain] = {
        VERSION_NAME: VERSION,
        "quiet_hours": plain(quiet_hours_data(state.settings.quiet_hours)),
        "outputs_suspended": state.outputs_suspended,
        "sources": {
            source_id: {"silence_limit": record.silence_limit}
            for source_id, record in state.sources.items()
            if record.silence_limit is not None
        },
        "groups": {name: _group(state, name) for name in dict.fromkeys((*state.groups, *state.group_schedules))},
        "outputs": {key: _output(state, record, with_logins=with_logins) for key, record in _each(state.outputs, turn)},
        "inputs": {key: _input(state, record) for key, record in _each(state.inputs, turn)},
        "partitions": {
            partition_id: {name: plain(getattr(partition, name)) for name in SECTIONS["partitions"]}
            for partition_id, partition in state.partitions.items()
        },
        "channels": {name: plain(channel_data(known)) for name, known in channels.items()},
    }
    return HEAD + ("" if with_logins else _NO_LOGINS) + dump(sections, turn)


def plan_yaml(text: str, state: State, here: Here | None = None, language: str = "en", turn: Turn = no_turn) -> Plan:
    """Return, said in ``language``, what a text changes in ``state`` and in what is ``here``.

    As long in it as ``export_yaml``. Raises ``PortableError`` with everything that is wrong; then none of it is to
    be taken over.
    """
    return plan_document(read_document(text, turn), state, here or Here(), language, turn)


def _each[R](table: Mapping[str, R], turn: Turn) -> Iterator[tuple[str, R]]:
    for item in table.items():
        turn()
        yield item


def _group(state: State, name: str) -> dict[str, Plain]:
    rule = state.groups.get(name)
    return {
        "rule": None if rule is None else {"count": rule.count, "within": rule.within},
        "schedule": plain(state.group_schedules.get(name)),
    }


def _input(state: State, record: InputRecord) -> dict[str, Plain]:
    settings: dict[str, Plain] = {**_common(state, record)}
    if record.entity_id is not None:
        settings["entity_id"] = record.entity_id
    return {**settings, "rule": plain(record.rule), "links": plain(record.links)}


def _output(state: State, record: OutputRecord, *, with_logins: bool) -> dict[str, Plain]:
    settings: dict[str, Plain] = {**_common(state, record)}
    settings |= {name: plain(getattr(record, name)) for name in OPTIONS}
    if not with_logins and record.params is not None and "@" in record.params:
        del settings["params"]
    if record.action is not None:
        settings["action"] = plain(record.action)
    return settings


def _common(state: State, record: InputRecord | OutputRecord) -> dict[str, Plain]:
    """Return what inputs and outputs have in common. Where a schedule counts, the switch is as that has it."""
    common: dict[str, Plain] = {}
    if record.source_id != BUILT_IN_SOURCE.source_id:
        common |= described(record)
    if plan_of(state, record) is None:
        common["enabled"] = record.enabled
    return {**common, "schedule": plain(record.schedule)}
