"""What one more thing to tell costs, while much waits: counted, as a clock would measure the machine."""

from collections.abc import Callable
from dataclasses import replace
import sys
from types import FrameType
from typing import Any

import pytest

from custom_components.event_hub.engine.telling.encode import changes
from custom_components.event_hub.engine.telling.events import Deliver, Delivered, Event, Failed, Posted, Tick
from custom_components.event_hub.engine.telling.model import Channel, Telling, Topic
from custom_components.event_hub.engine.telling.outbox import TELLINGS_LIMIT, next_due, step
from custom_components.event_hub.engine.telling.state import Outbox

from .kit import START, TELEGRAM, alarm, pictured, telling

CHANNELS = tuple(replace(TELEGRAM, channel_id=f"chat {number}") for number in range(4))


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Have everything done once that is done once only, so that the first test counts none of it."""
    outbox, now = much_waits(1)
    cost(outbox, Posted(telling=telling("first")), now + 65)


def much_waits(count: int, make: Callable[[str], Telling] = telling) -> tuple[Outbox, float]:
    """Return an outbox in which so many things wait, as every channel was down for long, and the time."""
    now, outbox = START, Outbox()
    for number in range(count):
        outbox, _ = step(outbox, Posted(telling=make(f"input {number}")), now, CHANNELS)
    for _ in range(6):
        now += 70
        outbox, effects = step(outbox, Tick(), now, CHANNELS)
        for each in effects:
            if isinstance(each, Deliver):
                outbox, _ = step(outbox, Failed(attempt_id=each.attempt_id), now, CHANNELS)
    assert len(outbox.postings) == count
    assert all(len(posting.errands) == len(CHANNELS) for posting in outbox.postings.values())
    return outbox, now


def instructions(call: Callable[[], object]) -> int:
    """Return how many instructions of Python a call takes: a loop over what waits shows, whatever it does."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def cost(outbox: Outbox, event: Event, now: float, channels: tuple[Channel, ...] = CHANNELS) -> int:
    """Return the instructions of one event: the step, what is to be written, and when the next is due."""

    def happens() -> None:
        after, _ = step(outbox, event, now, channels)
        changes(outbox, after)
        next_due(after, channels)

    return instructions(happens)


def one_under_way(outbox: Outbox) -> int:
    """Return the number of a message that is under way."""
    attempts = (status.attempt for status in outbox.channels.values())
    return next(attempt.attempt_id for attempt in attempts if attempt is not None)


def silent(name: str) -> Telling:
    """Return that a board is silent."""
    return telling(name, Topic.SOURCE_LOST, input_key=None, source_id=name)


@pytest.mark.parametrize(
    ("make", "seconds"),
    [(make, seconds) for make in (telling, alarm, pictured) for seconds in (1, 65)] + [(silent, 1)],
    ids=lambda value: value.__name__ if callable(value) else "they rest" if value == 1 else "they are ready",
)
def test_one_more_thing_costs_the_same_whatever_waits(make: Callable[[str], Telling], seconds: float) -> None:
    few, now = much_waits(50, make)
    many, _ = much_waits(TELLINGS_LIMIT - 1, make)
    event = Posted(telling=telling("one more"))
    assert cost(many, event, now + seconds) <= 1.1 * cost(few, event, now + seconds)


def test_each_of_many_boards_costs_a_message_no_more_however_many_it_counts() -> None:
    few, now = much_waits(50, silent)
    many, _ = much_waits(TELLINGS_LIMIT - 1, silent)
    # First, as another step takes with it what is known of an outbox.
    spent = [cost(outbox, Tick(), now + 65) / len(outbox.postings) for outbox in (few, many)]
    _, effects = step(many, Tick(), now + 65, CHANNELS)
    assert [len(each.tellings) for each in effects if isinstance(each, Deliver)] == [TELLINGS_LIMIT - 1] * len(CHANNELS)
    assert spent[1] <= 1.1 * spent[0]


