"""After a restart, partitions wait until every zone has reported. Which one they wait for is known, one at a time.

So most of what is reported meanwhile costs a look at one zone, however many there are.
"""

from .alarm.model import UNKNOWN_INPUT, Partition
from .alarm.status import Timer
from .alarm.upkeep import has_reported
from .standing import Standings
from .state import Draft

# What a step must have written for a zone to count as reported that did not before.
TABLES = ("heard", "inputs", "partitions")


def settled(draft: Draft) -> list[str]:
    """Return the partitions that wait for no zone any more, after a step that may have brought what they wait for."""
    waiting = [key for key, status in draft.alarm.items() if status.due(Timer.SETTLE) is not None]
    return [key for key in waiting if key in draft.partitions and not _waits(draft, draft.partitions[key])]


def _waits(draft: Draft, partition: Partition) -> bool:
    """Whether a zone has yet to report. Looks on from the one that was waited for, and once around."""
    zones, standing = list(partition.zones), Standings(draft, ())
    known = draft.waiting_for.get(partition.partition_id)
    start = zones.index(known) if known is not None and known in partition.zones else 0
    for key in (*zones[start:], *zones[:start]):
        if not has_reported(standing.get(key, UNKNOWN_INPUT)):
            if key != known:
                draft.waiting_for[partition.partition_id] = key
            return True
    return False
