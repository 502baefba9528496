"""What informational inputs tell waits for the end of quiet hours, and what stays active is escalated."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.deadlines import Timer
from custom_components.event_hub.engine.effects import DigestDue, Effect, EscalationRaised, EscalationResolved
from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.events import (
    DigestDelivered,
    EnabledSet,
    Forgotten,
    RuleSet,
    ScheduleSet,
    TimesChanged,
)
from custom_components.event_hub.engine.explain import explain
from custom_components.event_hub.engine.model import InputRule
from custom_components.event_hub.engine.settings import Settings
from custom_components.event_hub.engine.times.escalation import SETTLE
from custom_components.event_hub.engine.times.quiet_hours import QuietHours

from .clocks import BERLIN, NEW_YORK, unix
from .kit import Engine, decisions, only, reasons, sent
from .spans import schedule

EVENING = unix("2026-07-04T22:00:00+02:00")
MORNING = unix("2026-07-05T07:00:00+02:00")
HOUR = 3600.0
QUIETLY = InputRule(latch=0, informational=True)


@pytest.fixture
def engine() -> Engine:
    """Return an engine in quiet hours, with an informational door that is linked to a siren."""
    engine = Engine(Settings(zone=BERLIN))
    engine.now = EVENING
    engine.input("Door", QUIETLY)
    engine.output("Siren")
    engine.link("Door")
    return engine


def told(effects: tuple[Effect, ...]) -> list[tuple[int, int]]:
    """Return number and size of each digest told."""
    return [(effect.bundle.number, effect.bundle.count) for effect in effects if isinstance(effect, DigestDue)]


def escalations(effects: tuple[Effect, ...]) -> list[str]:
    """Return what was told of escalations."""
    return [type(one).__name__ for one in effects if isinstance(one, EscalationRaised | EscalationResolved)]


@pytest.mark.parametrize(
    ("informational", "at", "reason"),
    [
        (True, "2026-07-04T20:59:59+02:00", "triggered"),
        (True, "2026-07-04T21:00:00+02:00", "deferred"),
        (True, "2026-07-05T06:59:59+02:00", "deferred"),
        (True, "2026-07-05T07:00:00+02:00", "triggered"),
        (False, "2026-07-04T23:00:00+02:00", "triggered"),
    ],
)
def test_only_what_is_informational_is_held_back_and_only_in_quiet_hours(
    engine: Engine, informational: bool, at: str, reason: str
) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(informational=informational)))
    engine.now = unix(at)
    effects = engine.active()
    assert reasons(effects) == [reason]
    assert sent(effects) == (["Siren"] if reason == "triggered" else [])


def test_without_quiet_hours_nothing_is_held_back(engine: Engine) -> None:
    engine.state.settings = Settings(zone=BERLIN, quiet_hours=QuietHours(enabled=False))
    assert reasons(engine.active()) == ["triggered"]


def test_what_was_held_back_says_until_when(engine: Engine) -> None:
    (decision,) = decisions(engine.active())
    assert explain(decision) == (
        "It is informational, and these are quiet hours until Sun 07:00: it is told when they end."
    )


def test_the_digest_comes_once_when_quiet_hours_end(engine: Engine) -> None:
    for _ in range(3):
        engine.active()
        engine.wait(60)
    assert told(engine.wait(MORNING - engine.now - 1)) == []
    assert told(engine.wait(1)) == [(1, 3)]
    engine.post(DigestDelivered(number=1))
    assert told(engine.wait(48 * HOUR)) == []


def test_the_next_night_has_a_digest_of_its_own(engine: Engine) -> None:
    engine.active()
    engine.wait(MORNING - engine.now)
    engine.post(DigestDelivered(number=1))
    engine.wait(15 * HOUR)
    engine.active()
    assert told(engine.wait(9 * HOUR)) == [(2, 1)]


def test_a_digest_that_nobody_delivered_is_told_again_as_the_same(engine: Engine) -> None:
    engine.active()
    assert told(engine.wait(MORNING - engine.now)) == [(1, 1)]
    assert told(engine.wait(120)) == [(1, 1), (1, 1)]
    engine.post(DigestDelivered(number=1))
    assert told(engine.wait(HOUR)) == []


@pytest.mark.parametrize(
    ("away", "after"),
    [
        (HOUR, MORNING - EVENING),
        (9 * HOUR, 9 * HOUR + SETTLE),
        (12 * HOUR, 12 * HOUR + SETTLE),
        # Back in the next quiet hours: at the end of those.
        (24 * HOUR, MORNING - EVENING + 24 * HOUR),
    ],
)
def test_a_digest_outlasts_a_restart(engine: Engine, away: float, after: float) -> None:
    """What was missed is told once those who listen had time to start as well."""
    engine.active()
    engine.restart(after=away)
    assert told(engine.wait(EVENING + after - engine.now - 1)) == []
    assert told(engine.wait(1)) == [(1, 1)]


def test_a_digest_that_was_told_but_not_confirmed_before_a_restart_is_told_again(engine: Engine) -> None:
    engine.active()
    engine.wait(MORNING - engine.now)
    engine.restart(after=5)
    assert told(engine.wait(SETTLE)) == [(1, 1)]


def test_another_time_zone_moves_the_digest(engine: Engine) -> None:
    engine.active()
    engine.state.settings = Settings(zone=NEW_YORK)
    engine.post(TimesChanged())
    # It is four in the afternoon there.
    assert told(engine.wait(0)) == [(1, 1)]


def test_a_level_that_stays_is_held_back_once_a_latch(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(informational=True, latch=60)))
    for _ in range(60):
        engine.active(level=True)
        engine.wait(2)
    assert told(engine.wait(MORNING - engine.now)) == [(1, 2)]


def escalating(engine: Engine, seconds: float | None = 300.0) -> None:
    """Let the door escalate."""
    engine.post(RuleSet(input_key="Door", rule=InputRule(latch=0, hold=24 * HOUR, escalate_after=seconds)))


def test_what_stays_active_is_escalated_once_and_resolved_by_the_clear(engine: Engine) -> None:
    escalating(engine)
    engine.active()
    began = engine.now
    assert escalations(engine.wait(299)) == []
    raised = only(engine.wait(1), EscalationRaised)
    assert (raised.input_key, raised.since, raised.at) == ("Door", began, began + 300)
    assert escalations(engine.wait(HOUR)) == []
    engine.wait(10)
    resolved = only(engine.clear(), EscalationResolved)
    assert (resolved.input_key, resolved.since, resolved.at) == ("Door", began, engine.now)


def test_repeats_do_not_put_an_escalation_off(engine: Engine) -> None:
    escalating(engine)
    seen: list[str] = []
    for _ in range(40):
        engine.active()
        seen += escalations(engine.wait(10))
    assert seen == ["EscalationRaised"]


def test_what_is_clear_in_time_is_not_escalated(engine: Engine) -> None:
    escalating(engine)
    engine.active()
    engine.wait(299)
    assert escalations(engine.clear()) == []
    assert escalations(engine.wait(HOUR)) == []


def test_what_is_clear_by_its_hold_is_resolved_as_well(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(hold=600, escalate_after=300)))
    engine.active()
    assert escalations(engine.wait(HOUR)) == ["EscalationRaised", "EscalationResolved"]


def test_what_did_not_trigger_is_not_escalated(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(hold=24 * HOUR, informational=True, escalate_after=300)))
    assert reasons(engine.active()) == ["deferred"]
    assert escalations(engine.wait(HOUR)) == []


def test_what_was_raised_of_an_input_that_is_off_after_a_restart_is_resolved(engine: Engine) -> None:
    escalating(engine)
    engine.active()
    engine.wait(300)
    engine.state.inputs["Door"] = replace(engine.state.inputs["Door"], enabled=False)
    assert escalations(engine.restart(10)) == ["EscalationResolved"]
    assert engine.state.escalations == {}
    assert escalations(engine.wait(HOUR)) == []


@pytest.mark.parametrize("raised", [False, True])
@pytest.mark.parametrize(
    "event",
    [
        EnabledSet(inputs=("Door",), enabled=False),
        Forgotten(keys=("Door",)),
        ScheduleSet(inputs=("Door",), schedule=schedule(("", "12:00", "13:00"))),
    ],
)
def test_an_input_switched_off_or_forgotten_is_escalated_no_more(
    engine: Engine, event: EnabledSet | Forgotten | ScheduleSet, raised: bool
) -> None:
    escalating(engine)
    engine.active()
    engine.wait(300 if raised else 100)
    assert escalations(engine.post(event)) == (["EscalationResolved"] if raised else [])
    assert engine.state.escalations == {}
    assert escalations(engine.wait(HOUR)) == []


@pytest.mark.parametrize(("then", "due"), [(600.0, 600.0), (100.0, 200.0), (None, None)])
def test_another_rule_counts_from_the_trigger(engine: Engine, then: float | None, due: float | None) -> None:
    escalating(engine)
    engine.active()
    began = engine.now
    engine.wait(200)
    escalating(engine, then)
    raised = [effect.at for effect in engine.wait(HOUR) if isinstance(effect, EscalationRaised)]
    assert raised == ([] if due is None else [began + due])


def test_what_was_raised_is_resolved_although_the_rule_escalates_no_more(engine: Engine) -> None:
    escalating(engine)
    engine.active()
    engine.wait(300)
    escalating(engine, None)
    assert escalations(engine.clear()) == ["EscalationResolved"]


@pytest.mark.parametrize(("away", "due"), [(10.0, 300.0), (280.0, 280 + SETTLE), (HOUR, HOUR + SETTLE)])
def test_an_escalation_runs_on_over_a_restart(engine: Engine, away: float, due: float) -> None:
    """Its deadline stands, but inputs get time to say how they are."""
    escalating(engine)
    engine.active()
    began = engine.now
    engine.restart(after=away)
    raised = [effect.at - began for effect in engine.wait(2 * HOUR) if isinstance(effect, EscalationRaised)]
    assert raised == [due]


def test_what_was_raised_before_a_restart_is_not_raised_again_but_resolved(engine: Engine) -> None:
    escalating(engine)
    engine.active()
    engine.wait(300)
    engine.restart(after=60)
    assert escalations(engine.wait(HOUR)) == []
    assert escalations(engine.clear()) == ["EscalationResolved"]


@pytest.mark.parametrize("seconds", [0, 86_401, float("nan")])
def test_an_escalation_that_makes_no_sense_is_refused(engine: Engine, seconds: float) -> None:
    with pytest.raises(InvalidRuleError, match="escalate_after"):
        escalating(engine, seconds)


def test_nothing_is_due_for_inputs_that_neither_wait_nor_escalate(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule()))
    engine.active()
    timers = {timer for (timer, _), _ in engine.state.deadlines.items()}
    assert timers.isdisjoint({Timer.SCHEDULE, Timer.DIGEST, Timer.ESCALATION})
