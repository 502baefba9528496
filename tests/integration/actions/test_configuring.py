"""Actions that link devices and set their rules."""

import math
from typing import Any

from homeassistant.core import ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
import voluptuous as vol

from custom_components.event_hub.engine.model import InputRule
from custom_components.event_hub.wire.messages import InputReport, OutputReport
from tests.integration.kit import Home, source

from .kit import add_inputs, add_outputs, ask, refusal, tell


def rule(home: Home, key: str) -> InputRule:
    return home.hub.state.inputs[key].rule


async def test_every_named_input_is_linked_to_every_named_output(home: Home) -> None:
    await add_inputs(home, "Door", "Window", group="Ground Floor")
    await add_outputs(home, "Siren 1", "Siren 2", group="Outside")
    answer = await ask(home.hass, "link", inputs=["ground floor"], outputs=["OUTSIDE"])
    both = ["Siren 1", "Siren 2"]
    assert answer == {"links": {"Door": both, "Window": both}}
    assert home.hub.state.inputs["Window"].links == ("Siren 1", "Siren 2")


async def test_a_linked_input_commands_its_output(home: Home) -> None:
    sirens: list[ServiceCall] = async_mock_service(home.hass, "siren", "turn_on")
    await add_inputs(home, "Door")
    await add_outputs(home, "Siren")
    await tell(home.hass, "link", inputs="Door", outputs="Siren")
    await tell(home.hass, "trigger_input", input="Door")
    await home.told()
    assert len(sirens) == 1


async def test_unlinking_leaves_the_other_links(home: Home) -> None:
    await add_inputs(home, "Door")
    await add_outputs(home, "Siren 1", "Siren 2")
    await tell(home.hass, "link", inputs=["Door"], outputs=["Siren 1", "Siren 2"])
    answer = await ask(home.hass, "unlink", inputs=["Door"], outputs=["Siren 1"])
    assert answer == {"links": {"Door": ["Siren 2"]}}


@pytest.mark.parametrize("action", ["link", "unlink"])
@pytest.mark.parametrize(("inputs", "outputs"), [("Cellar", "Siren"), ("Door", "Cellar"), ("Siren", "Siren")])
async def test_linking_what_is_not_there_is_refused(home: Home, action: str, inputs: str, outputs: str) -> None:
    await add_inputs(home, "Door")
    await add_outputs(home, "Siren")
    assert "Event Hub knows no device called" in await refusal(home.hass, action, inputs=inputs, outputs=outputs)
    assert home.hub.state.inputs["Door"].links == ()


@pytest.mark.parametrize(
    ("action", "named"),
    [
        *((action, {"inputs": [], "outputs": "Siren"}) for action in ("link", "unlink")),
        *((action, {"inputs": "Door", "outputs": []}) for action in ("link", "unlink")),
        ("set_rule", {"inputs": [], "latch": 5}),
    ],
)
async def test_what_names_nothing_is_refused(home: Home, action: str, named: dict[str, Any]) -> None:
    await add_inputs(home, "Door")
    await add_outputs(home, "Siren")
    assert await refusal(home.hass, action, **named) == "Name at least one input or output"


async def test_what_is_not_given_of_a_rule_stays(home: Home) -> None:
    await add_inputs(home, "Door")
    await tell(home.hass, "set_rule", inputs=["Door"], latch=5, unit="°C", low=1, high=2)
    answer = await ask(home.hass, "set_rule", inputs=["Door"], confirm_count="3", low=None)
    assert rule(home, "Door") == InputRule(latch=5.0, confirm_count=3, unit="°C", high=2.0)
    assert answer["rules"]["Door"]["confirm_count"] == 3


async def test_several_inputs_get_the_same_change_and_keep_the_rest(home: Home) -> None:
    await add_inputs(home, "Door", "Window", group="Ground Floor")
    await tell(home.hass, "set_rule", inputs=["Door"], hold=7)
    await tell(home.hass, "set_rule", inputs=["Ground Floor"], latch=5)
    assert (rule(home, "Door"), rule(home, "Window")) == (InputRule(latch=5.0, hold=7.0), InputRule(latch=5.0))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"latch": -1}, "latch cannot be set to that: from 0 to 86400"),
        ({"latch": math.nan}, "latch cannot be set to that: from 0 to 86400"),
        ({"latch": math.inf}, "latch cannot be set to that: from 0 to 86400"),
        ({"confirm_count": 0}, "confirm_count cannot be set to that: from 1 to 100"),
        ({"confirm_within": 0}, "confirm_within cannot be set to that: from 1 to 86400"),
        ({"hold": 0}, "hold cannot be set to that: from 1 to 86400"),
        ({"factor": 0}, "factor cannot be set to that: a number other than 0"),
        ({"factor": math.inf}, "factor cannot be set to that: a number other than 0"),
        ({"precision": 7}, "precision cannot be set to that: from 0 to 6"),
        ({"low": math.nan}, "low cannot be set to that: a number"),
        ({"low": 2, "high": 2}, "low cannot be set to that: below the high limit"),
        ({"unit": "u" * 256}, "unit cannot be set to that: at most 255 characters"),
    ],
)
async def test_a_rule_outside_its_limits_is_refused(home: Home, change: dict[str, Any], said: str) -> None:
    await add_inputs(home, "Door")
    assert await refusal(home.hass, "set_rule", inputs=["Door"], **change) == said
    assert rule(home, "Door") == InputRule()


