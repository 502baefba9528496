"""Entities of inputs, and what all entities have in common."""

import gc
from http import HTTPStatus
import time

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.event_hub.engine.events import InputAdopted, Linked, RuleSet
from custom_components.event_hub.engine.model import InputRecord, InputRule
from custom_components.event_hub.wire.messages import Condition, Dialect, InputReport, MeterReading

from .kit import Home, source

JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n another picture"
METER = source("esp-9", "meter", Dialect.ESP_METER)
BOARD = source("esp-1", "sensor", Dialect.ESP_SENSOR)

DOOR = "device:Front Door"


def door(*, active: bool | None = False, detail: str | None = None) -> InputReport:
    return InputReport(device_key="Front Door", label="Front Door", active=active, detail=detail)


def reading(register: float | None, last_minute: float | None = None) -> InputReport:
    meter = MeterReading(register=register, last_minute=last_minute)
    return InputReport(device_key="Water Meter", label="Water", type="meter", value=last_minute, meter=meter)


async def test_an_input_shows_whether_it_is_active(home: Home) -> None:
    await home.report(door(active=True))
    state = home.state("binary_sensor", f"{DOOR}:active")
    assert (state.state, state.name, state.attributes["device_class"]) == ("on", "Front Door", "door")
    await home.report(door(active=False))
    assert home.state("binary_sensor", f"{DOOR}:active").state == "off"


async def test_a_supervised_loop_shows_tampering_and_what_is_wrong_with_it(home: Home) -> None:
    await home.report(door())
    assert home.entity_id("binary_sensor", f"{DOOR}:tamper") is None
    cut = Condition(tamper=True, fault="The loop is cut")
    await home.report(InputReport(device_key="Front Door", active=True, value=99.8, condition=cut))
    assert home.state("binary_sensor", f"{DOOR}:tamper").state == "on"
    fault = home.state("binary_sensor", f"{DOOR}:fault")
    assert (fault.state, fault.attributes["detail"]) == ("on", "The loop is cut")
    short = Condition(tamper=True, fault="The loop has a short circuit")
    await home.report(InputReport(device_key="Front Door", active=True, condition=short))
    assert home.state("binary_sensor", f"{DOOR}:fault").attributes["detail"] == "The loop has a short circuit"
    await home.report(InputReport(device_key="Front Door", active=False, condition=Condition(tamper=False)))
    assert home.state("binary_sensor", f"{DOOR}:tamper").state == "off"
    fault = home.state("binary_sensor", f"{DOOR}:fault")
    assert (fault.state, fault.attributes["detail"]) == ("off", None)


async def test_the_level_of_a_loop_is_a_percentage_that_nobody_needs_at_first(home: Home) -> None:
    loop = InputReport(device_key="Hall", type="loop", active=False, value=50, condition=Condition(tamper=False))
    await home.report(loop)
    entity_id = home.entity_id("sensor", "device:Hall:value")
    entry = er.async_get(home.hass).async_get(entity_id or "")
    assert entry is not None
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    await home.enable_entity("sensor", "device:Hall:value")
    state = home.state("sensor", "device:Hall:value")
    assert (state.state, state.attributes["unit_of_measurement"]) == ("50.0", "%")


async def test_states_of_the_past_are_freed_without_a_garbage_collection(home: Home) -> None:
    told: list[str] = []
    home.hass.bus.async_listen(EVENT_STATE_CHANGED, callback(lambda event: told.append(event.event_type)))
    await home.report(door(active=True))
    gc.collect()
    gc.disable()
    try:
        for active in (False, True) * 10:
            await home.report(door(active=active))
        entity_id = home.state("binary_sensor", f"{DOOR}:active").entity_id
        kept = [one for one in gc.get_objects() if isinstance(one, State) and one.entity_id == entity_id]
    finally:
        gc.enable()
    assert len(told) >= 20
    assert len(kept) < 10


async def test_what_an_input_senses_follows_its_description(home: Home) -> None:
    await home.report(InputReport(device_key="Input 4", active=False))
    assert "device_class" not in home.state("binary_sensor", "device:Input 4:active").attributes
    await home.report(InputReport(device_key="Input 4", label="Hall PIR", active=False))
    assert home.state("binary_sensor", "device:Input 4:active").attributes["device_class"] == "motion"


async def test_an_input_of_a_lost_source_is_unavailable_until_it_is_back(home: Home) -> None:
    await home.report(door())
    await home.lose()
    assert home.state("binary_sensor", f"{DOOR}:active").state == STATE_UNAVAILABLE
    assert home.state("switch", f"{DOOR}:input_enabled").state == "off"
    await home.report()
    assert home.state("binary_sensor", f"{DOOR}:active").state == "off"


