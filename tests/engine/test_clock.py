"""The hub's clock, or a device's, is set while everything runs: nothing is muted by it."""

import pytest

from custom_components.event_hub.engine.events import GroupRuleSet
from custom_components.event_hub.engine.model import GroupRule, InputRule

from .kit import Engine, reasons, sent
from .test_commands import order, say, switches


@pytest.fixture
def engine() -> Engine:
    """Return an engine with an enabled door linked to an enabled siren."""
    engine = Engine()
    engine.input("Door")
    engine.output("Siren")
    engine.link("Door")
    return engine


@pytest.mark.parametrize("back", [0.5, 3600])
def test_an_output_without_an_interval_is_used_again_after_the_clock_was_set_back(engine: Engine, back: float) -> None:
    engine.input("Window")
    engine.link("Window")
    engine.active("Door")
    engine.now -= back
    assert sent(engine.active("Window")) == ["Siren"]


def test_an_interval_does_not_last_longer_because_the_clock_was_set_back(engine: Engine) -> None:
    engine.options("Siren", interval=30)
    engine.input("Window")
    engine.link("Window")
    engine.active("Door")
    engine.now -= 3600
    assert sent(engine.active("Window")) == ["Siren"]


def test_a_latch_does_not_last_longer_because_the_clock_was_set_back(engine: Engine) -> None:
    engine.active("Door")
    engine.clear("Door")
    engine.now -= 3600
    assert reasons(engine.active("Door")) == ["triggered"]


def test_a_level_held_active_triggers_again_after_the_clock_was_set_back(engine: Engine) -> None:
    engine.active("Door", level=True)
    engine.now -= 3600
    assert reasons(engine.active("Door", level=True)) == ["triggered"]


def test_a_latch_holds_when_the_clock_is_set_back_by_a_moment(engine: Engine) -> None:
    engine.active("Door")
    engine.now -= 0.5
    assert reasons(engine.active("Door")) == ["latched"]


def test_activations_from_before_the_clock_was_set_back_confirm_nothing_later() -> None:
    engine = Engine()
    engine.input("Door", InputRule(confirm_count=2, confirm_within=10))
    engine.active("Door")
    engine.now -= 3600
    assert reasons(engine.active("Door")) == ["unconfirmed"]


def test_members_from_before_the_clock_was_set_back_confirm_nothing_later() -> None:
    engine = Engine()
    for key in ("Door", "Window"):
        engine.input(key, group="Hall")
    engine.post(GroupRuleSet(name="Hall", rule=GroupRule(name="Hall", count=2, within=10)))
    engine.active("Door")
    engine.now -= 3600
    assert reasons(engine.active("Window")) == ["unconfirmed"]


def test_what_a_switch_board_says_counts_after_the_clock_was_set_back() -> None:
    engine = switches()
    order(engine, "Lamp", "on", "1")
    say(engine, pump=False, lamp=True)
    engine.now -= 3600
    say(engine, pump=False, lamp=False)
    assert order(engine, "Pump", "on", "2") == (True, False)


def test_a_hold_does_not_last_longer_because_the_hub_restarts_with_an_earlier_clock(engine: Engine) -> None:
    engine.active("Door")
    engine.restart(after=-3600)
    assert reasons(engine.wait(31)) == ["cleared"]
