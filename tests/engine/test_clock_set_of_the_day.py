"""The clock is set while the hub runs: what falls on a time of day goes by the new one."""

import pytest

from custom_components.event_hub.engine.effects import DigestDue, Effect
from custom_components.event_hub.engine.events import DigestDelivered, ScheduleSet
from custom_components.event_hub.engine.model import InputRule
from custom_components.event_hub.engine.settings import Settings

from .clocks import BERLIN, unix
from .kit import Engine
from .spans import schedule

HOUR = 3600.0


@pytest.fixture
def engine() -> Engine:
    """Return an engine in Berlin on a Saturday evening, with a door that is quiet by night and on by schedule."""
    engine = Engine(Settings(zone=BERLIN))
    engine.now = unix("2026-07-04T22:30:00+02:00")
    engine.input("Door", InputRule(latch=0, informational=True))
    engine.post(ScheduleSet(inputs=("Door",), schedule=schedule(("", "22:00", "08:00"))))
    return engine


def is_on(engine: Engine) -> bool:
    """Tell whether the door is on."""
    return engine.state.inputs["Door"].enabled


def digests(effects: tuple[Effect, ...]) -> int:
    """Count the digests told."""
    return sum(isinstance(effect, DigestDue) for effect in effects)


# In hours: by how much it is set, whether it is night then, and in how many it is no longer, or is again.
SET = [
    (-1.0, False, 0.5),
    (1.0, True, 8.5),
    (10.0, False, 13.5),
    (-22.0, True, 7.5),
    (24.0, True, 9.5),
    (-240.0, True, 9.5),
]


@pytest.mark.parametrize(("by", "night", "changes_in"), SET)
def test_schedules_are_followed_at_once_and_from_then_on(
    engine: Engine, by: float, night: bool, changes_in: float
) -> None:
    assert is_on(engine)
    engine.set_clock(by * HOUR)
    assert is_on(engine) is night
    engine.wait(changes_in * HOUR - 1)
    assert is_on(engine) is night
    engine.wait(1)
    assert is_on(engine) is not night


def test_what_was_held_back_is_told_once_it_is_day(engine: Engine) -> None:
    engine.active("Door")
    engine.set_clock(10 * HOUR)
    effects = engine.wait(0)
    assert digests(effects) == 1
    engine.post(DigestDelivered(number=1))
    assert digests(engine.wait(24 * HOUR)) == 0


def test_what_was_held_back_is_told_in_the_morning_of_the_new_time(engine: Engine) -> None:
    engine.active("Door")
    engine.set_clock(-18.5 * HOUR)
    assert digests(engine.wait(3 * HOUR - 1)) == 0
    assert digests(engine.wait(1)) == 1


@pytest.mark.parametrize("by", [-10.0, -HOUR, 10.0, HOUR])
def test_what_is_being_told_is_not_told_again_at_once(engine: Engine, by: float) -> None:
    engine.active("Door")
    assert digests(engine.wait(11.5 * HOUR)) > 0
    told_again = engine.state.next_deadline()
    assert told_again is not None
    left = told_again - engine.now
    engine.set_clock(by)
    assert digests(engine.wait(left - 1)) == 0
    assert digests(engine.wait(1)) == 1


def test_what_is_being_told_waits_for_the_morning_once_it_is_night_again(engine: Engine) -> None:
    engine.active("Door")
    assert digests(engine.wait(10 * HOUR)) > 0
    engine.set_clock(-9.5 * HOUR)
    assert digests(engine.wait(8 * HOUR - 1)) == 0
    assert digests(engine.wait(1)) == 1


def test_what_was_held_back_keeps_its_time(engine: Engine) -> None:
    engine.active("Door")
    before = engine.state.digest
    engine.set_clock(HOUR)
    assert engine.state.digest == before
