"""Automations that wait for the alarm, for what stays active, and for what could not be told."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser
from custom_components.event_hub.engine.alarm.model import Mode, Partition, Zone
from custom_components.event_hub.telling_desk import EVENT_UNDELIVERED
from tests.integration.actions.kit import tell
from tests.integration.alarm.kit import ABORT, DOOR, HOME, PARTITION, SIREN_LIMIT, SMOKE, WINDOW, House

from .kit import Config, Done, automate, heard, target

PANEL = "alarm_control_panel.home"


def on(trigger: str, **options: Any) -> Config:
    """Return a trigger of the alarm."""
    return {"trigger": f"event_hub.{trigger}", "options": options}


async def test_arming_triggers_and_says_who_did_it(house: House, done: Done) -> None:
    await automate(house.home.hass, on("alarm_armed"))
    await house.arm()
    await heard(house.home)
    (told,) = done.triggers
    assert (told["name"], told["mode"], told["by"], told["entity_id"]) == ("Home", "away", "Ann's phone", PANEL)
    device = house.home.device("partition:home")
    assert device is not None
    assert told["device_id"] == device.id


async def test_arming_triggers_only_in_the_modes_that_are_chosen(house: House, done: Done) -> None:
    await automate(house.home.hass, on("alarm_armed", mode="night"))
    await house.arm(Mode.AWAY)
    await house.disarm()
    await house.arm(Mode.NIGHT)
    await heard(house.home)
    assert [told["mode"] for told in done.triggers] == ["night"]


async def test_a_partition_that_is_armed_again_after_its_alarm_was_not_armed_by_anybody(
    house: House, done: Done
) -> None:
    await automate(house.home.hass, on("alarm_armed"))
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.passes(SIREN_LIMIT + 1)
    assert house.phase == "armed"
    await heard(house.home)
    assert len(done.calls) == 1


async def test_disarming_triggers(house: House, done: Done) -> None:
    await automate(house.home.hass, on("alarm_disarmed"))
    await house.arm()
    await heard(house.home)
    assert done.calls == []
    await house.disarm()
    await heard(house.home)
    assert [told["by"] for told in done.triggers] == ["Ann"]


async def test_coming_in_triggers_pending(house: House, done: Done) -> None:
    await automate(house.home.hass, on("alarm_pending"))
    await house.arm()
    await house.opens(DOOR)
    await heard(house.home)
    assert [told["to"] for told in done.triggers] == ["pending"]


@pytest.mark.parametrize(("kind", "zones"), [(["burglary", "fire"], [WINDOW, SMOKE]), ("fire", [SMOKE])])
async def test_each_zone_that_alarms_triggers(house: House, done: Done, kind: Any, zones: list[str]) -> None:
    await automate(house.home.hass, on("alarm_triggered", kind=kind))
    await house.arm()
    await house.opens(WINDOW)
    await house.opens(SMOKE)
    await heard(house.home)
    assert [told["zone_name"] for told in done.triggers] == zones


async def test_a_silent_alarm_triggers_nothing_but_the_call_for_help(house: House, done: Done) -> None:
    await house.desk.async_set_partition(replace(PARTITION, zones={**PARTITION.zones, WINDOW: Zone(silent=True)}))
    await automate(house.home.hass, [on("alarm_triggered"), on("alarm_told_outside")])
    await house.arm()
    await house.opens(WINDOW)
    await heard(house.home)
    assert done.calls == []
    await house.passes(ABORT + 1)
    await heard(house.home)
    (told,) = done.triggers
    assert told["platform"] == "event_hub.alarm_told_outside"
    assert [alarm["zone"] for alarm in told["alarms"]] == [WINDOW]


async def test_a_forced_code_calls_for_help(house: House, done: Done) -> None:
    await house.desk.async_set_user(CodeUser(user_id="forced", name="Anna", duress=True), "9999")
    await automate(house.home.hass, on("alarm_told_outside"))
    await house.arm()
    await house.disarm("9999")
    await heard(house.home)
    assert [(told["duress"], told["by"]) for told in done.triggers] == [(True, "Anna")]
    # This is in the logbook.
    assert [told["description"] for told in done.triggers] == ["Home told something"]


async def test_a_false_alarm_triggers_cancelled(house: House, done: Done) -> None:
    await automate(house.home.hass, on("alarm_cancelled"))
    await house.arm()
    await house.opens(WINDOW)
    await house.passes(ABORT + 1)
    await house.disarm()
    await heard(house.home)
    assert [told["was_told_outside"] for told in done.triggers] == [True]


async def test_other_partitions_do_not_trigger_and_masters_do(house: House, done: Done) -> None:
    await house.desk.async_set_partition(Partition(partition_id="shed", name="Shed", zones={SMOKE: Zone()}))
    await house.desk.async_set_partition(Partition(partition_id="all", name="All", members=(HOME,)))
    await house.told()
    triggers = [
        {**on("alarm_armed"), "id": name, "target": target(house.home, f"partition:{name}")} for name in ("shed", "all")
    ]
    await automate(house.home.hass, triggers)
    await house.arm()
    await heard(house.home)
    assert [(told["id"], told["partition"]) for told in done.triggers] == [("all", HOME)]


async def test_what_stays_active_for_too_long_triggers_once(house: House, done: Done) -> None:
    await tell(house.home.hass, "set_rule", inputs=[SMOKE], escalate_after=600)
    await automate(house.home.hass, {**on("escalated"), "target": target(house.home, f"device:{SMOKE}")})
    await house.opens(SMOKE)
    await house.passes(601)
    await house.closes(SMOKE)
    await heard(house.home)
    (told,) = done.triggers
    assert (told["input"], told["name"], told["type"]) == (SMOKE, SMOKE, "raised")
    assert told["entity_id"] == "binary_sensor.smoke"


@pytest.mark.parametrize(("only", "told"), [(False, ["Door", "Home"]), (True, ["Home"])])
async def test_what_could_not_be_told_triggers(house: House, done: Done, only: bool, told: list[str]) -> None:
    await automate(house.home.hass, on("undelivered", critical=only))
    door = {"topic": "triggered", "label": "Door", "critical": False}
    alarm = {"topic": "alarm", "label": "Window", "partition_name": "Home", "partition": HOME, "critical": True}
    for data in (door, alarm):
        house.home.hass.bus.async_fire(EVENT_UNDELIVERED, data)
    await heard(house.home)
    assert [each["name"] for each in done.triggers] == told
