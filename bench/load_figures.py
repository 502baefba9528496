"""What floods of events came to, as figures with their floors and targets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .measure import percentile
from .report import Figure

PROCESSOR: Final = 1.0
LONGEST_BLOCK: Final = 50.0
FLAT: Final = 1.2
PROMISED_WITH: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one number of inputs came to.

    ``per_second`` is as fast as commands came back, ``named_per_second`` with events that name eight inputs,
    ``paced`` what came back at the promised rate; all else was measured at that rate. Processor times are in
    milliseconds an event, ``late`` (of Home Assistant's loop), ``busy`` (the same without garbage collection),
    ``machine`` (of an idle loop beside it) and ``collections`` in milliseconds, memory in MiB.
    """

    inputs: int
    per_second: float
    relay_per_second: float
    named_per_second: float | None
    paced: float
    processor: float
    relay_processor: float
    late: list[float]
    busy: list[float]
    machine: list[float]
    collections: list[float]
    resident: float
    most_resident: float


def figures_of(loads: Sequence[Load], bare_memory: float, bare_collection: float, promised_rate: float) -> list[Figure]:
    """Return the figures of all numbers of inputs, kind by kind."""
    return [
        *(figure for one in loads for figure in _throughput(one, promised_rate)),
        *_processor(loads),
        *(figure for one in loads for figure in _responsiveness(one, bare_collection)),
        *(
            Figure(name=f"memory, {one.inputs:,} inputs", value=one.resident, floor=bare_memory, unit="MiB")
            for one in loads
        ),
        Figure(name="memory, most ever", value=loads[-1].most_resident, floor=bare_memory, unit="MiB"),
    ]


def _throughput(one: Load, promised_rate: float) -> Iterator[Figure]:
    promised = one.inputs == PROMISED_WITH
    yield Figure(
        name=f"most events a second, {one.inputs:,} inputs",
        value=one.per_second,
        floor=one.relay_per_second,
        unit="/s",
        target=f"≥ {promised_rate:,.0f}/s" if promised else "",
        met=one.per_second >= promised_rate if promised else None,
    )
    if one.named_per_second is not None:
        name = f"most events a second, {one.inputs:,} inputs, events that name eight"
        yield Figure(name=name, value=one.named_per_second, unit="/s")


def _processor(loads: Sequence[Load]) -> Iterator[Figure]:
    for one in loads:
        yield Figure(
            name=f"processor an event at {one.paced:,.0f}/s, {one.inputs:,} inputs",
            value=one.processor,
            floor=one.relay_processor,
            unit="ms",
            target=f"< {PROCESSOR:g} ms",
            met=one.processor < PROCESSOR,
        )
    costs = [one.processor for one in loads]
    yield Figure(
        name="processor an event, dearest number of inputs (floor: the cheapest)",
        value=max(costs),
        floor=min(costs),
        unit="ms",
        target=f"≤ {FLAT:g} times the floor",
        met=max(costs) <= FLAT * min(costs),
    )


def _responsiveness(one: Load, bare_collection: float) -> Iterator[Figure]:
    """The floor is an idle loop's lateness at the same time: what is left for anybody by all that runs."""
    promised = one.inputs == PROMISED_WITH
    name = f"loop late at {one.paced:,.0f}/s, {one.inputs:,} inputs"
    p99 = percentile(one.machine, 99)
    yield Figure(name=f"{name}, p99", value=percentile(one.late, 99), floor=p99, unit="ms")
    for what, lateness in (("most", one.late), ("most without garbage collection", one.busy)):
        yield Figure(
            name=f"{name}, {what}",
            value=max(lateness),
            floor=max(one.machine),
            unit="ms",
            target=f"≤ {LONGEST_BLOCK:g} ms" if promised else "",
            met=max(lateness) <= LONGEST_BLOCK if promised else None,
        )
    yield Figure(
        name=f"longest garbage collection, {one.inputs:,} inputs (floor: without the hub)",
        value=max(one.collections, default=0.0),
        floor=bare_collection,
        unit="ms",
    )
