"""What people set is checked, and changes nothing when it is wrong."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.errors import EngineError, InvalidRuleError, UnknownKeyError
from custom_components.event_hub.engine.events import (
    EnabledSet,
    Event,
    GroupRuleSet,
    Linked,
    OutputOptionsSet,
    OutputRequested,
    Pressed,
    RuleSet,
    SilenceLimitSet,
)
from custom_components.event_hub.engine.model import GroupRule, InputRule
from custom_components.event_hub.wire.messages import Dialect, InputReport

from .kit import Engine, reasons, source


@pytest.fixture
def engine() -> Engine:
    """Return an engine with a door and a siren, not linked."""
    engine = Engine()
    engine.input("Door")
    engine.output("Siren")
    return engine


@pytest.mark.parametrize(
    "event",
    [
        EnabledSet(inputs=("Door", "Nowhere"), enabled=False),
        EnabledSet(outputs=("Door",)),
        Linked(inputs=("Door",), outputs=("Nowhere",)),
        Linked(inputs=("Nowhere",), outputs=("Siren",)),
        RuleSet(input_key="Nowhere", rule=InputRule()),
        OutputOptionsSet(output_key="Nowhere", options={}),
        SilenceLimitSet(source_id="Nowhere", limit=60),
        OutputRequested(output_key="Nowhere", request_id="1"),
        Pressed(input_key="Nowhere", press_id="1"),
    ],
)
def test_an_unknown_key_is_named_and_nothing_changes(engine: Engine, event: Event) -> None:
    before = (dict(engine.state.inputs), dict(engine.state.outputs), dict(engine.state.sources))
    with pytest.raises(UnknownKeyError) as caught:
        engine.post(event)
    assert caught.value.key in ("Nowhere", "Door")
    assert (engine.state.inputs, engine.state.outputs, engine.state.sources) == before


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("latch", -1),
        ("latch", float("nan")),
        ("latch", 86_401),
        ("confirm_count", 0),
        ("confirm_within", 0),
        ("hold", 0),
        ("factor", 0),
        ("factor", float("inf")),
        ("precision", 7),
        ("high", float("nan")),
        ("unit", "x" * 256),
    ],
)
def test_a_rule_outside_its_limits_is_refused(engine: Engine, setting: str, value: float | str) -> None:
    rule = replace(InputRule(), **{setting: value})  # type: ignore[arg-type] # the point of the test
    with pytest.raises(InvalidRuleError) as caught:
        engine.post(RuleSet(input_key="Door", rule=rule))
    assert caught.value.setting == setting
    assert engine.state.inputs["Door"].rule == InputRule()


def test_limits_that_cross_are_refused(engine: Engine) -> None:
    with pytest.raises(InvalidRuleError, match="below the high limit"):
        engine.post(RuleSet(input_key="Door", rule=InputRule(low=5, high=5)))


@pytest.mark.parametrize(
    "options",
    [
        {"interval": -1},
        {"deadline": 0},
        {"params": "soon"},
        {"params": 5},
        {"colour": "red"},
        {"trigger_topic": "x" * 300},
    ],
)
def test_an_output_option_that_cannot_be_is_refused(engine: Engine, options: dict[str, float | str]) -> None:
    before = engine.state.outputs["Siren"]
    with pytest.raises(InvalidRuleError):
        engine.options("Siren", **options)
    assert engine.state.outputs["Siren"] == before


@pytest.mark.parametrize(
    ("dialect", "topic"),
    [
        pytest.param(Dialect.CURRENT, "ü" * 200, id="too long"),
        (Dialect.ESP_SWITCH, "siren/#"),
        (Dialect.ESP_SWITCH, "+/siren"),
        (Dialect.ESP_SWITCH, "siren\0"),
    ],
)
def test_a_topic_that_no_command_could_be_sent_to_is_refused(engine: Engine, dialect: Dialect, topic: str) -> None:
    engine.output("Horn", by=source("horns", dialect=dialect), channel=0)
    with pytest.raises(InvalidRuleError) as caught:
        engine.options("Horn", trigger_topic=topic)
    assert caught.value.setting == "trigger_topic"
    assert engine.state.outputs["Horn"].trigger_topic is None


def test_a_shorter_or_longer_hold_counts_for_an_input_that_is_active(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(hold=86_400)))
    engine.active("Door")
    engine.wait(20)
    engine.post(RuleSet(input_key="Door", rule=InputRule(hold=60)))
    engine.wait(39)
    assert engine.state.input_status["Door"].active
    engine.post(RuleSet(input_key="Door", rule=InputRule(hold=90)))
    engine.wait(30)
    assert engine.state.input_status["Door"].active
    engine.wait(2)
    assert not engine.state.input_status["Door"].active


def test_a_hold_that_is_over_by_another_rule_ends_at_once(engine: Engine) -> None:
    engine.post(RuleSet(input_key="Door", rule=InputRule(hold=86_400)))
    engine.active("Door")
    engine.wait(100)
    engine.post(RuleSet(input_key="Door", rule=InputRule(hold=30)))
    engine.wait(0)
    assert not engine.state.input_status["Door"].active


def test_parameters_set_by_a_person_win_over_those_advertised(engine: Engine) -> None:
    engine.options("Siren", params="7")
    engine.link("Door")
    engine.active("Door")
    (pending,) = engine.state.commands.values()
    assert pending.command.output.params == "7"


def test_links_are_made_once_in_order_and_removed(engine: Engine) -> None:
    engine.output("Lamp")
    engine.link("Door", "Siren")
    engine.link("Door", "Lamp", "Siren")
    assert engine.state.inputs["Door"].links == ("Siren", "Lamp")
    engine.post(Linked(inputs=("Door",), outputs=("Siren",), linked=False))
    assert engine.state.inputs["Door"].links == ("Lamp",)


@pytest.mark.parametrize("rule", [GroupRule(name="G", count=1, within=10), GroupRule(name="G", count=2, within=0)])
def test_a_group_rule_outside_its_limits_is_refused(engine: Engine, rule: GroupRule) -> None:
    with pytest.raises(EngineError):
        engine.post(GroupRuleSet(name="G", rule=rule))
    assert engine.state.groups == {}


def test_a_group_rule_can_be_removed(engine: Engine) -> None:
    engine.post(GroupRuleSet(name="G", rule=GroupRule(name="G", count=2, within=10)))
    engine.post(GroupRuleSet(name="G", rule=None))
    assert engine.state.groups == {}


def test_an_input_that_was_active_by_its_limits_becomes_clear_once_it_has_none(engine: Engine) -> None:
    engine.input("Tank")
    engine.post(RuleSet(input_key="Tank", rule=InputRule(high=10)))
    engine.report(InputReport(device_key="Tank", value=11))
    assert engine.state.input_status["Tank"].active
    engine.post(RuleSet(input_key="Tank", rule=InputRule()))
    engine.report(InputReport(device_key="Tank", value=12))
    assert reasons(engine.wait(31)) == ["cleared"]
