"""Whether anybody could disarm: what nobody can end must not be begun, and the last code for it must not go."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from .alarm.codes import CodeUser, Permission
from .alarm.events import Arm, ChangeMode
from .alarm.model import Actor, Partition
from .alarm.status import PartitionStatus
from .guarding import is_guarding
from .state import Draft, State
from .times.wall import local

_FRESH: Final = PartitionStatus()


def can_be_disarmed(state: State | Draft, partition: Partition, now: float, *, without: str | None = None) -> bool:
    """Whether a partition needs no code, or somebody's is good for it now or later. ``without``: not that user's.

    ``now`` is in unix seconds. A duress code is for who is forced to use it, and none to rely on.
    """
    if not partition.codes.disarm:
        return True
    status = state.alarm.get(partition.partition_id, _FRESH)
    clock = local(now, state.settings.zone)
    return any(
        _could(user, partition, status, clock) for user_id, user in state.code_users.items() if user_id != without
    )


def may_be_armed(state: State | Draft, partition: Partition, now: float) -> bool:
    """Whether somebody could disarm, of a master every member; what is armed already may be armed otherwise."""
    return all(_is_armed(state, each) or can_be_disarmed(state, each, now) for each in _concerned(state, partition))


def can_be_ended(draft: Draft, partition: Partition, request: Arm | ChangeMode) -> bool:
    """Whether somebody could disarm after a request, of a master every member. A code that works once is used up."""
    used_up = request.actor.user_id if request.actor.once else None
    if isinstance(request, ChangeMode) and used_up is None:
        return True
    return all(
        can_be_disarmed(draft, each, draft.now, without=used_up) or _stays(draft, each, request.actor)
        for each in _concerned(draft, partition)
    )


def relying(draft: Draft) -> Iterator[Partition]:
    """Yield the partitions that are not disarmed, and that somebody could disarm as things are."""
    for partition_id, partition in draft.partitions.items():
        if is_guarding(draft.alarm.get(partition_id, _FRESH)) and can_be_disarmed(draft, partition, draft.now):
            yield partition


def _stays(draft: Draft, member: Partition, actor: Actor) -> bool:
    """Whether a member is armed already, and no code is used up by leaving it so."""
    return not actor.once and _is_armed(draft, member)


def _is_armed(state: State | Draft, partition: Partition) -> bool:
    return state.alarm.get(partition.partition_id, _FRESH).mode is not None


def _concerned(state: State | Draft, partition: Partition) -> list[Partition]:
    """Return a partition, or the members of a master."""
    return [state.partitions[each] for each in partition.members if each in state.partitions] or [partition]


def _could(user: CodeUser, partition: Partition, status: PartitionStatus, clock: datetime) -> bool:
    if user.duress or Permission.DISARM not in user.permissions:
        return False
    if user.partitions and partition.partition_id not in user.partitions:
        return False
    used_up = user.validity.once and (user.used or user.user_id in status.used_codes)
    return not used_up and not user.validity.is_over(clock)