async def test_an_adopted_input_is_as_available_as_its_entity(home: Home) -> None:
    home.hass.states.async_set("binary_sensor.zigbee_pir", "off")
    record = InputRecord(
        key="Hall", source_id="", entity_id="binary_sensor.zigbee_pir", label="Hall", type="motion", enabled=True
    )
    await home.post(InputAdopted(record=record))
    assert home.state("binary_sensor", "device:Hall:active").state == "off"
    home.hass.states.async_set("binary_sensor.zigbee_pir", "unavailable")
    await home.hass.async_block_till_done()
    assert home.state("binary_sensor", "device:Hall:active").state == STATE_UNAVAILABLE
    home.hass.states.async_set("binary_sensor.zigbee_pir", "off")
    await home.hass.async_block_till_done()
    assert home.state("binary_sensor", "device:Hall:active").state == "off"


async def test_an_input_that_moves_to_another_source_is_lost_with_that_one(home: Home) -> None:
    camera = InputReport(device_key="Yard", label="Yard Camera", active=False)
    await home.report(camera, by=source("yard", "snapshot"))
    await home.report(camera, by=source("", "snapshot"))
    assert home.hub.state.inputs["Yard"].source_id == "snapshot"
    await home.lose(source("", "snapshot"))
    assert home.state("binary_sensor", "device:Yard:active").state == STATE_UNAVAILABLE


async def test_a_trigger_is_told_with_its_reason_its_outputs_and_what_came_before(home: Home) -> None:
    await home.report(door(), InputReport(device_key="Hall", label="Hall PIR", active=False))
    await home.enable(inputs=("Front Door", "Hall"))
    await home.report(InputReport(device_key="Hall", active=True))
    await home.report(door(active=True, detail="forced"))
    attributes = home.state("event", f"{DOOR}:trigger").attributes
    assert (attributes["event_type"], attributes["reason"], attributes["detail"]) == (
        "triggered",
        "triggered",
        "forced",
    )
    assert [(recent["input"], recent["label"]) for recent in attributes["recent"]] == [("Hall", "Hall PIR")]
    assert attributes["outputs"] == {}


async def test_a_trigger_tells_why_an_output_was_not_commanded(home: Home) -> None:
    await home.report(door())
    await home.enable(inputs=("Front Door",))
    await home.adopt_output("Siren", "test.siren", enabled=False)
    await home.post(Linked(inputs=("Front Door",), outputs=("Siren",)))
    await home.report(door(active=True))
    assert home.state("event", f"{DOOR}:trigger").attributes["outputs"] == {"Siren": "output_disabled"}


async def test_a_suppressed_activation_says_why(home: Home) -> None:
    await home.report(door())
    await home.report(door(active=True))
    attributes = home.state("event", f"{DOOR}:trigger").attributes
    assert (attributes["event_type"], attributes["reason"]) == ("suppressed", "disabled")


async def test_every_decision_of_a_burst_is_told(home: Home) -> None:
    await home.report(door())
    await home.enable(inputs=("Front Door",))
    written = home.writes()
    for active in (True, False, True):
        home.inject(door(active=active))
    await home.told()
    entity_id = home.entity_id("event", f"{DOOR}:trigger")
    told = [state.attributes["event_type"] for state in written if state.entity_id == entity_id]
    assert told == ["triggered", "cleared", "suppressed"]


async def test_an_input_is_switched_on_and_off_in_the_hub(home: Home) -> None:
    await home.report(door())
    assert home.state("switch", f"{DOOR}:input_enabled").state == "off"
    await home.call("switch", "turn_on", f"{DOOR}:input_enabled")
    assert home.hub.state.inputs["Front Door"].enabled
    assert home.state("switch", f"{DOOR}:input_enabled").state == "on"
    await home.call("switch", "turn_off", f"{DOOR}:input_enabled")
    assert not home.hub.state.inputs["Front Door"].enabled


async def test_the_last_trigger_is_a_time(home: Home) -> None:
    await home.report(door())
    await home.enable(inputs=("Front Door",))
    await home.enable_entity("sensor", f"{DOOR}:last_trigger")
    assert home.state("sensor", f"{DOOR}:last_trigger").state == STATE_UNKNOWN
    await home.report(door(active=True))
    triggered = home.hub.state.input_status["Front Door"].triggered_at
    assert triggered is not None
    shown = home.hass.states.get(home.entity_id("sensor", f"{DOOR}:last_trigger") or "")
    assert shown is not None
    assert shown.state == time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(triggered))


