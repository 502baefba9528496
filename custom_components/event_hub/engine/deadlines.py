"""Timers as data: what is due when, with the earliest at hand."""

from collections.abc import ItemsView, Iterator, Mapping
from enum import StrEnum
import heapq
from typing import Final


class Timer(StrEnum):
    """What a deadline is for."""

    HOLD = "hold"
    SILENCE = "silence"
    COMMAND = "command"
    ALARM = "alarm"
    SCHEDULE = "schedule"
    DIGEST = "digest"
    ESCALATION = "escalation"
    SIREN = "siren"


# So many outdated entries may wait: a command's deadline lies minutes after its answer, and in a
# flood there are a thousand a second. Clearing them away costs as much as they did.
_OUTDATED: Final = 1_000

type TimerKey = tuple[Timer, str]


def apart(now: float, then: float) -> float:
    """Return how many seconds ``then`` is from ``now``.

    A clock that is set back leaves times in the future behind. Taken for "just now", they
    would keep a latch or an interval closed until the clock has caught up with them.
    """
    return abs(now - then)


class Deadlines:
    """Due times by key. Moving a deadline later costs nothing until the earlier one passes.

    The heap may hold outdated entries; ``_queued`` says for each key the
    earliest entry that is still in it, ``_due`` when it is really due.
    """

    def __init__(self) -> None:
        """Start with nothing due."""
        self._due: dict[TimerKey, float] = {}
        self._queued: dict[TimerKey, float] = {}
        self._heap: list[tuple[float, TimerKey]] = []

    def __len__(self) -> int:
        """Count the deadlines set."""
        return len(self._due)

    def items(self) -> ItemsView[TimerKey, float]:
        """Return every deadline set, in no order."""
        return self._due.items()

    def get(self, key: TimerKey) -> float | None:
        """Return when ``key`` is due."""
        return self._due.get(key)

    def update(self, changes: Mapping[TimerKey, float | None]) -> None:
        """Set deadlines; ``None`` cancels."""
        for key, due in changes.items():
            if due is None:
                self._due.pop(key, None)
                continue
            self._due[key] = due
            queued = self._queued.get(key)
            if queued is None or due < queued:
                self._queued[key] = due
                heapq.heappush(self._heap, (due, key))
        if len(self._heap) > 2 * len(self._due) + _OUTDATED:
            self._heap = [(due, key) for key, due in self._due.items()]
            heapq.heapify(self._heap)
            self._queued = dict(self._due)

    def next_due(self) -> float | None:
        """Return the earliest deadline, or ``None`` when nothing is due ever."""
        while self._heap:
            queued, key = self._heap[0]
            due = self._due.get(key)
            if due == queued:
                return queued
            heapq.heappop(self._heap)
            if self._queued.get(key) == queued:
                del self._queued[key]
                if due is not None:
                    self._queued[key] = due
                    heapq.heappush(self._heap, (due, key))
        return None

    def due(self, now: float) -> list[TimerKey]:
        """Return every key due at ``now``, earliest first, without removing any."""
        found = {key for key in self._queued_until(now) if self._due.get(key, now + 1) <= now}
        return sorted(found, key=lambda key: (self._due[key], key))

    def _queued_until(self, now: float) -> Iterator[TimerKey]:
        """Walk the part of the heap that is at or before ``now``; its children follow it."""
        open_nodes = [0]
        while open_nodes:
            node = open_nodes.pop()
            if node < len(self._heap) and self._heap[node][0] <= now:
                yield self._heap[node][1]
                open_nodes += (2 * node + 1, 2 * node + 2)
