"""What people automate on beside the panel."""

from dataclasses import replace
from typing import Final

from homeassistant.auth.models import User
from homeassistant.core import Context
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.event_hub.engine.alarm.model import CodeRules
from tests.integration.alarm.kit import ANNS_CODE, DOOR, ENTRY, EXIT, HOME, PARTITION, SMOKE, WINDOW, House

FREE: Final = replace(PARTITION, codes=CodeRules(disarm=False, change_mode=False, bypass=False))


def state(house: House, platform: str, key: str) -> str:
    """Return the state of one of the partition's entities."""
    return house.home.state(platform, f"partition:home:{key}").state


async def free(house: House) -> None:
    """Let nothing need a code."""
    await house.desk.async_set_partition(FREE)
    await house.told()


async def test_ready_follows_the_zones(house: House) -> None:
    assert state(house, "binary_sensor", "ready") == "on"
    await house.opens(WINDOW)
    assert state(house, "binary_sensor", "ready") == "off"
    await house.closes(WINDOW)
    assert state(house, "binary_sensor", "ready") == "on"


async def test_trouble_says_what_is_wrong(house: House) -> None:
    assert state(house, "binary_sensor", "trouble") == "off"
    await house.home.lose()
    await house.told()
    trouble = house.home.state("binary_sensor", "partition:home:trouble")
    assert trouble.state == "on"
    assert {"zone": WINDOW, "zone_name": WINDOW, "fault": "lost"} in trouble.attributes["what"]


async def test_the_siren_and_the_last_alarm_show(house: House) -> None:
    await house.arm()
    assert (state(house, "binary_sensor", "siren"), state(house, "sensor", "last_alarm")) == ("off", "unknown")
    await house.opens(WINDOW)
    assert state(house, "binary_sensor", "siren") == "on"
    last = house.home.state("sensor", "partition:home:last_alarm")
    assert last.state != "unknown"
    assert [(alarm["zone"], alarm["kind"]) for alarm in last.attributes["memory"]] == [(WINDOW, "burglary")]


async def test_the_end_of_a_delay_is_a_time_and_only_while_it_runs(house: House) -> None:
    await house.arm(skip_delay=False)
    assert state(house, "sensor", "delay_ends") != "unknown"
    await house.passes(EXIT + 1)
    assert state(house, "sensor", "delay_ends") == "unknown"
    await house.opens(DOOR)
    assert state(house, "sensor", "delay_ends") != "unknown"
    await house.passes(ENTRY + 1)
    assert state(house, "sensor", "delay_ends") == "unknown"


async def test_what_would_need_a_code_has_no_switch_or_button(house: House) -> None:
    coded = [
        ("switch", "partition:home:walk_test"),
        ("switch", f"zone:home:{WINDOW}:bypass"),
        ("button", "partition:home:acknowledge_alarm"),
        ("button", "partition:home:silence_siren"),
    ]
    assert [house.home.entity_id(*each) for each in coded] == [None] * 4
    await free(house)
    assert None not in [house.home.entity_id(*each) for each in coded]
    await house.desk.async_set_partition(PARTITION)
    await house.told()
    assert [house.home.entity_id(*each) for each in coded] == [None] * 4


async def test_buttons_silence_and_acknowledge(house: House) -> None:
    await free(house)
    await house.arm()
    await house.opens(WINDOW)
    await house.home.call("button", "press", "partition:home:silence_siren")
    assert (state(house, "binary_sensor", "siren"), house.sirens) == ("off", [True, False])
    await house.disarm(None)
    await house.home.call("button", "press", "partition:home:acknowledge_alarm")
    assert state(house, "sensor", "last_alarm") == "unknown"


async def test_the_button_that_calls_for_help_is_disabled_at_first_and_works_for_anybody(house: House) -> None:
    entry = er.async_get(house.home.hass).async_get("button.home_call_for_help")
    assert entry is not None
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    await house.home.enable_entity("button", "partition:home:alarm_panic")
    await house.home.call("button", "press", "partition:home:alarm_panic")
    await house.told()
    assert (state(house, "binary_sensor", "siren"), house.sirens[-1]) == ("on", True)


async def test_a_person_switches_the_walk_test_and_an_automation_does_not(house: House, hass_admin_user: User) -> None:
    await free(house)
    switch = {"entity_id": house.home.entity_id("switch", "partition:home:walk_test")}
    with pytest.raises(Exception, match="does not take that this way"):
        await house.home.hass.services.async_call("switch", "turn_on", switch, blocking=True)
    person = Context(user_id=hass_admin_user.id)
    await house.home.hass.services.async_call("switch", "turn_on", switch, blocking=True, context=person)
    await house.told()
    assert state(house, "switch", "walk_test") == "on"
    await house.home.hass.services.async_call("switch", "turn_off", switch, blocking=True, context=person)
    await house.told()
    assert state(house, "switch", "walk_test") == "off"


async def test_a_bypass_switch_is_disabled_at_first_and_named_by_its_zone(house: House) -> None:
    await free(house)
    unique_id = f"zone:home:{WINDOW}:bypass"
    assert house.home.entity_id("switch", unique_id) == "switch.home_bypass_window"
    await house.home.enable_entity("switch", unique_id)
    await house.report_all()
    await house.home.call("switch", "turn_on", unique_id)
    await house.told()
    assert house.home.state("switch", unique_id).state == "on"
    await house.arm()
    await house.opens(WINDOW)
    assert house.phase == "armed"
    await house.disarm(None)
    assert house.home.state("switch", unique_id).state == "off", "a bypass ends at disarm"


async def test_fire_has_no_bypass_switch_and_a_removed_zone_takes_its_own_along(house: House) -> None:
    await free(house)
    assert house.home.entity_id("switch", f"zone:home:{SMOKE}:bypass") is None
    assert house.home.entity_id("switch", f"zone:home:{WINDOW}:bypass") is not None
    await house.desk.async_remove_zone(HOME, WINDOW)
    await house.told()
    assert house.home.entity_id("switch", f"zone:home:{WINDOW}:bypass") is None


async def test_a_button_of_a_push_message_disarms_nothing_without_the_code(house: House) -> None:
    await house.arm()
    with pytest.raises(Exception, match="needs a code"):
        await house.home.hass.services.async_call(
            "alarm_control_panel", "alarm_disarm", {"entity_id": "alarm_control_panel.home"}, blocking=True
        )
    assert house.phase == "armed"
    await house.disarm(ANNS_CODE)