@pytest.mark.parametrize("change", [{"latch": "long"}, {"confirm_count": math.inf}, {"confirm_count": math.nan}])
async def test_what_is_no_number_is_refused(home: Home, change: dict[str, Any]) -> None:
    await add_inputs(home, "Door")
    with pytest.raises(vol.Invalid):
        await ask(home.hass, "set_rule", inputs=["Door"], **change)


async def test_a_rule_that_does_not_fit_one_input_changes_none(home: Home) -> None:
    await add_inputs(home, "Door", "Window")
    await tell(home.hass, "set_rule", inputs=["Window"], high=10)
    assert "below the high limit" in await refusal(home.hass, "set_rule", inputs=["Door", "Window"], low=20)
    assert rule(home, "Door") == InputRule()


async def test_what_is_not_given_of_an_output_s_options_stays(home: Home) -> None:
    await add_outputs(home, "Siren")
    await tell(home.hass, "set_output", output="Siren", interval=30)
    answer = await ask(home.hass, "set_output", output="siren", deadline="60")
    record = home.hub.state.outputs["Siren"]
    assert (record.interval, record.deadline) == (30.0, 60.0)
    assert (answer["outputs"][0]["interval"], answer["outputs"][0]["deadline"]) == (30.0, 60.0)


async def test_parameters_are_set_and_taken_back_and_never_told(home: Home) -> None:
    await home.report(outputs=(OutputReport(device_key="Horn", params="3"),))
    answer = await ask(home.hass, "set_output", output="Horn", params="5", trigger_topic="event.trigger.other")
    record = home.hub.state.outputs["Horn"]
    assert (record.params, record.trigger_topic) == ("5", "event.trigger.other")
    shown = answer["outputs"][0]
    assert "params" not in shown
    assert (shown["has_params"], shown["has_advertised_params"]) == (True, True)
    await tell(home.hass, "set_output", output="Horn", params=None, trigger_topic=None)
    record = home.hub.state.outputs["Horn"]
    assert (record.params, record.trigger_topic) == (None, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"interval": -1}, "interval cannot be set to that: from 0 to 86400"),
        ({"deadline": 0}, "deadline cannot be set to that: from 1 to 600"),
        ({"trigger_topic": "t" * 256}, "trigger_topic cannot be set to that: at most 255 characters"),
    ],
)
async def test_an_output_s_options_outside_their_limits_are_refused(
    home: Home, change: dict[str, Any], said: str
) -> None:
    await add_outputs(home, "Siren")
    assert await refusal(home.hass, "set_output", output="Siren", **change) == said


async def test_parameters_that_a_device_would_die_of_are_refused_for_all(home: Home) -> None:
    await home.report(outputs=(OutputReport(device_key="Door Opener", group="All"),), by=source("hall", "opener"))
    await home.report(outputs=(OutputReport(device_key="Horn", group="All"),))
    assert (await refusal(home.hass, "set_output", output="All", params="loud")).startswith("params cannot be set")
    assert [record.params for record in home.hub.state.outputs.values()] == [None, None]


async def test_a_group_s_rule_is_set_and_removed(home: Home) -> None:
    await add_inputs(home, "Door", "Window", group="Ground Floor")
    answer = await ask(home.hass, "set_group_rule", group="Ground Floor", within=10)
    assert answer == {"groups": {"Ground Floor": {"name": "Ground Floor", "count": 2, "within": 10.0}}}
    alone = await ask(home.hass, "trigger_input", input="Door")
    both = await ask(home.hass, "trigger_input", input="Window")
    assert [answer["decisions"][0]["reason"] for answer in (alone, both)] == ["unconfirmed", "triggered"]
    assert await ask(home.hass, "remove_group_rule", group="Ground Floor") == {"groups": {}}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"within": 0}, "within cannot be set to that: from 1 to 86400"),
        ({"within": 10, "count": 1}, "count cannot be set to that: from 2 to 100"),
    ],
)
async def test_a_group_s_rule_outside_its_limits_is_refused(home: Home, values: dict[str, Any], said: str) -> None:
    assert await refusal(home.hass, "set_group_rule", group="Ground Floor", **values) == said
    assert home.hub.state.groups == {}


async def test_removing_a_rule_that_is_not_there_is_refused(home: Home) -> None:
    assert "no device called Attic" in await refusal(home.hass, "remove_group_rule", group="Attic")


async def test_a_silence_limit_is_set_and_given_back(home: Home) -> None:
    await home.report(InputReport(device_key="Door", active=False))
    answer = await ask(home.hass, "set_silence_limit", source="ioboard.garage", limit=45)
    assert answer == {"source": "ioboard.garage", "limit": 45.0}
    assert home.hub.state.sources["ioboard.garage"].silence_limit == 45.0
    await tell(home.hass, "set_silence_limit", source="ioboard.garage")
    assert home.hub.state.sources["ioboard.garage"].silence_limit is None


async def test_a_silence_limit_of_an_unknown_source_or_outside_its_limits_is_refused(home: Home) -> None:
    await home.report(InputReport(device_key="Door", active=False))
    assert "no device called cellar" in await refusal(home.hass, "set_silence_limit", source="cellar", limit=45)
    said = await refusal(home.hass, "set_silence_limit", source="ioboard.garage", limit=1)
    assert said == "silence_limit cannot be set to that: from 10 to 86400"
