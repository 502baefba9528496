"""Entities that become inputs and actions that become outputs, from the adopting to the lamp that is lit."""

from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
import voluptuous as vol

from custom_components.event_hub.wire.messages import InputReport, OutputReport
from tests.integration.kit import Home

from .kit import ask, refusal, tell

PIR = "binary_sensor.hall"
CRITICAL = {
    "title": "Alarm",
    "data": {
        "push": {"sound": {"name": "default", "critical": 1, "volume": 1.0}},
        "actions": [{"action": "SILENCE", "title": "Silence"}, {"action": "CALL", "title": "Call"}],
        "tags": ["alarm", None, True, 2],
    },
}


@pytest.fixture
def calls(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the calls of the action that is made an output."""
    return async_mock_service(hass, "notify", "phone")


@pytest.fixture
async def pir(home: Home) -> Home:
    """Return a home whose hall has a motion sensor that is an input and linked to a message to a phone."""
    home.hass.states.async_set(PIR, "off", {"device_class": "motion", "friendly_name": "Hall Motion"})
    await tell(home.hass, "adopt_input", entity_id=PIR, key="Hall", location="Ground Floor")
    await tell(home.hass, "adopt_output", key="Phone", action="notify.phone", data={"message": "{{ label }}"})
    await tell(home.hass, "link", inputs=["Hall"], outputs=["Phone"])
    return home


async def becomes(home: Home, state: str) -> None:
    """Let the motion sensor change."""
    home.hass.states.async_set(PIR, state, {"device_class": "motion", "friendly_name": "Hall Motion"})
    await home.told()


async def reasons(home: Home, key: str = "Hall") -> list[str]:
    """Return what was decided about an input, oldest first."""
    return [decision.reason for decision in reversed(await home.decisions(key))]


async def test_an_adopted_toggle_lights_an_adopted_lamp(home: Home) -> None:
    helpers = {"input_boolean": {"bell": {"name": "Bell"}, "lamp": {"name": "Lamp"}}}
    for domain, config in helpers.items():
        assert await async_setup_component(home.hass, domain, {domain: config})
    answer = await ask(home.hass, "adopt_input", entity_id="input_boolean.bell")
    assert answer == {"input": "input_boolean.bell"}
    target = {"entity_id": "input_boolean.lamp"}
    answer = await ask(home.hass, "adopt_output", key="Lamp", action="input_boolean.turn_on", target=target)
    assert answer == {"output": "Lamp"}
    await tell(home.hass, "link", inputs=["bell"], outputs=["lamp"])
    await home.hass.services.async_call("input_boolean", "turn_on", {"entity_id": "input_boolean.bell"}, blocking=True)
    await home.told()
    assert home.hass.states.is_state("input_boolean.lamp", "on")
    assert home.hub.state.output_status["Lamp"].command_status == "done"


async def test_an_adopted_template_sensor_triggers(home: Home) -> None:
    template = {"binary_sensor": {"name": "Too Warm", "state": "{{ states('sensor.attic') | float(0) > 30 }}"}}
    assert await async_setup_component(home.hass, "template", {"template": template})
    await home.hass.async_block_till_done()
    await tell(home.hass, "adopt_input", entity_id="binary_sensor.too_warm", key="Attic")
    home.hass.states.async_set("sensor.attic", "31")
    await home.told()
    assert await reasons(home, "Attic") == ["triggered"]


async def test_an_adopted_input_is_described_by_its_entity(pir: Home) -> None:
    record = pir.hub.state.inputs["Hall"]
    assert (record.label, record.type, record.location) == ("Hall Motion", "motion", "Ground Floor")
    assert (record.entity_id, record.enabled, record.source_id) == (PIR, True, "home_assistant")


async def test_adopting_again_changes_the_description_and_keeps_the_rest(pir: Home) -> None:
    await tell(pir.hass, "set_rule", inputs=["Hall"], latch=7)
    await pir.enable(inputs=("Hall",), enabled=False)
    await tell(pir.hass, "adopt_input", entity_id=PIR, key="Hall", label="Hallway", group="Inside")
    record = pir.hub.state.inputs["Hall"]
    assert (record.label, record.location, record.group) == ("Hallway", "Ground Floor", "Inside")
    assert (record.rule.latch, record.links, record.enabled) == (7.0, ("Phone",), False)


async def test_adopting_another_entity_under_the_same_key_follows_that_one(pir: Home, calls: list[ServiceCall]) -> None:
    pir.hass.states.async_set("binary_sensor.new", "off")
    await tell(pir.hass, "adopt_input", entity_id="binary_sensor.new", key="Hall")
    await becomes(pir, "on")
    assert not calls
    pir.hass.states.async_set("binary_sensor.new", "on")
    await pir.told()
    assert len(calls) == 1


async def test_an_entity_that_is_not_there_is_not_adopted(home: Home) -> None:
    said = await refusal(home.hass, "adopt_input", entity_id="binary_sensor.nowhere")
    assert "no device called binary_sensor.nowhere" in said
    assert "binary_sensor.nowhere" not in home.hub.state.inputs


async def test_a_key_of_another_device_is_not_taken(home: Home) -> None:
    home.hass.states.async_set(PIR, "off")
    await home.report(InputReport(device_key="Front Door", active=False), outputs=(OutputReport(device_key="Horn"),))
    taken = "key cannot be set to that: another device has it"
    assert await refusal(home.hass, "adopt_input", entity_id=PIR, key="Front Door") == taken
    assert await refusal(home.hass, "adopt_output", key="Horn", action="notify.phone") == taken
    assert home.hub.state.inputs["Front Door"].entity_id is None
    assert home.hub.state.outputs["Horn"].action is None


@pytest.mark.parametrize("key", [" ", "two\nlines", "\u0000"])
async def test_a_key_that_nobody_could_read_is_refused(home: Home, key: str) -> None:
    home.hass.states.async_set(PIR, "off")
    said = await refusal(home.hass, "adopt_input", entity_id=PIR, key=key)
    assert said == "key cannot be set to that: printable text that is not empty"


@pytest.mark.parametrize(
    "fields",
    [
        {"entity_id": "no entity"},
        {"entity_id": PIR, "key": ""},
        {"entity_id": PIR, "key": "k" * 256},
        {"entity_id": PIR, "colour": "red"},
        {},
    ],
)
async def test_fields_that_make_no_sense_are_refused(home: Home, fields: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        await ask(home.hass, "adopt_input", **fields)


async def test_what_is_active_when_it_is_adopted_does_not_trigger(home: Home) -> None:
    home.hass.states.async_set(PIR, "on")
    await tell(home.hass, "adopt_input", entity_id=PIR, key="Hall")
    await home.told()
    assert await reasons(home) == []


async def test_an_adopted_input_triggers_once_each_time_it_becomes_active(pir: Home, calls: list[ServiceCall]) -> None:
    await tell(pir.hass, "set_rule", inputs=["Hall"], latch=0)
    for state in ("on", "off", "on"):
        await becomes(pir, state)
    assert await reasons(pir) == ["triggered", "cleared", "triggered"]
    assert [call.data["message"] for call in calls] == ["Hall Motion", "Hall Motion"]


@pytest.mark.parametrize("silence", [STATE_UNAVAILABLE, STATE_UNKNOWN])
@pytest.mark.parametrize("state", ["on", "off"])
async def test_an_entity_that_goes_and_returns_as_it_was_does_not_trigger(
    pir: Home, calls: list[ServiceCall], silence: str, state: str
) -> None:
    await tell(pir.hass, "set_rule", inputs=["Hall"], latch=0)
    await becomes(pir, "on")
    if state == "off":
        await becomes(pir, "off")
    before = await reasons(pir)
    await becomes(pir, silence)
    await becomes(pir, state)
    assert await reasons(pir) == before
    assert len(calls) == 1


async def test_an_entity_that_is_removed_and_made_anew_as_it_was_does_not_trigger(pir: Home) -> None:
    await becomes(pir, "on")
    pir.hass.states.async_remove(PIR)
    await becomes(pir, "on")
    assert await reasons(pir) == ["triggered"]


async def test_an_entity_that_returns_active_but_went_clear_triggers(pir: Home, calls: list[ServiceCall]) -> None:
    await becomes(pir, STATE_UNAVAILABLE)
    await becomes(pir, "on")
    assert await reasons(pir) == ["triggered"]
    assert len(calls) == 1


async def test_adopted_devices_work_on_after_a_reload(pir: Home, calls: list[ServiceCall]) -> None:
    await pir.reload()
    await becomes(pir, "on")
    assert await reasons(pir) == ["triggered"]
    assert len(calls) == 1


async def test_an_entity_that_is_active_at_a_reload_does_not_trigger_again(pir: Home, calls: list[ServiceCall]) -> None:
    await tell(pir.hass, "set_rule", inputs=["Hall"], latch=0)
    await becomes(pir, "on")
    await pir.reload()
    assert await reasons(pir) == ["triggered"]
    assert len(calls) == 1


async def test_templates_know_the_input_that_triggered(home: Home, calls: list[ServiceCall]) -> None:
    home.hass.states.async_set(PIR, "off", {"friendly_name": "Hall Motion"})
    await tell(home.hass, "adopt_input", entity_id=PIR, key="Hall", location="Ground Floor")
    data = {
        "message": "{{ label }} ({{ input_key }}) in {{ location }}: {{ detail }}",
        "data": {"tag": "{{ command_id | length > 0 }}", "list": ["{{ label | upper }}", 5]},
    }
    await tell(home.hass, "adopt_output", key="Phone", action="notify.phone", data=data)
    await tell(home.hass, "link", inputs=["Hall"], outputs=["Phone"])
    await tell(home.hass, "trigger_input", input="Hall", detail="a test")
    await home.told()
    (call,) = calls
    assert call.data["message"] == "Hall Motion (Hall) in Ground Floor: a test"
    assert call.data["data"] == {"tag": True, "list": ["HALL MOTION", 5]}


async def test_a_template_that_fails_is_told_as_what_became_of_the_command(home: Home) -> None:
    await tell(home.hass, "adopt_output", key="Phone", action="notify.phone", data={"message": "{{ 1 / 0 }}"})
    answer = await ask(home.hass, "trigger_output", output="Phone")
    assert answer["commands"][0]["status"] == "undelivered"
    assert "division by zero" in answer["commands"][0]["detail"]


async def test_an_action_that_nobody_offers_is_told_as_what_became_of_the_command(home: Home) -> None:
    await tell(home.hass, "adopt_output", key="Phone", action="notify.nobody")
    answer = await ask(home.hass, "trigger_output", output="Phone")
    assert answer["commands"][0]["status"] == "undelivered"
    assert "notify.nobody" in answer["commands"][0]["detail"]


@pytest.mark.parametrize("reloaded", [False, True])
async def test_an_action_s_data_may_be_as_deep_as_a_phone_s_critical_message(
    home: Home, calls: list[ServiceCall], reloaded: bool
) -> None:
    target = {"entity_id": ["switch.one", "switch.two"], "area_id": "hall"}
    await tell(home.hass, "adopt_output", key="Phone", action="notify.phone", target=target, data=CRITICAL)
    if reloaded:
        await home.reload()
    await tell(home.hass, "trigger_output", output="Phone")
    (call,) = calls
    assert {name: call.data[name] for name in CRITICAL} == CRITICAL
    assert (call.data["entity_id"], call.data["area_id"]) == (["switch.one", "switch.two"], ["hall"])


def nested(depth: int) -> object:
    return "x" if depth == 0 else [nested(depth - 1)]


@pytest.mark.parametrize(
    "value",
    [b"bytes", {1, 2}, object(), {1: "a number as a name"}, nested(16)],
    ids=["bytes", "a set", "an object", "a number as a name", "too deep"],
)
async def test_data_that_could_not_be_kept_is_refused(home: Home, value: object) -> None:
    with pytest.raises((vol.Invalid, HomeAssistantError)):
        await ask(home.hass, "adopt_output", key="Phone", action="notify.phone", data={"data": value})
    assert home.hub.state.outputs == {}


async def test_data_may_be_as_deep_as_the_limit(home: Home) -> None:
    await tell(home.hass, "adopt_output", key="Phone", action="notify.phone", data={"data": nested(15)})
    before = home.hub.state.outputs["Phone"]
    await home.reload()
    assert home.hub.state.outputs["Phone"] == before


async def test_what_an_action_is_told_is_not_told_to_everybody(home: Home) -> None:
    await tell(home.hass, "adopt_output", key="Door", action="lock.unlock", data={"code": "1234"})
    answer = await ask(home.hass, "list_devices")
    (output,) = answer["outputs"]
    assert (output["key"], output["action"]["action"]) == ("Door", "lock.unlock")
    assert "1234" not in str(answer)
