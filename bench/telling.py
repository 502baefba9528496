"""What one more thing to tell costs the loop while much waits: every channel is down, and the outbox is full.

Measured is what happens before the journal's thread has it: the step, what is to be written of it as JSON, and when the
next is due. The floor is the same with nothing waiting.
"""

import gc
import json
from pathlib import Path
import time
from typing import Final

from custom_components.event_hub.engine.telling.encode import changes
from custom_components.event_hub.engine.telling.events import Deliver, Failed, Posted, Tick
from custom_components.event_hub.engine.telling.model import Channel, ChannelKind, Telling, Topic
from custom_components.event_hub.engine.telling.outbox import TELLINGS_LIMIT, next_due, step
from custom_components.event_hub.engine.telling.state import Outbox

from .measure import percentile
from .report import Figure

CHANNELS: Final = tuple(
    Channel(channel_id=f"chat {number}", name=f"Chat {number}", kind=ChannelKind.TELEGRAM, target=f"{number}")
    for number in range(4)
)
WAITING: Final = (100, TELLINGS_LIMIT, 4 * TELLINGS_LIMIT)
WITHIN: Final = 1.0
_START: Final = 1_700_000_000.0
_DEADLINE: Final = 70.0


async def telling(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - nothing of it touches a disk
    """Post one thing, many times, in turns with none, some and many others waiting.

    Where the outbox is full, each makes room for itself. 2,000 are more than are kept: they show how it grows.
    """
    count = 50 if quick else 1000
    boxes = {waiting: _much_waits(waiting) for waiting in (0, *WAITING)}
    spent: dict[int, list[float]] = {waiting: [] for waiting in boxes}
    for number in range(count):
        for waiting, (outbox, now) in boxes.items():
            after, milliseconds = _posted(outbox, now + number / 1000, number, waiting)
            spent[waiting].append(milliseconds)
            # Where nothing waits, nothing is to wait the next time either.
            boxes[waiting] = (after if waiting else outbox, now)
    return [
        figure
        for waiting in WAITING
        for figure in (_figure(spent, waiting, 50, WITHIN), _figure(spent, waiting, 99, None))
    ]


def _figure(spent: dict[int, list[float]], waiting: int, percent: int, target: float | None) -> Figure:
    value, floor = percentile(spent[waiting], percent), percentile(spent[0], percent)
    name = "median" if percent == 50 else f"p{percent}"
    return Figure(
        name=f"one telling with {waiting} waiting for {len(CHANNELS)} channels, {name}",
        unit="ms",
        value=value,
        floor=floor,
        target="" if target is None else f"≤ {target:g} ms",
        met=None if target is None else value <= target,
    )


def _posted(outbox: Outbox, now: float, number: int, waiting: int) -> tuple[Outbox, float]:
    """Return the outbox after one more thing, and how many milliseconds that took."""
    gc.collect(0)
    event = Posted(telling=_telling(f"news {number}"))
    began = time.perf_counter()
    after, _ = step(outbox, event, now, CHANNELS, limit=max(waiting, TELLINGS_LIMIT))
    json.dumps(changes(outbox, after))
    next_due(after, CHANNELS)
    return after, (time.perf_counter() - began) * 1000


def _much_waits(count: int) -> tuple[Outbox, float]:
    """Return an outbox in which so many things wait for every channel, which rest as they are down, and the time."""
    now, outbox, limit = _START, Outbox(), max(count, TELLINGS_LIMIT)
    # Without any, the channels are to rest as well.
    for number in range(count or 1):
        outbox, _ = step(outbox, Posted(telling=_telling(str(number))), now, CHANNELS, limit=limit)
    for _ in range(len(CHANNELS) + 1):
        now += _DEADLINE
        outbox, effects = step(outbox, Tick(), now, CHANNELS, limit=limit)
        for each in effects:
            if isinstance(each, Deliver):
                outbox, _ = step(outbox, Failed(attempt_id=each.attempt_id), now, CHANNELS, limit=limit)
    return outbox if count else Outbox(channels=outbox.channels, attempt=outbox.attempt), now + 1


def _telling(name: str) -> Telling:
    return Telling(
        telling_id=name,
        at=_START,
        topic=Topic.TRIGGER,
        label=f"Door {name}",
        input_key=f"Input {name}",
        source_id="bench",
        detail="opened",
        location="Hall",
    )
