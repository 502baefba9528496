"""Inputs and outputs are on and off as their schedules have it, and as somebody switched them meanwhile."""

from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.deadlines import Timer
from custom_components.event_hub.engine.errors import EngineError, InvalidRuleError, UnknownKeyError
from custom_components.event_hub.engine.events import (
    EnabledSet,
    Forgotten,
    OutputRequested,
    RuleSet,
    ScheduleSet,
    TimesChanged,
)
from custom_components.event_hub.engine.explain import explain
from custom_components.event_hub.engine.model import InputRule, OutputReason
from custom_components.event_hub.engine.settings import Settings
from custom_components.event_hub.engine.times.schedules import Override, Schedule, Span, enabled_at, override_counts
from custom_components.event_hub.wire.messages import InputReport, OutputReport, ReportKind

from .clocks import BERLIN, NEW_YORK, moments, unix, zones
from .kit import Engine, decisions, reasons, sent
from .spans import possible_schedules, schedule

NIGHT = schedule(("", "22:00", "06:00"))
DAY = schedule(("", "06:00", "22:00"))
ONLY_ON = schedule(("", "22:00", None))
# A Saturday in summer; the night before it is over, the next has not begun.
NOON = unix("2026-07-04T12:00:00+02:00")
HOUR = 3600.0


@pytest.fixture
def engine() -> Engine:
    """Return an engine in Berlin at noon, with a door and a siren of the ground floor, linked."""
    engine = Engine(Settings(zone=BERLIN))
    engine.now = NOON
    engine.input("Door", InputRule(latch=0), group="Ground Floor")
    engine.output("Siren")
    engine.link("Door")
    return engine


def at(engine: Engine, text: str) -> None:
    """Let time pass until the clock shows a time of day."""
    hours, minutes = (int(part) for part in text.split(":"))
    wanted = NOON + (hours - 12) * HOUR + minutes * 60
    while wanted < engine.now:
        wanted += 24 * HOUR
    engine.wait(wanted - engine.now)


def give(engine: Engine, wanted: Schedule | None, *, to: str = "Door") -> None:
    """Give an input a schedule."""
    engine.post(ScheduleSet(inputs=(to,), schedule=wanted))


def is_on(engine: Engine, key: str = "Door") -> bool:
    """Tell whether an input is on."""
    return engine.state.inputs[key].enabled


@pytest.mark.parametrize(
    ("time", "reason"),
    [("21:59", "off_schedule"), ("22:00", "triggered"), ("05:59", "triggered"), ("06:00", "off_schedule")],
)
def test_an_input_acts_within_its_schedule_only(engine: Engine, time: str, reason: str) -> None:
    give(engine, NIGHT)
    at(engine, time)
    assert is_on(engine) == (reason == "triggered")
    assert reasons(engine.active()) == [reason]


@pytest.mark.parametrize(
    ("wanted", "before", "after"),
    [(NIGHT, True, False), (DAY, False, True), (ONLY_ON, False, True), (None, False, False), (None, True, True)],
)
def test_a_schedule_counts_at_once(engine: Engine, wanted: Schedule | None, before: bool, after: bool) -> None:
    engine.post(EnabledSet(inputs=("Door",), enabled=before))
    give(engine, wanted)
    assert is_on(engine) == after


@pytest.mark.parametrize(("own", "groups", "on"), [(DAY, NIGHT, True), (NIGHT, DAY, False), (None, DAY, True)])
def test_its_own_schedule_counts_before_the_group_s(
    engine: Engine, own: Schedule | None, groups: Schedule, on: bool
) -> None:
    engine.post(ScheduleSet(groups=("Ground Floor",), schedule=groups))
    give(engine, own)
    assert is_on(engine) == on


def test_without_its_own_schedule_the_group_s_counts_again(engine: Engine) -> None:
    engine.post(ScheduleSet(groups=("Ground Floor",), schedule=NIGHT))
    give(engine, DAY)
    assert is_on(engine)
    give(engine, None)
    assert not is_on(engine)


def test_a_group_s_schedule_switches_inputs_and_outputs_of_it_and_no_others(engine: Engine) -> None:
    engine.input("Gate", group="Garden")
    engine.report(outputs=(OutputReport(device_key="Lamp", group="Ground Floor"),), kind=ReportKind.HEARTBEAT)
    engine.post(EnabledSet(outputs=("Lamp",)))
    engine.post(ScheduleSet(groups=("Ground Floor",), schedule=NIGHT))
    outputs = engine.state.outputs
    assert (is_on(engine), is_on(engine, "Gate"), outputs["Lamp"].enabled, outputs["Siren"].enabled) == (
        *(False, True),
        *(False, True),
    )
    at(engine, "22:00")
    assert (is_on(engine), is_on(engine, "Gate"), outputs["Lamp"].enabled, outputs["Siren"].enabled) == (
        *(True, True),
        *(True, True),
    )


