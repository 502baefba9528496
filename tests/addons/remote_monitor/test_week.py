"""A week of operation in virtual time: nothing grows."""

import random
import tracemalloc

from remote_monitor.bands import InputState, Unread, Zone, step, supervised
from remote_monitor.relay_model import Action, Relay
from remote_monitor.relays import MEMORY

from .kit import Board, plan_of

DAY = 86_400
WEEK = 7 * DAY
LOOP = supervised({Zone.SHORT: (0, 10), Zone.NORMAL: (25, 45), Zone.ALARM: (50, 70), Zone.CUT: (90, 100)})


def test_relays_run_for_a_week_without_growth() -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable, no secrets
    board = Board(
        plan_of(
            Relay(key="Siren", seconds=30.0, longest=120.0),
            Relay(key="Lamp", seconds=5.0, pattern=(0.5, 0.5)),
            Relay(key="Open", seconds=20.0, interlock="gate"),
            Relay(key="Close", seconds=20.0, interlock="gate"),
            Relay(key="Lock", safe_on=True),
        )
    )
    keys, sizes, number = list(board.plan.relays), [], 0
    end = board.now + WEEK
    tracemalloc.start()
    try:
        for day in range(1, 8):
            while board.now < end - WEEK + day * DAY:
                number += 1
                action = chance.choice([None, None, Action.ON, Action.OFF, Action.TOGGLE])
                board.command(f"{number:08}", chance.choice(keys), action=action)
                board.pass_time(chance.uniform(5.0, 120.0))
                board.said.clear()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert number > 3 * MEMORY
    assert len(board.state.results) == MEMORY
    assert sizes[-1] < sizes[2] * 1.05
    board.pass_time(200.0)
    assert not board.pins["Siren"]


def test_an_input_is_read_for_a_week_without_growth() -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable, no secrets
    state, told = InputState(), 0
    tracemalloc.start()
    try:
        sizes = []
        for number in range(WEEK // 2):  # a reading every two seconds: what grows, grows by readings
            phase = number // 1_000 % 4
            sample = (35.0, 60.0, 98.0, 5.0)[phase] + chance.uniform(-2, 2)
            taken = Unread(reason="No chip answers") if chance.random() < 0.02 else sample
            state, change = step(LOOP, state, taken, number * 2.0)
            told += change is not None
            if number % 100_000 == 50_000:
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert told >= WEEK // 2 // 1_000
    assert len(state.values) <= 3
    assert sizes[-1] < sizes[0] + 2_000
