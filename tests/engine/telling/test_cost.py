"""What one more thing to tell costs, while much waits: counted, as a clock would measure the machine."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.event_hub.engine.telling import choosing, outbox as outbox_module, routing
from custom_components.event_hub.engine.telling.encode import changes
from custom_components.event_hub.engine.telling.events import Deliver, Failed, Posted, Tick
from custom_components.event_hub.engine.telling.outbox import TELLINGS_LIMIT, next_due, step
from custom_components.event_hub.engine.telling.state import Outbox

from .kit import START, TELEGRAM, telling

CHANNELS = tuple(replace(TELEGRAM, channel_id=f"chat {number}") for number in range(4))


def much_waits() -> tuple[Outbox, float]:
    """Return an outbox that is full, as every channel was down for long, and the time."""
    now, outbox = START, Outbox()
    for number in range(TELLINGS_LIMIT):
        outbox, _ = step(outbox, Posted(telling=telling(f"input {number}")), now, CHANNELS)
    for _ in range(6):
        now += 70
        outbox, effects = step(outbox, Tick(), now, CHANNELS)
        for each in effects:
            if isinstance(each, Deliver):
                outbox, _ = step(outbox, Failed(attempt_id=each.attempt_id), now, CHANNELS)
    assert len(outbox.postings) == TELLINGS_LIMIT
    assert all(len(posting.errands) == len(CHANNELS) for posting in outbox.postings.values())
    return outbox, now


def test_one_more_thing_is_not_paid_for_with_all_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    before, now = much_waits()
    calls: dict[str, int] = {}

    def count(module: Any, name: str) -> None:
        counted = getattr(module, name)

        def call(*args: Any) -> Any:
            calls[name] = calls.get(name, 0) + 1
            return counted(*args)

        monkeypatch.setattr(module, name, call)

    for module, name in (
        (routing, "route_of"),
        (routing, "_advance"),
        (routing, "_settle"),
        (routing, "group_of"),
        (outbox_module, "_posting_due"),
        (choosing, "_order"),
    ):
        count(module, name)
    after, _ = step(before, Posted(telling=telling("one more")), now + 1, CHANNELS)
    next_due(after, CHANNELS)
    changed = changes(before, after)
    assert calls["_advance"] >= 1
    assert sum(calls.values()) <= 40, calls
    assert len(changed) <= 6


def test_what_is_known_of_what_waits_is_as_if_it_were_looked_at_anew() -> None:
    known, now = much_waits()
    anew = replace(known, index=None)
    for seconds in (0, 1, 59, 60, 61, 900, 90_000):
        first = step(known, Tick(), now + seconds, CHANNELS)
        assert first == step(anew, Tick(), now + seconds, CHANNELS)
        assert next_due(first[0], CHANNELS) == next_due(replace(first[0], index=None), CHANNELS)
