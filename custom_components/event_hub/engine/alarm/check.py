"""What may be set up: checked here, so that no interface has to."""

from collections.abc import Iterable, Mapping
from typing import Final

from ..errors import InvalidRuleError
from .model import DEFAULT_DELAYS, Mode, Partition, Zone, ZoneKind

DELAY_LIMITS: Final = (0.0, 600.0)
SIREN_LIMITS: Final = (1.0, 3600.0)
ABORT_LIMITS: Final = (0.0, 300.0)
CANCEL_LIMITS: Final = (0.0, 3600.0)
SWINGER_LIMITS: Final = (1, 100)
CROSS_LIMITS: Final = (1.0, 3600.0)
# From coming in to telling outside; ANSI/SIA CP-01 wants no more.
LONGEST_UNTIL_TOLD: Final = 60.0
_PAIR: Final = 2


def check_partition(partition: Partition, others: Mapping[str, Partition]) -> None:
    """Check a partition before it is set up. Raises ``InvalidRuleError``, which names the setting."""
    _within("siren_limit", partition.siren_limit, SIREN_LIMITS)
    _within("abort_window", partition.abort_window, ABORT_LIMITS)
    _within("cancel_window", partition.cancel_window, CANCEL_LIMITS)
    _within("swinger_limit", partition.swinger_limit, SWINGER_LIMITS)
    for delays in partition.delays.values():
        _within("exit_delay", delays.exit, DELAY_LIMITS)
        _within("entry_delay", delays.entry, DELAY_LIMITS)
    for zone in partition.zones.values():
        _check_zone(zone)
    _check_groups(partition)
    _check_members(partition, others)


def slow_to_tell(partition: Partition) -> dict[Mode, float]:
    """Return the modes in which a burglary is told outside late, and after how many seconds.

    That is the longest entry delay with the abort window. It may be set so, and should be known.
    """
    if partition.members:
        return {}
    seconds = {mode: _longest_entry(partition, mode) + partition.abort_window for mode in Mode}
    return {mode: each for mode, each in seconds.items() if each > LONGEST_UNTIL_TOLD}


def _longest_entry(partition: Partition, mode: Mode) -> float:
    usual = partition.delays.get(mode, DEFAULT_DELAYS).entry
    doors = (zone for zone in partition.zones.values() if zone.kind is ZoneKind.ENTRY_EXIT and mode in zone.modes)
    return max((partition.entry_delay(mode, zone) for zone in doors), default=usual)


def _check_zone(zone: Zone) -> None:
    if zone.exit_delay is not None:
        _within("exit_delay", zone.exit_delay, DELAY_LIMITS)
    if zone.entry_delay is not None:
        _within("entry_delay", zone.entry_delay, DELAY_LIMITS)


def _check_groups(partition: Partition) -> None:
    for group in partition.cross_zones:
        members = set(group.zones)
        if not members <= partition.zones.keys():
            raise InvalidRuleError("cross_zones", "zones of the same partition only")
        if not _PAIR <= group.count <= len(members):
            raise InvalidRuleError("cross_zones", f"{_PAIR} or more, and no more than the group has zones")
        _within("cross_zones", group.within, CROSS_LIMITS)


def _check_members(partition: Partition, others: Mapping[str, Partition]) -> None:
    if not partition.members:
        return
    if partition.zones:
        raise InvalidRuleError("members", "a master has no zones of its own")
    if not _are_plain(partition.members, others) or partition.partition_id in partition.members:
        raise InvalidRuleError("members", "partitions that exist and are no masters")


def _are_plain(members: Iterable[str], others: Mapping[str, Partition]) -> bool:
    return all(member in others and not others[member].members for member in members)


def _within(setting: str, value: float, limits: tuple[float, float]) -> None:
    lowest, highest = limits
    # Written so that what is no number is not within either.
    if not lowest <= value <= highest:
        raise InvalidRuleError(setting, f"{lowest:g} to {highest:g}")
