from hypothesis import given, strategies as st
import pytest

from snapshot_processor.archive.rules import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    STUBBORN,
    TIDY_EVERY,
    Outage,
    Step,
    next_step,
    pause_after,
    waits_for_itself,
)

from .kit import NOON


@pytest.mark.parametrize(
    ("failures", "pause"), [(0, 30), (1, 60), (2, 120), (6, 1920), (7, 3600), (8, 3600), (10_000, 3600)]
)
def test_pauses_double_up_to_an_hour(failures: int, pause: float) -> None:
    assert pause_after(failures) == pause


@given(failures=st.integers(0, 10_000), start=st.floats(0, 4e9), later=st.floats(-1e10, 1e10))
def test_an_outage_never_lasts_longer_than_the_longest_pause(failures: int, start: float, later: float) -> None:
    outage = Outage(failures=failures).failed(start)
    assert 0 <= outage.left(start + later) <= LONGEST_PAUSE


def test_an_outage_is_over_when_its_pause_is() -> None:
    outage = Outage().failed(NOON)
    assert outage.left(NOON) == FIRST_PAUSE
    assert outage.left(NOON + FIRST_PAUSE) == 0


def test_a_clock_that_is_set_back_ends_the_pause() -> None:
    assert Outage().failed(NOON).left(NOON - 10 * LONGEST_PAUSE) == 0


@pytest.mark.parametrize(
    ("outage", "logged_in", "tidied_at", "step"),
    [
        (Outage().failed(NOON), False, None, Step.REST),
        (Outage().failed(NOON), True, None, Step.REST),
        (Outage(), False, None, Step.LOG_IN),
        (Outage(), True, None, Step.TIDY),
        (Outage(), True, NOON - TIDY_EVERY, Step.TIDY),
        (Outage(), True, NOON + 1, Step.TIDY),
        (Outage(), True, NOON - TIDY_EVERY + 1, Step.UPLOAD),
        (Outage().failed(NOON - FIRST_PAUSE), True, NOON, Step.UPLOAD),
    ],
)
def test_what_comes_next(outage: Outage, logged_in: bool, tidied_at: float | None, step: Step) -> None:
    assert next_step(outage=outage, logged_in=logged_in, tidied_at=tidied_at, now=NOON) is step


def test_a_picture_waits_alone_only_after_several_failures() -> None:
    assert [waits_for_itself(attempts) for attempts in (0, STUBBORN - 1, STUBBORN)] == [False, False, True]
