"""One event, one decision (behaviour.md, 2)."""

import pytest

from custom_components.event_hub.engine.events import (
    EnabledSet,
    GroupRuleSet,
    OutputsSuspended,
    Pressed,
    RuleSet,
    ScheduleSet,
)
from custom_components.event_hub.engine.model import GroupRule, InputRule, OutputReason
from custom_components.event_hub.wire.messages import InputReport, MeterReading, ReportKind

from .kit import Engine, decisions, reasons, sent, source
from .spans import schedule


@pytest.fixture
def engine() -> Engine:
    """Return an engine with an enabled door linked to an enabled siren."""
    engine = Engine()
    engine.input("Door")
    engine.output("Siren")
    engine.link("Door")
    return engine


def test_an_active_input_triggers_and_commands_its_output(engine: Engine) -> None:
    effects = engine.active("Door", "opened")
    (decision,) = decisions(effects)
    assert (decision.reason, decision.detail) == ("triggered", "opened")
    assert [(output.output_key, output.reason) for output in decision.outputs] == [("Siren", "sent")]
    assert sent(effects) == ["Siren"]


def test_a_new_device_is_registered_but_switched_off() -> None:
    engine = Engine()
    assert reasons(engine.active("Window")) == ["disabled"]
    assert not engine.state.inputs["Window"].enabled


@pytest.mark.parametrize(
    ("age", "reason"),
    [(0, "triggered"), (119, "triggered"), (121, "stale"), (-59, "triggered"), (-61, "stale")],
)
def test_an_event_of_some_age_is(engine: Engine, age: float, reason: str) -> None:
    for _ in range(6):
        engine.heartbeat(sent_at=engine.now)
        engine.wait(5)
    report = InputReport(device_key="Door", active=True)
    assert reasons(engine.report(report, sent_at=engine.now - age)) == [reason]


def test_a_stale_event_changes_no_state_but_counts_as_life(engine: Engine) -> None:
    engine.heartbeat(sent_at=engine.now)
    engine.wait(20)
    engine.report(InputReport(device_key="Door", active=True), sent_at=engine.now - 200)
    assert "Door" not in engine.state.input_status
    assert engine.state.source_status["ioboard.board"].last_seen == engine.now


def test_an_input_that_is_only_named_is_registered_and_nothing_more(engine: Engine) -> None:
    engine.report(InputReport(device_key="Window"))
    assert "Window" in engine.state.inputs
    assert "Window" not in engine.state.input_status


def test_a_repeated_message_id_is_a_duplicate(engine: Engine) -> None:
    report = InputReport(device_key="Door", active=True)
    assert reasons(engine.report(report, message_id="1")) == ["triggered"]
    engine.wait(61)
    assert reasons(engine.report(report, message_id="1")) == ["duplicate"]
    assert reasons(engine.report(report, message_id="2")) == ["triggered"]


def test_one_sources_message_ids_do_not_mute_another(engine: Engine) -> None:
    other = source("other")
    engine.report(InputReport(device_key="Gate"), by=other)
    engine.post(EnabledSet(inputs=("Gate",)))
    engine.report(InputReport(device_key="Door", active=True), message_id="1")
    assert reasons(engine.report(InputReport(device_key="Gate", active=True), by=other, message_id="1")) == [
        "triggered"
    ]


def test_a_clear_ends_the_activity_and_keeps_the_latch(engine: Engine) -> None:
    engine.active("Door")
    engine.wait(10)
    (decision,) = decisions(engine.clear("Door"))
    assert (decision.reason, decision.facts["active_for"]) == ("cleared", 10)
    assert reasons(engine.active("Door")) == ["latched"]


def test_a_clear_input_that_says_clear_again_is_no_event(engine: Engine) -> None:
    assert reasons(engine.clear("Door")) == []
    assert engine.state.input_status["Door"].reports_clear


@pytest.mark.parametrize(("after", "reason"), [(59, "latched"), (60, "triggered")])
def test_a_latch_of_a_minute_ends_after_a_minute(engine: Engine, after: float, reason: str) -> None:
    engine.active("Door")
    engine.clear("Door")
    engine.wait(after)
    assert reasons(engine.active("Door")) == [reason]


def test_another_detail_passes_the_latch(engine: Engine) -> None:
    engine.active("Door", "opened")
    assert reasons(engine.active("Door", "tampered")) == ["triggered"]


def test_a_level_repeated_every_second_triggers_once_a_latch(engine: Engine) -> None:
    seen: list[str] = []
    for _ in range(121):
        seen += reasons(engine.active("Door", level=True))
        engine.wait(1)
    assert seen == ["triggered", "triggered", "triggered"]


