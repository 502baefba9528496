"""What is told of changes of how the alarm is set up: setting by setting, what it was and what it is, and who did it.

Everybody in the home may read it. So there is no code in it, nor whose code calls for help, nor which zone is silent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from enum import StrEnum
from typing import Any, Final

from .alarm.codes import CodeUser
from .alarm.model import DEFAULT_DELAYS, Mode, Partition
from .effects import AlarmSetUp, Change, Plain, SetUp
from .events import AlarmConfigured, CodeUserRemoved, CodeUserSet, EnabledSet, PartitionRemoved, PartitionSet
from .model import InputRecord, OutputRecord
from .state import Draft

# More of them makes no entry that anybody reads, and the recorder takes none that is very long.
MOST_CHANGES: Final = 50
_UNTOLD: Final = frozenset(("partition_id", "user_id", "duress", "silent", "digits", "used"))

# By whether it is a partition, and whether it is gone.
_WHAT: Final = {
    (True, False): SetUp.PARTITION,
    (True, True): SetUp.PARTITION_REMOVED,
    (False, False): SetUp.CODE,
    (False, True): SetUp.CODE_REVOKED,
}

type _Record = Partition | CodeUser | None


def standing(draft: Draft, event: AlarmConfigured) -> _Record:
    """Return what an event is about as it is set up now, before or after the event was handled."""
    match event:
        case PartitionSet(partition=partition):
            return draft.partitions.get(partition.partition_id)
        case PartitionRemoved(partition_id=partition_id):
            return draft.partitions.get(partition_id)
        case CodeUserSet(user=user):
            return draft.code_users.get(user.user_id)
        case CodeUserRemoved(user_id=user_id):
            return draft.code_users.get(user_id)


def configured(draft: Draft, event: AlarmConfigured, before: _Record) -> None:
    """Tell what an event changed that was handled just now."""
    after = standing(draft, event)
    record = after or before
    if record is None or (isinstance(event, CodeUserSet) and event.rehashed):
        return
    code = tuple(_of_code(event, before))
    if before == after and not code:
        return
    is_partition = isinstance(record, Partition)
    fresh = Partition(partition_id="", name="") if is_partition else CodeUser(user_id="", name="")
    _tell(
        draft,
        AlarmSetUp(
            what=_WHAT[is_partition, after is None],
            partition_id=record.partition_id if isinstance(record, Partition) else None,
            subject=record.partition_id if isinstance(record, Partition) else record.user_id,
            name=record.name,
            changes=(*code, *differences(before or fresh, after or fresh)),
            actor=event.actor,
            at=draft.now,
        ),
    )


def switched(draft: Draft, event: EnabledSet) -> None:
    """Tell which zones and sirens an event will switch on or off; to be called before it is handled."""
    if not draft.partitions.base:
        return
    for key in event.inputs:
        for partition_id in draft.watchers.get(key, ()):
            _switch(draft, event, draft.inputs.get(key), partition_id)
    for key in event.outputs:
        for partition_id, partition in draft.partitions.items():
            if key in partition.siren_outputs:
                _switch(draft, event, draft.outputs.get(key), partition_id)


def differences(before: object, after: object) -> tuple[Change, ...]:
    """Return in which settings two records differ, such as ``delays.away.exit``. What must not be seen is left out."""
    return tuple(_differences(_settings(before), _settings(after), ""))


def _differences(before: Mapping[str, Plain], after: Mapping[str, Plain], within: str) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _differences(was, now, f"{within}{name}.")
        elif was != now:
            yield Change(setting=f"{within}{name}", before=was, after=now)


def _settings(record: object) -> Mapping[str, Plain]:
    settings = _plain_record(record)
    if isinstance(record, Partition):
        # A mode that nothing is said of has the usual delays.
        delays = {mode.value: _plain(record.delays.get(mode, DEFAULT_DELAYS)) for mode in Mode}
        return {**settings, "delays": delays}
    return settings


def _plain(value: object) -> Plain:
    match value:
        case Mapping():
            return {str(name): _plain(each) for name, each in value.items()}
        case tuple():
            return tuple(_plain(each) for each in value)
        case StrEnum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
    return _plain_record(value)


def _plain_record(record: Any) -> dict[str, Plain]:
    return {each.name: _plain(getattr(record, each.name)) for each in fields(record) if each.name not in _UNTOLD}


def _of_code(event: AlarmConfigured, before: _Record) -> Iterable[Change]:
    """Yield that there is a code, or another one, or none; never which."""
    was = None if before is None else "given"
    if isinstance(event, CodeUserRemoved):
        yield Change(setting="code", before=was, after=None)
    elif isinstance(event, CodeUserSet) and event.code_hash is not None:
        yield Change(setting="code", before=was, after="given" if before is None else "changed")


def _switch(draft: Draft, event: EnabledSet, record: InputRecord | OutputRecord | None, partition_id: str) -> None:
    if record is None or record.enabled is event.enabled:
        return
    told = AlarmSetUp(
        what=SetUp.SWITCHED,
        partition_id=partition_id,
        subject=record.key,
        name=draft.partitions[partition_id].name,
        changes=(Change(setting="enabled", before=record.enabled, after=event.enabled),),
        actor=event.actor,
        at=draft.now,
    )
    _tell(draft, told)


def _tell(draft: Draft, told: AlarmSetUp) -> None:
    more = max(0, len(told.changes) - MOST_CHANGES)
    draft.effects.append(replace(told, changes=told.changes[:MOST_CHANGES], more=more) if more else told)