def test_a_device_that_joins_a_group_follows_its_schedule(engine: Engine) -> None:
    engine.post(ScheduleSet(groups=("Ground Floor",), schedule=NIGHT))
    engine.input("Window")
    engine.report(InputReport(device_key="Window", group="Ground Floor"), kind=ReportKind.HEARTBEAT)
    assert not is_on(engine, "Window")
    at(engine, "22:00")
    assert is_on(engine, "Window")


def test_a_device_that_leaves_its_group_stays_as_it_is(engine: Engine) -> None:
    engine.post(ScheduleSet(groups=("Ground Floor",), schedule=NIGHT))
    engine.report(InputReport(device_key="Door", group="Attic"), kind=ReportKind.HEARTBEAT)
    at(engine, "22:00")
    assert not is_on(engine)


@pytest.mark.parametrize(("by_hand", "reason"), [(True, "triggered"), (False, "disabled")])
def test_what_is_switched_by_hand_holds_until_the_next_change(engine: Engine, by_hand: bool, reason: str) -> None:
    give(engine, NIGHT)
    engine.post(EnabledSet(inputs=("Door",), enabled=by_hand))
    at(engine, "21:59")
    assert reasons(engine.active()) == [reason]
    engine.clear()
    at(engine, "22:00")
    assert engine.state.inputs["Door"].override is None
    assert reasons(engine.active()) == ["triggered"]


def test_without_a_schedule_what_is_switched_by_hand_stays(engine: Engine) -> None:
    engine.post(EnabledSet(inputs=("Door",), enabled=False))
    assert engine.state.inputs["Door"].override is None
    engine.wait(48 * HOUR)
    assert not is_on(engine)


@pytest.mark.parametrize("away", [0.0, HOUR, 9 * HOUR + 60, 24 * HOUR])
def test_a_restart_makes_no_difference(engine: Engine, away: float) -> None:
    """Also for what somebody switched by hand, which a change during the absence ends."""
    running = Engine(Settings(zone=BERLIN))
    running.now = engine.now
    running.input("Door", InputRule(latch=0), group="Ground Floor")
    for one in (engine, running):
        one.post(ScheduleSet(groups=("Ground Floor",), schedule=NIGHT))
        one.wait(HOUR)
        one.post(EnabledSet(inputs=("Door",)))
    engine.restart(after=away)
    running.wait(away)
    for _ in range(30):
        assert (engine.now, engine.state.inputs["Door"].enabled) == (running.now, running.state.inputs["Door"].enabled)
        assert engine.state.inputs["Door"].override == running.state.inputs["Door"].override
        engine.wait(HOUR)
        running.wait(HOUR)


def test_an_event_that_comes_before_a_late_tick_sees_the_schedule_as_it_is(engine: Engine) -> None:
    give(engine, NIGHT)
    engine.post(ScheduleSet(outputs=("Siren",), schedule=NIGHT))
    engine.now = NOON + 10 * HOUR
    effects = engine.active()
    assert reasons(effects) == ["triggered"]
    assert sent(effects) == ["Siren"]


def test_a_clock_that_is_set_back_is_followed(engine: Engine) -> None:
    give(engine, NIGHT)
    at(engine, "23:00")
    assert is_on(engine)
    engine.now = NOON
    engine.post(TimesChanged())
    assert not is_on(engine)
    at(engine, "22:00")
    assert is_on(engine)


def test_another_time_zone_is_followed(engine: Engine) -> None:
    give(engine, NIGHT)
    engine.state.settings = Settings(zone=NEW_YORK)
    engine.now = NOON - 4 * HOUR  # 02:00 in New York
    engine.post(TimesChanged())
    assert is_on(engine)
    engine.wait(4 * HOUR)
    assert not is_on(engine)


@pytest.mark.parametrize(
    ("change", "last_off", "last_on"),
    [
        # 02:30 does not exist: the clock jumps from 02:00 to 03:00, where the span begins.
        ("2026-03-29", "2026-03-29T01:59:59+01:00", "2026-03-29T03:00:00+02:00"),
        # 02:30 exists twice: the first counts.
        ("2026-10-25", "2026-10-25T02:29:59+02:00", "2026-10-25T02:30:00+02:00"),
        # There are four nights of 28 February between those with a 29th.
        ("2028-02-29", "2028-02-29T02:29:59+01:00", "2028-02-29T02:30:00+01:00"),
    ],
)
def test_days_of_another_length_are_followed(change: str, last_off: str, last_on: str) -> None:
    engine = Engine(Settings(zone=BERLIN))
    engine.now = unix(f"{change}T00:00:00+00:00") - 12 * HOUR
    engine.input("Door", InputRule(latch=0))
    give(engine, schedule(("", "02:30", "04:00")))
    engine.wait(unix(last_off) - engine.now)
    assert reasons(engine.active()) == ["off_schedule"]
    engine.wait(unix(last_on) - engine.now)
    assert reasons(engine.active()) == ["triggered"]


def test_an_input_that_is_active_when_its_schedule_begins_acts_on_its_next_report(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(latch=24 * HOUR)))
    give(engine, NIGHT)
    engine.clear()
    assert reasons(engine.active(level=True)) == ["off_schedule"]
    at(engine, "22:00")
    assert reasons(engine.active(level=True)) == ["triggered"]


