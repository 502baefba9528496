"""Partitions and people with codes are set up, changed and removed: checked here, so that no interface has to."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
import re
from typing import Final

from ..wire.messages import Transport
from . import disarming, lockouts, scheduling, set_up_log
from .alarm.check import check_partition
from .alarm.codes import CodeUser, Validity
from .alarm.effects import TroubleChanged
from .alarm.events import ZoneFaulted
from .alarm.model import UNKNOWN_INPUT, Partition
from .alarm.problems import SIREN_FAULTS, Fault, Trouble
from .alarm.status import PartitionStatus, Phase
from .alarm.upkeep import news_of
from .deadlines import Timer
from .effects import AlarmTold
from .errors import GuardedError, InvalidRuleError, UnknownKeyError
from .events import AlarmConfigured, CodeUserRemoved, CodeUserSet, PartitionRemoved, PartitionSet
from .siren_faults import siren_troubles
from .standing import Standings, broker_of, heard_as
from .state import Draft

TEXT_LIMIT: Final = 255
PARTITION_LIMIT: Final = 50
# Every one of them is tried with every code that is given, and that is slow on purpose.
USER_LIMIT: Final = 50
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WEEKDAYS: Final = range(7)
_MINUTES: Final = (0, 1440)
_FRESH: Final = PartitionStatus()
_NOT_OF_ZONES: Final = frozenset({Fault.BROKER, *SIREN_FAULTS})


def configure(draft: Draft, event: AlarmConfigured) -> None:
    """Set up what people ask for. Raises ``InvalidRuleError`` and ``UnknownKeyError``, and then nothing is changed."""
    before = set_up_log.standing(draft, event)
    match event:
        case PartitionSet(partition=partition):
            set_partition(draft, partition)
        case PartitionRemoved(partition_id=partition_id):
            remove_partition(draft, partition_id)
        case CodeUserSet():
            set_user(draft, event)
        case CodeUserRemoved(user_id=user_id):
            remove_user(draft, user_id)
    set_up_log.configured(draft, event, before)


def set_partition(draft: Draft, partition: Partition) -> None:
    """Set a partition up, or change a disarmed one. A zone that comes in as it is raises no alarm by that.

    What becomes a zone or a siren is switched on in the hub: new devices are off, and these must not be. What is off
    by its schedule stays so.
    """
    before = draft.partitions.get(partition.partition_id)
    _check(draft, before, partition)
    if before == partition:
        return
    draft.partitions[partition.partition_id] = partition
    known = {} if before is None else before.zones
    added = [key for key in partition.zones if key not in known]
    known_outputs = () if before is None else before.siren_outputs
    _switch_on(draft, added, [key for key in partition.siren_outputs if key not in known_outputs])
    _note_heard(draft, added)
    was = draft.alarm.get(partition.partition_id) or lockouts.fresh(draft, partition.partition_id)
    status = draft.alarm[partition.partition_id] = _moved(draft, partition, was, added)
    if status.troubles != was.troubles:
        suffering = dict.fromkeys(each.zone for each in status.troubles if _counts(partition, status, each))
        told = TroubleChanged(troubles=status.troubles, watched=tuple(suffering))
        draft.effects.append(AlarmTold(partition_id=partition.partition_id, effect=told))


def remove_partition(draft: Draft, partition_id: str) -> None:
    """Remove a disarmed partition, and it from the masters over it. Raises ``UnknownKeyError``."""
    if partition_id not in draft.partitions:
        raise UnknownKeyError(partition_id)
    for master_id, master in list(draft.partitions.items()):
        if partition_id in master.members:
            left = tuple(each for each in master.members if each != partition_id)
            draft.partitions[master_id] = replace(master, members=left)
    lockouts.keep(draft, partition_id)
    draft.partitions.remove(partition_id)
    draft.alarm.remove(partition_id)
    draft.disarm(Timer.ALARM, partition_id)


def set_user(draft: Draft, event: CodeUserSet) -> None:
    """Give somebody a code, or change what it is good for. A code that works once works again only if it is new."""
    user = event.user
    before = draft.code_users.get(user.user_id)
    _check_user(draft, before, user)
    if event.code_hash is None and user.user_id not in draft.code_hashes:
        raise InvalidRuleError("code", "needed by everybody who has none yet")
    if event.code_hash is None:
        user = replace(user, used=user.used or (before is not None and before.used))
    else:
        draft.code_hashes[user.user_id] = event.code_hash
    if not user.used:
        _forget_use(draft, user.user_id)
    if user != before:
        with _somebody_left(draft, user.name):
            draft.code_users[user.user_id] = user


def remove_user(draft: Draft, user_id: str) -> None:
    """Let somebody's code work no more. Raises ``UnknownKeyError``, and ``GuardedError`` for the last one needed."""
    user = draft.code_users.get(user_id)
    if user is None:
        raise UnknownKeyError(user_id)
    with _somebody_left(draft, user.name):
        draft.code_users.remove(user_id)
    draft.code_hashes.remove(user_id)
    _forget_use(draft, user_id)


@contextmanager
def _somebody_left(draft: Draft, name: str) -> Iterator[None]:
    """Refuse a change of a code after which nobody could disarm a partition any more that is not disarmed."""
    relying = list(disarming.relying(draft))
    yield
    for partition in relying:
        if not disarming.can_be_disarmed(draft, partition, draft.now):
            raise GuardedError("last_code", (name,), partition.name)