@pytest.mark.parametrize("answer", [Delivered, Failed])
def test_an_answer_costs_the_same_whatever_waits(answer: Callable[..., Event]) -> None:
    spent = []
    for count in (50, TELLINGS_LIMIT):
        outbox, now = much_waits(count)
        outbox, _ = step(outbox, Tick(), now + 65, CHANNELS)
        spent.append(cost(outbox, answer(attempt_id=one_under_way(outbox)), now + 66))
    assert spent[1] <= 1.1 * spent[0]


@pytest.mark.parametrize("seconds", [0.5, 5], ids=["in the first second", "in the interval"])
@pytest.mark.parametrize("make", [telling, alarm], ids=["among triggers", "among alarms"])
def test_an_alarm_in_the_interval_costs_the_same_whatever_waits(make: Callable[[str], Telling], seconds: float) -> None:
    spent = []
    for count in (50, TELLINGS_LIMIT - 2):
        outbox, _ = step(Outbox(), Posted(telling=telling("earlier")), START, CHANNELS)
        outbox, _ = step(outbox, Delivered(attempt_id=1), START, CHANNELS)
        for number in range(count):
            outbox, _ = step(outbox, Posted(telling=make(f"input {number}")), START, CHANNELS)
        assert len(outbox.postings) == count
        spent.append(cost(outbox, Posted(telling=alarm("fire")), START + seconds))
    assert spent[1] <= 1.1 * spent[0]


def test_one_more_board_that_falls_silent_costs_the_same_however_many_did_just_now() -> None:
    spent = []
    for count in (50, TELLINGS_LIMIT - 2):
        outbox = Outbox()
        for number in range(count):
            outbox, _ = step(outbox, Posted(telling=silent(f"board {number}")), START, CHANNELS)
        spent.append(cost(outbox, Posted(telling=silent("one more")), START + 1))
    assert spent[1] <= 1.1 * spent[0]


def test_news_of_one_input_costs_the_same_whatever_else_waits() -> None:
    spent = []
    for count in (50, TELLINGS_LIMIT - 1):
        outbox, now = much_waits(count)
        spent.append(cost(outbox, Posted(telling=telling("news", input_key="input 7")), now + 1))
    assert spent[1] <= 1.1 * spent[0]


def test_one_that_makes_room_costs_little_more_than_one_that_need_not() -> None:
    one_less, now = much_waits(TELLINGS_LIMIT - 1)
    full, _ = much_waits(TELLINGS_LIMIT)
    event = Posted(telling=telling("one more"))
    assert cost(full, event, now + 1) <= 2 * cost(one_less, event, now + 1)


def test_a_step_writes_no_more_than_it_changed() -> None:
    before, now = much_waits(TELLINGS_LIMIT)
    after, _ = step(before, Posted(telling=telling("one more")), now + 1, CHANNELS)
    assert set(changes(before, after)) == {"outbox", "posting.1", "posting.501"}


def test_what_is_known_of_what_waits_is_as_if_it_were_looked_at_anew() -> None:
    known, now = much_waits(TELLINGS_LIMIT)
    for seconds in (0, 1, 59, 60, 61, 900, 90_000):
        anew = step(replace(known, trace=None), Tick(), now + seconds, CHANNELS)
        first = step(known, Tick(), now + seconds, CHANNELS)
        assert first == anew
        assert next_due(first[0], CHANNELS) == next_due(replace(first[0], trace=None), CHANNELS)


def test_an_outbox_that_was_left_behind_is_stepped_as_it_was() -> None:
    before, now = much_waits(50)
    first, _ = step(before, Posted(telling=telling("one")), now + 1, CHANNELS)
    second, _ = step(before, Posted(telling=telling("another")), now + 1, CHANNELS)
    again, _ = step(before, Posted(telling=telling("one")), now + 1, CHANNELS)
    assert first == again
    assert set(changes(first, second)) == {"posting.51"}
    assert next_due(first, CHANNELS) == next_due(again, CHANNELS)
