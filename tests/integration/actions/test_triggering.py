"""Actions that command outputs, trigger inputs and switch both on and off."""

import asyncio

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.event_hub.engine.events import Linked, OutputsSuspended
from custom_components.event_hub.storage.activity import ActivityFilter
from tests.integration.kit import Home

from .kit import add_inputs, add_outputs, ask, refusal, tell


@pytest.fixture
def sirens(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the calls of the action that the outputs perform."""
    return async_mock_service(hass, "siren", "turn_on")


async def test_a_triggered_output_is_commanded_and_its_outcome_told(home: Home, sirens: list[ServiceCall]) -> None:
    await add_outputs(home, "Garage Siren")
    answer = await ask(home.hass, "trigger_output", output="Garage Siren", detail="a test")
    assert answer == {"commands": [{"output": "Garage Siren", "status": "done", "detail": None}]}
    assert len(sirens) == 1


async def test_an_output_is_triggered_without_an_answer_too(home: Home, sirens: list[ServiceCall]) -> None:
    await add_outputs(home, "Garage Siren")
    await tell(home.hass, "trigger_output", output="garage siren")
    assert len(sirens) == 1


@pytest.mark.parametrize("name", ["outside", "Outside", "  OUTSIDE  "])
async def test_every_output_of_a_group_is_commanded(home: Home, sirens: list[ServiceCall], name: str) -> None:
    await add_outputs(home, "Siren 1", "Siren 2", group="Outside")
    await add_outputs(home, "Siren 3")
    answer = await ask(home.hass, "trigger_output", output=name)
    assert [command["output"] for command in answer["commands"]] == ["Siren 1", "Siren 2"]
    assert len(sirens) == 2


async def test_an_output_is_commanded_by_its_label(home: Home, sirens: list[ServiceCall]) -> None:
    await add_outputs(home, "relay 4", label="Garden Horn")
    await tell(home.hass, "trigger_output", output="garden horn")
    assert len(sirens) == 1


async def test_a_slow_output_holds_up_no_other_of_its_group(home: Home) -> None:
    loud = asyncio.Event()

    async def wait_for_the_other(_: ServiceCall) -> None:
        await loud.wait()

    async def be_loud(_: ServiceCall) -> None:
        loud.set()

    home.hass.services.async_register("slow", "turn_on", wait_for_the_other)
    home.hass.services.async_register("siren", "turn_on", be_loud)
    await add_outputs(home, "Siren 1", action="slow.turn_on", group="All")
    await add_outputs(home, "Siren 2", group="All")
    async with asyncio.timeout(60):
        answer = await ask(home.hass, "trigger_output", output="All")
    assert [command["status"] for command in answer["commands"]] == ["done", "done"]


async def test_what_goes_wrong_with_an_output_is_told(home: Home) -> None:
    async_mock_service(home.hass, "siren", "turn_on", raise_exception=HomeAssistantError("no power"))
    await add_outputs(home, "Garage Siren")
    answer = await ask(home.hass, "trigger_output", output="Garage Siren")
    (command,) = answer["commands"]
    assert command["status"] == "undelivered"
    assert "no power" in command["detail"]


async def test_what_became_of_a_command_follows_what_was_decided(home: Home) -> None:
    @callback
    def at_once(_: ServiceCall) -> None:
        """Be done before anybody can wait for it."""

    home.hass.services.async_register("siren", "turn_on", at_once)
    await add_outputs(home, "Garage Siren")
    await tell(home.hass, "trigger_output", output="Garage Siren")
    await home.told()
    entries = await home.hub.activity.async_query(ActivityFilter(output_keys=("Garage Siren",)))
    told = [entry.data.get("status", entry.data.get("reason")) for entry in sorted(entries, key=lambda each: each.id)]
    assert told == ["sent", "requested", "done"]


async def test_an_output_that_is_switched_off_is_not_commanded(home: Home, sirens: list[ServiceCall]) -> None:
    await add_outputs(home, "Garage Siren")
    await home.enable(outputs=("Garage Siren",), enabled=False)
    said = await refusal(home.hass, "trigger_output", output="Garage Siren")
    assert said == 'Garage Siren is switched off in the hub. Switch on "Output enabled" of its device first'
    assert not sirens


async def test_suspended_outputs_are_not_commanded(home: Home, sirens: list[ServiceCall]) -> None:
    await add_outputs(home, "Garage Siren")
    await home.post(OutputsSuspended(suspended=True))
    said = await refusal(home.hass, "trigger_output", output="Garage Siren")
    assert (
        said == 'Garage Siren was not commanded, because all outputs are switched off: switch on "Outputs" of the hub'
    )
    assert not sirens


async def test_one_output_that_is_switched_off_does_not_keep_its_group_silent(
    home: Home, sirens: list[ServiceCall]
) -> None:
    await add_outputs(home, "Siren 1", "Siren 2", group="All")
    await home.enable(outputs=("Siren 1",), enabled=False)
    assert "Siren 1 is switched off" in await refusal(home.hass, "trigger_output", output="All")
    assert len(sirens) == 1


@pytest.mark.parametrize("action", ["trigger_output", "trigger_input"])
async def test_a_name_that_nothing_has_is_refused(home: Home, action: str) -> None:
    field = action.removeprefix("trigger_")
    said = await refusal(home.hass, action, **{field: "Cellar"})
    assert said == 'Event Hub knows no device called Cellar that fits here. The action "List devices" shows all of them'


async def test_a_triggered_input_reaches_its_outputs_and_says_so(home: Home, sirens: list[ServiceCall]) -> None:
    await add_inputs(home, "Front Door")
    await add_outputs(home, "Garage Siren")
    await home.post(Linked(inputs=("Front Door",), outputs=("Garage Siren",)))
    answer = await ask(home.hass, "trigger_input", input="front door", detail="a test")
    (decision,) = answer["decisions"]
    assert (decision["input_key"], decision["reason"], decision["detail"]) == ("Front Door", "triggered", "a test")
    assert decision["explanation"] == "It triggered. Garage Siren: commanded."
    await home.told()
    assert len(sirens) == 1


async def test_an_input_that_is_switched_off_says_why_it_does_not_trigger(home: Home) -> None:
    await add_inputs(home, "Front Door")
    await home.enable(inputs=("Front Door",), enabled=False)
    answer = await ask(home.hass, "trigger_input", input="Front Door")
    assert answer["decisions"][0]["explanation"] == "The input is switched off in the hub."


async def test_every_input_of_a_group_is_triggered(home: Home) -> None:
    await add_inputs(home, "Door", "Window", group="Ground Floor")
    answer = await ask(home.hass, "trigger_input", input="ground floor")
    assert [(decision["input_key"], decision["reason"]) for decision in answer["decisions"]] == [
        ("Door", "triggered"),
        ("Window", "triggered"),
    ]


@pytest.mark.parametrize(("action", "before"), [("enable", False), ("disable", True)])
async def test_devices_are_switched_by_key_label_and_group(home: Home, action: str, before: bool) -> None:
    await add_inputs(home, "Door", "Window", group="Ground Floor")
    await add_inputs(home, "Attic")
    await add_outputs(home, "relay 4", label="Garden Horn")
    await home.enable(inputs=("Door", "Window", "Attic"), outputs=("relay 4",), enabled=before)
    answer = await ask(home.hass, action, inputs=["ground floor"], outputs="GARDEN HORN")
    assert answer == {"inputs": ["Door", "Window"], "outputs": ["relay 4"]}
    state = home.hub.state
    assert [state.inputs[key].enabled for key in ("Door", "Window", "Attic")] == [not before, not before, before]
    assert state.outputs["relay 4"].enabled is not before


@pytest.mark.parametrize("action", ["enable", "disable"])
async def test_switching_nothing_is_refused(home: Home, action: str) -> None:
    assert await refusal(home.hass, action) == "Name at least one input or output"
    assert await refusal(home.hass, action, inputs=[], outputs=[]) == "Name at least one input or output"


async def test_one_unknown_name_leaves_the_others_as_they_were(home: Home) -> None:
    await add_inputs(home, "Door")
    await home.enable(inputs=("Door",), enabled=False)
    assert "no device called Cellar" in await refusal(home.hass, "enable", inputs=["Door", "Cellar"])
    assert not home.hub.state.inputs["Door"].enabled


async def test_an_output_s_name_is_no_input_s(home: Home) -> None:
    await add_outputs(home, "Garage Siren")
    assert "no device called Garage Siren" in await refusal(home.hass, "enable", inputs=["Garage Siren"])