def _switch_on(draft: Draft, zones: Iterable[str], sirens: Iterable[str]) -> None:
    records = (*(draft.inputs.get(key) for key in zones), *(draft.outputs.get(key) for key in sirens))
    for record in records:
        if record is not None and not record.enabled and not scheduling.off_by_schedule(draft, record):
            scheduling.switch(draft, record, enabled=True)


def _check(draft: Draft, before: Partition | None, partition: Partition) -> None:
    if not _ID.fullmatch(partition.partition_id):
        raise InvalidRuleError("partition_id", "letters, digits, - and _, at most 64")
    _check_text("name", partition.name)
    if before is None and len(draft.partitions) >= PARTITION_LIMIT:
        raise InvalidRuleError("partition_id", f"at most {PARTITION_LIMIT} partitions")
    check_partition(partition, draft.partitions)
    _check_known(partition.zones, () if before is None else before.zones, draft.inputs)
    _check_known(partition.siren_outputs, () if before is None else before.siren_outputs, draft.outputs)
    if not partition.members:
        return
    if any(partition.partition_id in other.members for other in draft.partitions.values()):
        raise InvalidRuleError("members", "a partition that a master has is no master itself")
    status = draft.alarm.get(partition.partition_id, _FRESH)
    if status.mode is not None or status.phase is not Phase.DISARMED:
        raise InvalidRuleError("members", "disarm the partition before it becomes a master")


def _check_known(keys: Iterable[str], known: Iterable[str], table: Mapping[str, object]) -> None:
    """Refuse what nobody knows of; what was there and has been forgotten since may stay."""
    for key in keys:
        if key not in table and key not in known:
            raise UnknownKeyError(key)


def _check_text(setting: str, text: str) -> None:
    if not text.strip() or not text.isprintable() or len(text) > TEXT_LIMIT:
        raise InvalidRuleError(setting, f"printable text that is not empty, at most {TEXT_LIMIT} characters")


def _check_user(draft: Draft, before: CodeUser | None, user: CodeUser) -> None:
    _check_text("user_id", user.user_id)
    _check_text("name", user.name)
    if before is None and len(draft.code_users) >= USER_LIMIT:
        raise InvalidRuleError("user_id", f"at most {USER_LIMIT} users")
    _check_known(user.partitions, () if before is None else before.partitions, draft.partitions)
    _check_validity(user.validity)


def _check_validity(validity: Validity) -> None:
    if any(day not in _WEEKDAYS for day in validity.weekdays):
        raise InvalidRuleError("weekdays", "0 (Monday) to 6")
    first, last = _MINUTES
    if not (first <= validity.from_minute < last and first <= validity.until_minute <= last):
        raise InvalidRuleError("from_minute", f"minutes of a day, {first} to {last}")
    for setting, day in (("first_day", validity.first_day), ("last_day", validity.last_day)):
        if day is not None and not _is_day(day):
            raise InvalidRuleError(setting, "a date such as 2026-12-31")
    if validity.first_day is not None and validity.last_day is not None and validity.last_day < validity.first_day:
        raise InvalidRuleError("last_day", "not before the first day")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _note_heard(draft: Draft, keys: Iterable[str]) -> None:
    """Take inputs that become zones for heard: nobody noted it before, and they were chosen from what is there."""
    for key in keys:
        record = draft.inputs.get(key)
        if record is not None and heard_as(record) not in draft.heard:
            draft.heard[heard_as(record)] = True


def _moved(draft: Draft, partition: Partition, status: PartitionStatus, added: list[str]) -> PartitionStatus:
    """Return the status with what is known of zones that left taken out, and how those stand that came taken in."""
    zones = Standings(draft, partition.zones)
    brokers = dict.fromkeys(broker for key in partition.zones if (broker := broker_of(draft, key)) is not None)
    down = (Trouble(zone=each.value, fault=Fault.BROKER) for each in brokers if not draft.transport_up(each))
    troubles = [
        *(each for each in status.troubles if each.fault not in _NOT_OF_ZONES and each.zone in partition.zones),
        *(
            Trouble(zone=key, fault=event.fault if isinstance(event, ZoneFaulted) else Fault.TAMPER)
            for key in added
            for event in news_of(key, zones.get(key, UNKNOWN_INPUT), status.troubles)
        ),
        *(each for each in down if each in status.troubles or draft.transport_away(Transport(each.zone))),
        *siren_troubles(draft, partition, status.troubles),
    ]
    open_now = (key for key in added if zones.get(key, UNKNOWN_INPUT).counts)

    def left(keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for key in keys if key in partition.zones))

    return replace(
        status,
        troubles=tuple(dict.fromkeys(troubles)),
        open=left((*status.open, *open_now)),
        moved=tuple(each for each in status.moved if each.zone in partition.zones),
        unsettled=left(status.unsettled),
        bypassed=left(status.bypassed),
        forced=left(status.forced),
    )


def _counts(partition: Partition, status: PartitionStatus, trouble: Trouble) -> bool:
    if trouble.fault in SIREN_FAULTS:
        return True
    zone = partition.zones.get(trouble.zone)
    return zone is not None and zone.watched_in(status.mode) and not status.left_out(trouble.zone)


def _forget_use(draft: Draft, user_id: str) -> None:
    for partition_id, status in list(draft.alarm.items()):
        if user_id in status.used_codes:
            used = tuple(each for each in status.used_codes if each != user_id)
            draft.alarm[partition_id] = replace(status, used_codes=used)