def test_a_level_that_rises_again_is_an_activation(engine: Engine) -> None:
    engine.active("Door", level=True)
    engine.clear("Door")
    assert reasons(engine.active("Door", level=True)) == ["latched"]


def test_an_input_switched_on_while_active_triggers_with_its_next_report(engine: Engine) -> None:
    engine.post(EnabledSet(inputs=("Door",), enabled=False))
    engine.active("Door", level=True)
    engine.post(EnabledSet(inputs=("Door",)))
    engine.wait(1)
    assert reasons(engine.active("Door", level=True)) == ["triggered"]


def test_three_activations_in_time_confirm(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(confirm_count=3, confirm_within=10)))
    seen: list[str] = []
    for _ in range(3):
        seen += reasons(engine.active("Door"))
        engine.clear("Door")
        engine.wait(4)
    assert seen == ["unconfirmed", "unconfirmed", "triggered"]


def test_activations_too_far_apart_do_not_confirm(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(confirm_count=2, confirm_within=10)))
    seen: list[str] = []
    for _ in range(4):
        seen += reasons(engine.active("Door"))
        engine.wait(10)
    assert seen == ["unconfirmed"] * 4


def test_a_level_held_active_does_not_confirm_itself(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(confirm_count=2, confirm_within=30)))
    seen: list[str] = []
    for _ in range(20):
        seen += reasons(engine.active("Door", level=True))
        engine.wait(1)
    assert seen == ["unconfirmed"]


def test_a_group_wants_different_members() -> None:
    engine = Engine()
    for key in ("Hall", "Stairs"):
        engine.input(key, InputRule(latch=0), group="Inside")
    engine.post(GroupRuleSet(name="Inside", rule=GroupRule(name="Inside", count=2, within=30)))
    assert reasons(engine.active("Hall")) == ["unconfirmed"]
    assert reasons(engine.active("Hall")) == ["unconfirmed"]
    assert reasons(engine.active("Stairs")) == ["triggered"]
    engine.wait(31)
    assert reasons(engine.active("Hall")) == ["unconfirmed"]


def test_a_switched_off_member_does_not_count_for_its_group() -> None:
    engine = Engine()
    engine.input("Hall", group="Inside", enabled=False)
    engine.input("Stairs", group="Inside")
    engine.post(GroupRuleSet(name="Inside", rule=GroupRule(name="Inside", count=2, within=30)))
    engine.active("Hall")
    assert reasons(engine.active("Stairs")) == ["unconfirmed"]


def test_an_input_that_never_says_clear_is_cleared_after_its_hold(engine: Engine) -> None:
    engine.active("Door")
    engine.wait(20)
    engine.active("Door")
    assert reasons(engine.wait(29)) == []
    (decision,) = decisions(engine.wait(2))
    assert (decision.reason, decision.facts["hold"]) == ("cleared", 30)


def test_an_input_that_says_clear_is_never_cleared_by_its_hold(engine: Engine) -> None:
    engine.clear("Door")
    engine.active("Door")
    assert reasons(engine.wait(1000)) == []
    assert engine.state.input_status["Door"].active


def test_a_trigger_names_the_others_before_it_newest_first(engine: Engine) -> None:
    for key in ("Gate", "Yard"):
        engine.input(key)
    engine.active("Gate")
    engine.wait(200)
    engine.active("Yard", "person")
    engine.wait(99)
    (decision,) = decisions(engine.active("Door"))
    assert [(trigger.key, decision.at - trigger.at) for trigger in decision.recent] == [("Yard", 99), ("Gate", 299)]
    engine.wait(61)
    (decision,) = [d for d in decisions(engine.active("Door")) if d.reason == "triggered"]
    assert [trigger.key for trigger in decision.recent] == ["Yard"]


def test_a_device_that_does_not_say_is_no_event(engine: Engine) -> None:
    assert reasons(engine.report(InputReport(device_key="Door", value=12))) == []
    assert engine.state.input_status["Door"].value == 12


def test_a_heartbeat_never_triggers(engine: Engine) -> None:
    effects = engine.report(InputReport(device_key="Door", active=True), kind=ReportKind.HEARTBEAT)
    assert reasons(effects) == []


def test_panic_is_always_there_and_always_triggers() -> None:
    engine = Engine()
    engine.output("Siren")
    engine.link("Panic")
    for press in range(3):
        assert sent(engine.post(Pressed(input_key="Panic", press_id=str(press)))) == ["Siren"]


@pytest.mark.parametrize(
    ("rule", "reading", "active"),
    [
        (InputRule(low=100), 99, True),
        (InputRule(low=100), 100, False),
        (InputRule(high=100), 101, True),
        (InputRule(low=1, factor=0.001), 999, True),
        (InputRule(low=1, factor=0.001), 1000, False),
        (InputRule(low=1, factor=0.001, precision=0), 999, False),
    ],
)
def test_a_meter_outside_its_limits_is_active(rule: InputRule, reading: float, active: bool) -> None:
    engine = Engine()
    engine.input("Water Meter", rule)
    effects = engine.report(InputReport(device_key="Water Meter", meter=MeterReading(register=reading), level=True))
    assert reasons(effects) == (["triggered"] if active else [])


