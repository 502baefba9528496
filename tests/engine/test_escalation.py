"""What stays active for too long is told once, and once more when it is over."""

import json

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.times.escalation import (
    SETTLE,
    Escalation,
    News,
    Step,
    begin,
    change,
    check_escalate_after,
    clear,
    resume,
    tick,
)
from custom_components.event_hub.storage.decode import decode
from custom_components.event_hub.storage.encode import to_json

AFTER = 600.0
RUNNING = Escalation(since=1000.0, due_at=1600.0)
RAISED = Escalation(since=1000.0, due_at=None, raised_at=1600.0)


def test_a_trigger_begins_it() -> None:
    assert begin(None, AFTER, 1000.0) == RUNNING


def test_an_input_that_never_escalates_begins_none() -> None:
    assert begin(None, None, 1000.0) is None


@pytest.mark.parametrize("before", [RUNNING, RAISED])
def test_a_trigger_that_repeats_does_not_put_it_off(before: Escalation) -> None:
    assert begin(before, AFTER, 1500.0) == before


def test_a_trigger_after_the_clock_was_set_back_begins_it_anew() -> None:
    assert begin(RUNNING, AFTER, 400.0) == Escalation(since=400.0, due_at=1000.0)


def test_it_is_raised_when_due_and_still_active() -> None:
    assert tick(RUNNING, 1600.0, active=True) == Step(status=RAISED, news=News.RAISED)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param(None, 5000.0, id="nothing runs"),
        pytest.param(RUNNING, 1599.9, id="not due yet"),
        pytest.param(RAISED, 5000.0, id="raised before"),
    ],
)
@pytest.mark.parametrize("active", [True, False])
def test_it_is_not_raised_otherwise(before: Escalation | None, now: float, active: bool) -> None:
    assert tick(before, now, active=active) == Step(status=before)


def test_it_ends_unsaid_when_due_and_no_longer_active() -> None:
    assert tick(RUNNING, 1600.0, active=False) == Step(status=None)


@pytest.mark.parametrize(("before", "news"), [(None, None), (RUNNING, None), (RAISED, News.RESOLVED)])
def test_the_clear_ends_it_and_resolves_what_was_raised(before: Escalation | None, news: News | None) -> None:
    assert clear(before) == Step(status=None, news=news)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, AFTER, None, id="nothing runs"),
        pytest.param(RUNNING, 60.0, Escalation(since=1000.0, due_at=1060.0), id="sooner"),
        pytest.param(RUNNING, 900.0, Escalation(since=1000.0, due_at=1900.0), id="later"),
        pytest.param(RUNNING, None, None, id="never"),
        pytest.param(RAISED, None, RAISED, id="raised before: until the clear"),
    ],
)
def test_another_rule_counts_from_the_trigger(
    before: Escalation | None, after: float | None, expected: Escalation | None
) -> None:
    assert change(before, after) == expected


@pytest.mark.parametrize(
    ("now", "due"),
    [
        pytest.param(1100.0, 1600.0, id="its time is still to come"),
        pytest.param(1590.0, 1590.0 + SETTLE, id="almost due: inputs report first"),
        pytest.param(9000.0, 9000.0 + SETTLE, id="overdue: inputs report first"),
        pytest.param(100.0, 100.0 + AFTER, id="the clock went back"),
    ],
)
def test_a_restart_does_not_begin_it_anew(now: float, due: float) -> None:
    assert resume(RUNNING, AFTER, now) == Escalation(since=1000.0, due_at=due)


@pytest.mark.parametrize("after", [AFTER, None])
def test_what_was_raised_is_still_raised_after_a_restart(after: float | None) -> None:
    assert resume(RAISED, after, 9000.0) == RAISED


@pytest.mark.parametrize(("before", "after"), [(None, AFTER), (None, None), (RUNNING, None)])
def test_a_restart_begins_nothing(before: Escalation | None, after: float | None) -> None:
    assert resume(before, after, 9000.0) is None


@pytest.mark.parametrize("kept", [RUNNING, RAISED])
def test_it_can_be_stored_as_it_is(kept: Escalation) -> None:
    assert decode(Escalation, json.loads(json.dumps(to_json(kept)))) == kept


@pytest.mark.parametrize("seconds", [None, 1, 600, 86_400])
def test_a_sensible_time_is_allowed(seconds: float | None) -> None:
    check_escalate_after(seconds)


@pytest.mark.parametrize("seconds", [0, -1, 0.5, 86_401, float("inf"), float("nan")])
def test_a_time_after_which_nothing_can_be_escalated_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidRuleError, match="escalate_after: from 1 to 86400"):
        check_escalate_after(seconds)


happenings = st.lists(st.tuples(st.sampled_from(("trigger", "clear", "tick", "restart")), st.integers(0, 400)))


@given(happenings)
def test_each_activity_is_raised_at_most_once_and_resolved_if_it_was(happened: list[tuple[str, int]]) -> None:
    status: Escalation | None = None
    now, since, raised = 0.0, None, False
    for what, seconds in happened:
        now += seconds
        step = Step(status=status)
        if what == "trigger":
            since = now if since is None else since
            step = Step(status=begin(status, AFTER, now))
        elif what == "tick":
            step = tick(status, now, active=since is not None)
        elif what == "restart":
            step = Step(status=resume(status, AFTER, now))
        else:
            step = clear(status)
            assert (step.news is News.RESOLVED) is raised
            since, raised = None, False
        if step.news is News.RAISED:
            assert not raised
            assert since is not None
            assert now - since >= AFTER
            raised = True
        status = step.status
        assert (status is not None) is (since is not None)


@given(st.floats(0, 10_000), st.floats(1, 86_400))
def test_what_stays_active_is_raised_when_its_time_has_come(triggered_at: float, after: float) -> None:
    status = begin(None, after, triggered_at)
    assert status is not None
    assert status.due_at is not None
    assert tick(status, status.due_at, active=True).news is News.RAISED
