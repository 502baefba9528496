"""Deadlines are handled in their order, however they are moved."""

import tracemalloc

from hypothesis import given, strategies as st

from custom_components.event_hub.engine.deadlines import Deadlines, Timer

times = st.integers(0, 50).map(float)
changes = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | times), max_size=60)


@given(changes)
def test_the_next_deadline_is_the_earliest_set(moves: list[tuple[str, float | None]]) -> None:
    deadlines, model = Deadlines(), dict[str, float]()
    for key, due in moves:
        deadlines.update({(Timer.HOLD, key): due})
        if due is None:
            model.pop(key, None)
        else:
            model[key] = due
        assert deadlines.next_due() == min(model.values(), default=None)
    assert len(deadlines) == len(model)


@given(changes, times)
def test_everything_due_is_found_once_and_in_order(moves: list[tuple[str, float | None]], now: float) -> None:
    deadlines, model = Deadlines(), dict[str, float]()
    for key, due in moves:
        deadlines.update({(Timer.HOLD, key): due})
        if due is None:
            model.pop(key, None)
        else:
            model[key] = due
    found = [key for _, key in deadlines.due(now)]
    assert sorted(found) == sorted(key for key, due in model.items() if due <= now)
    assert [model[key] for key in found] == sorted(model[key] for key in found)


def test_deadlines_that_were_cancelled_long_before_they_are_due_take_no_memory() -> None:
    deadlines = Deadlines()
    deadlines.update({(Timer.HOLD, f"input {number}"): 5.0 + number for number in range(100)})
    tracemalloc.start()
    try:
        for number in range(100_000):
            command = (Timer.COMMAND, f"command {number}")
            deadlines.update({command: 90.0 + number / 1000})
            deadlines.update({command: None})
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000
    assert deadlines.next_due() == 5.0
    assert deadlines.due(6.0) == [(Timer.HOLD, "input 0"), (Timer.HOLD, "input 1")]
