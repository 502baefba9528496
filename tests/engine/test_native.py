"""What native devices tell besides events: the states in heartbeats, tampering and faults, relays that are on."""

from dataclasses import replace
import itertools

import pytest

from custom_components.event_hub.engine.effects import CommandProgressed, Decided
from custom_components.event_hub.engine.events import EnabledSet, Pressed, Reported, RuleSet
from custom_components.event_hub.engine.model import Decision, InputRule, Reason
from custom_components.event_hub.wire.messages import Condition, Dialect, InputReport, OutputReport, Report, ReportKind

from .kit import Engine, source

BRIDGE = source("garage", "remote_monitor", Dialect.NATIVE)
DOOR = "Front Door"
NUMBERS = itertools.count()


def said(
    engine: Engine,
    *inputs: InputReport,
    kind: ReportKind = ReportKind.HEARTBEAT,
    sent_at: float | None = None,
    outputs: tuple[OutputReport, ...] = (),
    dialect: Dialect = Dialect.NATIVE,
) -> list[Decision]:
    """Let the bridge report, and return what was decided."""
    by = BRIDGE if dialect is Dialect.NATIVE else source("garage", "remote_monitor", dialect)
    report = Report(
        source=by,
        kind=kind,
        sent_at=engine.now if sent_at is None else sent_at,
        message_id=f"message {next(NUMBERS)}",
        inputs=inputs,
        outputs=outputs,
    )
    return [effect.decision for effect in engine.post(Reported(report=report)) if isinstance(effect, Decided)]


def door(*, active: bool | None, condition: Condition | None = None) -> InputReport:
    return InputReport(device_key=DOOR, active=active, condition=condition)


@pytest.fixture
def engine() -> Engine:
    """Return an engine that knows the bridge and watches its door."""
    engine = Engine()
    said(engine, door(active=False))
    engine.post(EnabledSet(inputs=(DOOR,), enabled=True))
    engine.wait(5)
    return engine


def test_a_heartbeat_heals_a_clear_that_was_lost(engine: Engine) -> None:
    (opened,) = said(engine, door(active=True), kind=ReportKind.EVENT)
    assert opened.reason is Reason.TRIGGERED
    engine.wait(5)
    (closed,) = said(engine, door(active=False))
    assert closed.reason is Reason.CLEARED
    assert not engine.state.input_status[DOOR].active


def test_a_heartbeat_triggers_for_an_event_that_was_lost_and_only_once(engine: Engine) -> None:
    (opened,) = said(engine, door(active=True))
    assert opened.reason is Reason.TRIGGERED
    for _ in range(100):
        engine.wait(5)
        assert said(engine, door(active=True)) == []


def test_a_heartbeat_that_an_event_overtook_changes_nothing(engine: Engine) -> None:
    before = engine.now
    engine.wait(0.2)
    said(engine, door(active=True), kind=ReportKind.EVENT)
    engine.wait(0.1)
    assert said(engine, door(active=False), sent_at=before) == []
    assert engine.state.input_status[DOOR].active


def test_a_heartbeat_that_is_too_old_changes_nothing(engine: Engine) -> None:
    assert said(engine, door(active=True), sent_at=engine.now - 1000) == []
    assert not engine.state.input_status[DOOR].active


def test_the_heartbeat_of_an_older_board_is_no_event() -> None:
    engine = Engine()
    said(engine, door(active=True), dialect=Dialect.CURRENT)
    assert not engine.state.input_status.keys() & {DOOR}


@pytest.mark.parametrize("kind", list(ReportKind))
def test_tampering_and_faults_are_kept_until_they_are_over(engine: Engine, kind: ReportKind) -> None:
    said(engine, door(active=None, condition=Condition(tamper=True, fault="The loop is cut")), kind=kind)
    status = engine.state.input_status[DOOR]
    assert (status.tamper, status.fault, status.active) == (True, "The loop is cut", False)
    assert engine.state.inputs[DOOR].has_condition
    engine.wait(5)
    said(engine, door(active=None), kind=kind)
    assert engine.state.input_status[DOOR].tamper
    said(engine, door(active=None, condition=Condition(tamper=False)), kind=kind)
    status = engine.state.input_status[DOOR]
    assert (status.tamper, status.fault) == (False, None)


def test_a_heartbeat_that_tells_nothing_new_writes_nothing_about_its_inputs(engine: Engine) -> None:
    condition = Condition(tamper=False)
    said(engine, door(active=False, condition=condition))
    before = engine.state.input_status[DOOR]
    engine.wait(5)
    said(engine, door(active=False, condition=condition))
    assert engine.state.input_status[DOOR] is before