def test_a_meter_without_a_register_is_never_outside_its_limits() -> None:
    engine = Engine()
    engine.input("Water Meter", InputRule(low=100))
    meter = MeterReading(register=None, last_minute=1.0)
    assert reasons(engine.report(InputReport(device_key="Water Meter", value=1.0, meter=meter))) == []


def test_a_command_never_carries_the_image(engine: Engine) -> None:
    engine.report(InputReport(device_key="Door", active=True, image=b"\xff\xd8\xff"))
    (pending,) = engine.state.commands.values()
    assert pending.command.cause.image is None
    assert engine.state.input_status["Door"].image_at == engine.now


@pytest.mark.parametrize("reason", list(OutputReason))
def test_every_reason_for_an_output(engine: Engine, reason: OutputReason) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(latch=0)))
    match reason:
        case OutputReason.OUTPUT_DISABLED:
            engine.post(EnabledSet(outputs=("Siren",), enabled=False))
        case OutputReason.OFF_SCHEDULE:
            engine.post(ScheduleSet(outputs=("Siren",), schedule=schedule(("", "00:00", "01:00"))))
        case OutputReason.OUTPUTS_SUSPENDED:
            engine.post(OutputsSuspended(suspended=True))
        case OutputReason.INTERVAL:
            engine.options("Siren", interval=30)
            engine.active("Door")
            engine.wait(29)
        case OutputReason.UNKNOWN_OUTPUT:
            del engine.state.outputs["Siren"]
    effects = engine.active("Door")
    (decision,) = [decided for decided in decisions(effects) if decided.reason == "triggered"]
    assert [output.reason for output in decision.outputs] == [reason]
    assert sent(effects) == (["Siren"] if reason is OutputReason.SENT else [])


def test_an_output_may_be_used_again_after_its_interval(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(latch=0)))
    engine.options("Siren", interval=30)
    engine.active("Door")
    engine.wait(30)
    assert sent(engine.active("Door")) == ["Siren"]


def test_a_level_that_rose_within_the_latch_and_stays_active_triggers_when_the_latch_ends(engine: Engine) -> None:
    engine.active("Door", level=True)
    engine.clear("Door")
    engine.wait(50)
    assert reasons(engine.active("Door", level=True)) == ["latched"]
    engine.wait(9)
    assert reasons(engine.active("Door", level=True)) == []
    engine.wait(1)
    assert reasons(engine.active("Door", level=True)) == ["triggered"]


def test_a_level_that_is_repeated_after_its_latch_is_decided_once_a_latch(engine: Engine) -> None:
    seen = []
    for _ in range(0, 181, 10):
        seen += reasons(engine.active("Door", level=True))
        engine.wait(10)
    assert seen == ["triggered"] * 4


def test_a_meter_outside_its_limits_from_the_start_is_not_cleared_between_two_readings(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(high=10, latch=3600)))
    seen = []
    for _ in range(5):
        seen += reasons(engine.report(InputReport(device_key="Door", value=11)))
        seen += reasons(engine.wait(60))
    assert seen == ["triggered"]


def test_an_input_pressed_by_hand_becomes_clear_although_its_device_has_nothing_new_to_say(engine: Engine) -> None:
    engine.active("Door", level=True)
    engine.clear("Door")
    engine.wait(100)
    engine.post(Pressed(input_key="Door", press_id="1"))
    assert engine.state.input_status["Door"].active
    assert reasons(engine.wait(31)) == ["cleared"]


def test_a_device_that_is_active_itself_is_not_cleared_because_it_was_pressed_before(engine: Engine) -> None:
    engine.active("Door", level=True)
    engine.clear("Door")
    engine.wait(100)
    engine.post(Pressed(input_key="Door", press_id="1"))
    engine.active("Door", level=True)
    assert reasons(engine.wait(100)) == []
    assert engine.state.input_status["Door"].active


def test_pressing_an_input_that_is_active_does_not_clear_it(engine: Engine) -> None:
    engine.clear("Door")
    engine.active("Door", level=True)
    engine.clear("Door")
    engine.active("Door", level=True)
    engine.post(Pressed(input_key="Door", press_id="1"))
    assert reasons(engine.wait(100)) == []


def test_a_number_too_large_to_scale_measures_nothing(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(factor=1e300, high=10)))
    assert reasons(engine.report(InputReport(device_key="Door", value=1e300))) == []
    assert engine.state.input_status["Door"].value is None