def test_an_output_outside_its_schedule_is_not_used(engine: Engine) -> None:
    engine.post(ScheduleSet(outputs=("Siren",), schedule=NIGHT))
    effects = engine.active()
    (decision,) = decisions(effects)
    assert decision.outputs[0].reason is OutputReason.OFF_SCHEDULE
    assert explain(decision) == "It triggered. Siren: the output is off by its schedule until Sat 22:00."
    assert sent(effects) == []
    (asked,) = decisions(engine.post(OutputRequested(output_key="Siren", request_id="1")))
    assert asked.outputs[0].reason is OutputReason.OFF_SCHEDULE


def test_an_output_switched_off_by_hand_is_said_to_be(engine: Engine) -> None:
    engine.post(ScheduleSet(outputs=("Siren",), schedule=DAY))
    engine.post(EnabledSet(outputs=("Siren",), enabled=False))
    (decision,) = decisions(engine.active())
    assert decision.outputs[0].reason is OutputReason.OUTPUT_DISABLED


def test_a_decision_says_until_when(engine: Engine) -> None:
    give(engine, NIGHT)
    (decision,) = decisions(engine.active())
    assert decision.facts == {"until": NOON + 10 * HOUR, "local": "Sat 22:00"}
    assert explain(decision) == "The input is off by its schedule until Sat 22:00."


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (ScheduleSet(inputs=("Door", "Nothing"), schedule=NIGHT), UnknownKeyError),
        (ScheduleSet(inputs=("Door",), outputs=("Nothing",), schedule=NIGHT), UnknownKeyError),
        (ScheduleSet(inputs=("Door",), groups=("Nothing",), schedule=NIGHT), UnknownKeyError),
        (ScheduleSet(inputs=("Door",), schedule=Schedule(spans=(Span(days=(), enable_at=0),))), InvalidRuleError),
    ],
)
def test_what_is_asked_in_vain_sets_nothing(engine: Engine, event: ScheduleSet, error: type[EngineError]) -> None:
    with pytest.raises(error):
        engine.post(event)
    assert engine.state.inputs["Door"].schedule is None
    assert is_on(engine)


def test_a_group_whose_devices_are_gone_can_lose_its_schedule(engine: Engine) -> None:
    engine.post(ScheduleSet(groups=("Ground Floor",), schedule=NIGHT))
    engine.post(Forgotten(keys=("Door",)))
    engine.post(ScheduleSet(groups=("Ground Floor",), schedule=None))
    assert engine.state.group_schedules == {}
    assert due(engine) == []


@pytest.mark.parametrize("schedule_of", ["input", "output"])
def test_nothing_is_due_for_a_device_that_is_forgotten(engine: Engine, schedule_of: str) -> None:
    key = "Door" if schedule_of == "input" else "Siren"
    engine.post(ScheduleSet(**{f"{schedule_of}s": (key,)}, schedule=NIGHT))
    assert due(engine) == [f"{schedule_of}:{key}"]
    engine.post(Forgotten(keys=(key,)))
    assert due(engine) == []


@pytest.mark.parametrize("empty", [None, Schedule()])
def test_nothing_is_due_without_a_schedule(engine: Engine, empty: Schedule | None) -> None:
    give(engine, NIGHT)
    assert due(engine) == ["input:Door"]
    give(engine, empty)
    assert due(engine) == []
    assert engine.state.inputs["Door"].schedule is None


def test_a_group_of_many_costs_one_deadline(engine: Engine) -> None:
    for number in range(50):
        engine.input(f"Window {number}", group="Ground Floor")
    engine.post(ScheduleSet(groups=("Ground Floor",), schedule=NIGHT))
    assert due(engine) == ["group:Ground Floor"]
    at(engine, "22:00")
    assert all(is_on(engine, f"Window {number}") for number in range(50))


def due(engine: Engine) -> list[str]:
    """Return whose schedules will change."""
    return [key for (timer, key), _ in engine.state.deadlines.items() if timer is Timer.SCHEDULE]


@given(
    wanted=possible_schedules,
    zone=zones,
    start=moments,
    doings=st.lists(st.tuples(st.sampled_from(("wait", "restart", "on", "off")), st.floats(0, 3 * 86_400)), max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_it_is_as_the_schedule_and_the_last_hand_have_it(
    wanted: Schedule, zone: ZoneInfo, start: float, doings: list[tuple[str, float]]
) -> None:
    engine = Engine(Settings(zone=zone))
    engine.now = start
    engine.input("Door")
    give(engine, wanted)
    by_hand: Override | None = None
    for what, seconds in doings:
        if what == "restart":
            engine.restart(after=seconds)
        elif what == "wait":
            engine.wait(seconds)
        else:
            engine.post(EnabledSet(inputs=("Door",), enabled=what == "on"))
            by_hand = Override(enabled=what == "on", at=engine.now)
        holds = by_hand is not None and override_counts(wanted, by_hand, engine.now, zone)
        assert is_on(engine) == (by_hand.enabled if by_hand and holds else enabled_at(wanted, engine.now, zone))