def test_a_relay_that_is_off_again_has_not_failed(engine: Engine) -> None:
    relay = OutputReport(device_key="Siren", type="siren", params="5", is_on=False)
    said(engine, outputs=(relay,))
    assert engine.state.outputs["Siren"].has_state
    engine.post(EnabledSet(outputs=("Siren",), enabled=True))
    engine.link(DOOR, "Siren")
    said(engine, door(active=True), kind=ReportKind.EVENT)
    engine.wait(6)
    said(engine, outputs=(relay,))
    assert not any(isinstance(effect, CommandProgressed) for effect in engine.effects)
    assert engine.state.commands


def test_one_heartbeat_heals_every_input_and_its_copy_on_the_other_broker_none(engine: Engine) -> None:
    window = InputReport(device_key="Window", active=True)
    said(engine, door(active=False), window, kind=ReportKind.EVENT)
    engine.wait(5)
    report = Report(
        source=BRIDGE,
        kind=ReportKind.HEARTBEAT,
        sent_at=engine.now,
        message_id="once",
        inputs=(door(active=True), replace(window, active=False)),
    )
    decided = [effect.decision for effect in engine.post(Reported(report=report)) if isinstance(effect, Decided)]
    assert [(one.input_key, one.reason) for one in decided] == [(DOOR, Reason.TRIGGERED), ("Window", Reason.CLEARED)]
    engine.wait(0.1)
    assert engine.post(Reported(report=report)) == ()


def test_the_event_that_a_heartbeat_was_faster_than_is_no_second_one(engine: Engine) -> None:
    engine.post(RuleSet(input_key=DOOR, rule=InputRule(latch=0)))
    opened_at = engine.now
    engine.wait(1)
    (healed,) = said(engine, door(active=True))
    (late,) = said(engine, door(active=True), kind=ReportKind.EVENT, sent_at=opened_at)
    assert (healed.reason, late.reason) == (Reason.TRIGGERED, Reason.DUPLICATE)
    engine.wait(1)
    (again,) = said(engine, door(active=True), kind=ReportKind.EVENT)
    assert again.reason is Reason.TRIGGERED


@pytest.mark.parametrize(
    ("active", "value", "expected"),
    [(False, 90, Reason.TRIGGERED), (False, 50, None), (True, 50, None), (True, 90, Reason.TRIGGERED)],
)
def test_limits_say_what_a_heartbeat_means_as_they_do_of_an_event(
    engine: Engine, active: bool, value: float, expected: Reason | None
) -> None:
    engine.post(RuleSet(input_key=DOOR, rule=InputRule(high=80)))
    device = InputReport(device_key=DOOR, active=active, value=value)
    assert [decision.reason for decision in said(engine, device)] == ([expected] if expected else [])
    for _ in range(20):
        engine.wait(5)
        assert said(engine, device) == []


def test_a_clock_that_is_set_back_does_not_keep_heartbeats_from_healing(engine: Engine) -> None:
    said(engine, door(active=True), kind=ReportKind.EVENT)
    engine.now -= 3600
    said(engine, door(active=True))
    (closed,) = said(engine, door(active=False))
    assert closed.reason is Reason.CLEARED


def test_a_heartbeat_that_another_overtook_tells_nothing(engine: Engine) -> None:
    relay = OutputReport(device_key="Siren", is_on=True)
    before = engine.now
    engine.wait(1)
    said(engine, door(active=None, condition=Condition(tamper=True)), outputs=(relay,))
    said(
        engine,
        door(active=None, condition=Condition(tamper=False)),
        outputs=(replace(relay, is_on=False),),
        sent_at=before,
    )
    assert engine.state.input_status[DOOR].tamper
    assert engine.state.output_status["Siren"].is_on


def test_a_press_of_an_input_that_heartbeats_tell_of_ends_with_the_next_one(engine: Engine) -> None:
    engine.post(Pressed(input_key=DOOR, press_id="1"))
    assert engine.state.input_status[DOOR].active
    engine.wait(5)
    (released,) = said(engine, door(active=False))
    assert released.reason is Reason.CLEARED


def test_a_press_ends_after_its_hold_where_no_heartbeat_counts(engine: Engine) -> None:
    engine.post(Pressed(input_key=DOOR, press_id="1"))
    said(engine, door(active=False), sent_at=engine.now - 1000)
    engine.wait(31)
    assert not engine.state.input_status[DOOR].active