async def test_a_meter_counts_for_the_energy_dashboard(home: Home) -> None:
    await home.report(reading(1234.0), by=METER)
    await home.post(RuleSet(input_key="Water Meter", rule=InputRule(factor=0.001, precision=3, unit="m3")))
    await home.report(reading(1240.0), by=METER)
    state = home.state("sensor", "device:Water Meter:register")
    assert float(state.state) == pytest.approx(1.24)
    assert {name: state.attributes[name] for name in ("unit_of_measurement", "device_class", "state_class")} == {
        "unit_of_measurement": "m³",
        "device_class": "water",
        "state_class": "total",
    }
    assert home.entity_id("sensor", "device:Water Meter:value") is None


async def test_what_a_meter_counted_in_the_last_minute_is_there_for_those_who_want_it(home: Home) -> None:
    await home.report(reading(10.0, last_minute=3.0), by=METER)
    await home.enable_entity("sensor", "device:Water Meter:last_minute")
    await home.report(reading(14.0, last_minute=4.0), by=METER)
    assert float(home.state("sensor", "device:Water Meter:last_minute").state) == 4.0


async def test_a_value_appears_when_a_device_first_gives_one(home: Home) -> None:
    await home.report(InputReport(device_key="Tank", active=False))
    assert home.entity_id("sensor", "device:Tank:value") is None
    await home.report(InputReport(device_key="Tank", value=21.5))
    assert float(home.state("sensor", "device:Tank:value").state) == 21.5


async def test_the_level_of_a_door_is_disabled_at_first(home: Home) -> None:
    await home.report(InputReport(device_key="Front Door", active=True, value=100.0))
    entity = er.async_get(home.hass).async_get(home.entity_id("sensor", f"{DOOR}:value") or "")
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION


async def test_the_samples_of_a_sensor_board_are_disabled_at_first(home: Home) -> None:
    await home.report(InputReport(device_key="Hall PIR", active=False, level=True, value=17.0), by=BOARD)
    entity_id = home.entity_id("sensor", "device:Hall PIR:value")
    entity = er.async_get(home.hass).async_get(entity_id or "")
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION


async def test_a_camera_shows_its_newest_picture(home: Home, hass_client: ClientSessionGenerator) -> None:
    await home.frame("Yard", JPEG)
    client = await hass_client()
    for content, content_type in ((JPEG, "image/jpeg"), (PNG, "image/png")):
        await home.frame("Yard", content)
        answer = await client.get(f"/api/image_proxy/{home.entity_id('image', 'device:Yard:snapshot')}")
        assert (answer.status, answer.content_type) == (HTTPStatus.OK, content_type)
        assert await answer.read() == content


async def test_an_images_state_is_when_it_was_taken(home: Home) -> None:
    now = time.time()
    for taken_at in (now - 5, now):
        await home.frame("Yard", JPEG, taken_at)
        shown = dt_util.parse_datetime(home.state("image", "device:Yard:snapshot").state)
        assert shown is not None
        assert shown.timestamp() == pytest.approx(taken_at, abs=0.001)


async def test_a_picture_is_still_there_after_a_restart(home: Home) -> None:
    await home.frame("Yard", JPEG)
    before = home.state("image", "device:Yard:snapshot").state
    await home.reload()
    assert home.state("image", "device:Yard:snapshot").state[:19] == before[:19]


async def test_a_report_that_changes_nothing_writes_no_state(home: Home) -> None:
    await home.report(door(), InputReport(device_key="Hall", label="Hall PIR", active=False), by=BOARD)
    written = home.writes()
    await home.report(door(), InputReport(device_key="Hall", label="Hall PIR", active=False), by=BOARD)
    assert written == []
    await home.report(InputReport(device_key="Hall", active=True, level=True), by=BOARD)
    assert {state.entity_id for state in written} == {
        home.entity_id("binary_sensor", "device:Hall:active"),
        home.entity_id("event", "device:Hall:trigger"),
    }


async def test_entities_show_what_was_known_before_a_restart(home: Home) -> None:
    await home.report(InputReport(device_key="Tank", label="Tank", active=True, value=40.0))
    await home.reload()
    assert float(home.state("sensor", "device:Tank:value").state) == 40.0
    assert home.state("binary_sensor", "device:Tank:active").state == "on"
