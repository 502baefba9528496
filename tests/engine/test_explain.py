"""Every decision can be explained."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.model import Zone
from custom_components.event_hub.engine.events import EnabledSet, RuleSet
from custom_components.event_hub.engine.explain import explain
from custom_components.event_hub.engine.model import Decision, InputRule, OutputDecision, OutputReason, Reason
from custom_components.event_hub.wire.messages import InputReport

from .house import HOUSE, House
from .kit import Engine, decisions


def decided(reason: Reason, *outputs: OutputDecision) -> Decision:
    """Return a bare decision."""
    return Decision(decision_id="d", at=0.0, input_key="Door", reason=reason, active=True, outputs=outputs)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_even_without_its_numbers(reason: Reason) -> None:
    assert explain(decided(reason)).endswith(".")


@pytest.mark.parametrize("reason", list(OutputReason))
def test_every_reason_for_an_output_has_words(reason: OutputReason) -> None:
    assert explain(decided(Reason.TRIGGERED, OutputDecision(output_key="Siren", reason=reason))).startswith(
        "It triggered. Siren: "
    )


def test_the_numbers_behind_a_reason_are_told() -> None:
    engine = Engine()
    engine.input("Door", InputRule(confirm_count=2, confirm_within=10))
    (unconfirmed,) = decisions(engine.active("Door"))
    engine.post(RuleSet(input_key="Door", rule=InputRule()))
    engine.wait(1)
    engine.active("Door")
    engine.wait(12.4)
    (latched,) = decisions(engine.active("Door"))
    assert explain(unconfirmed) == "1 of the 2 activations needed within 10 s."
    assert explain(latched) == "It had triggered 12 s before; its latch is 60 s."


def test_a_trigger_without_outputs_says_so() -> None:
    engine = Engine()
    engine.report(InputReport(device_key="Door"))
    engine.post(EnabledSet(inputs=("Door",)))
    (decision,) = decisions(engine.active("Door"))
    assert explain(decision) == "It triggered, and is linked to no output."


def alarms(house: House, times: int) -> Decision:
    """Let the window open and close in an armed house; returns the last decision about it."""
    for _ in range(times):
        found = decisions(house.active("Window"))[0]
        house.clear("Window")
        house.wait(200)
    return found


def test_a_zone_that_is_silenced_after_its_alarms_says_so_until_its_partition_is_disarmed() -> None:
    house = House()
    house.armed()
    silenced = alarms(house, HOUSE.swinger_limit + 1)
    assert silenced.reason is Reason.NOT_ARMED
    assert explain(silenced) == f"It caused {HOUSE.swinger_limit} alarms: House has silenced it until it is disarmed."
    house.disarm()
    assert explain(alarms(house, 1)) == "No partition that has it as a zone watches it at the moment."


def test_nothing_says_that_a_silent_zone_had_its_alarms() -> None:
    house = House()
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Window": Zone(silent=True)}))
    house.armed()
    silenced = alarms(house, HOUSE.swinger_limit + 1)
    assert explain(silenced) == "No partition that has it as a zone watches it at the moment."
    assert silenced.facts == {}
