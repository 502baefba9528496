"""State is on disk before anybody is told; and what happens while the disk is slow, failing or full."""

import asyncio
from copy import deepcopy
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub import alarm_keeper
from custom_components.event_hub.engine.alarm.effects import Effect
from custom_components.event_hub.engine.alarm.model import Action, Mode, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.events import RuleSet
from custom_components.event_hub.engine.model import InputRule, Reason
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until

from .kit import ANNS_CODE, BUTTON, DOOR, HALL, HOME, PANEL, SIREN_LIMIT, WINDOW, Disk, House, journal_of


def turned(house: House, key: str) -> None:
    """Let a zone open, without waiting for anything."""
    house.home.inject(InputReport(device_key=key, active=True))


async def test_nothing_is_told_or_commanded_before_the_disk_has_it(disk: Disk, house: House) -> None:
    await house.arm()
    heard = house.hears()
    disk.hang()
    turned(house, WINDOW)
    await until(lambda: disk.busy)
    assert house.desk.standing(HOME).phase is Phase.TRIGGERED
    assert (house.phase, heard, house.sirens) == (Phase.ARMED, [], [])
    disk.go_on()
    await house.told()
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])
    assert heard != []


async def test_a_request_is_not_answered_before_the_disk_has_it(disk: Disk, house: House) -> None:
    disk.hang()
    asked = asyncio.create_task(house.desk.async_ask(HOME, Action.ARM, PANEL, mode=Mode.AWAY, skip_delay=True))
    await until(lambda: disk.busy)
    assert not asked.done()
    disk.go_on()
    await asked
    assert house.phase is Phase.ARMED


async def test_events_of_others_do_not_wait_for_the_alarms_disk(disk: Disk, house: House) -> None:
    await house.home.report(InputReport(device_key="Letterbox", active=False))
    await house.home.enable(inputs=("Letterbox",))
    await house.arm()
    disk.hang()
    turned(house, WINDOW)
    assert house.desk.keeper.waiting
    await house.home.report(InputReport(device_key="Letterbox", active=True))
    assert house.home.state("binary_sensor", "device:Letterbox:active").state == "on"
    disk.go_on()


async def test_an_input_is_not_told_to_be_clear_before_it_is_told_to_have_triggered(disk: Disk, house: House) -> None:
    await house.home.report(InputReport(device_key="Letterbox", active=False))
    await house.home.enable(inputs=("Letterbox",))
    await house.arm()
    disk.hang()
    # One message tells of a zone and of an input that is none.
    house.home.inject(InputReport(device_key=WINDOW, active=True), InputReport(device_key="Letterbox", active=True))
    house.home.inject(InputReport(device_key="Letterbox", active=False))
    disk.go_on()
    await house.told()
    told = await house.home.decisions("Letterbox")
    assert [decision.reason for decision in told] == [Reason.CLEARED, Reason.TRIGGERED]


async def test_what_is_held_back_is_told_in_order(disk: Disk, house: House) -> None:
    await house.arm()
    heard: list[Effect] = house.hears()
    disk.hang()
    turned(house, DOOR)
    turned(house, HALL)
    turned(house, WINDOW)
    disk.go_on()
    await house.told()
    zones = [zone for effect in heard if (zone := getattr(getattr(effect, "alarm", effect), "zone", None))]
    assert zones == sorted(zones, key=[DOOR, HALL, WINDOW].index)
    assert zones[-1] == WINDOW


@pytest.mark.logs_error("The disk does not answer")
async def test_a_disk_that_does_not_answer_keeps_no_siren_from_sounding(
    disk: Disk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm_keeper, "PATIENCE", 0.1)
    await house.arm()
    disk.hang()
    turned(house, WINDOW)
    await house.told()
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])
    # From now on nothing waits: one second is what an alarm costs, not one for each step.
    turned(house, DOOR)
    assert DOOR in house.shown.open
    await house.passes(1)
    assert "alarm_unstored" in house.issues()
    disk.go_on()
    await until(lambda: not house.desk.keeper._newest)
    await house.passes(1)
    assert house.issues() == {}


@pytest.mark.logs_error("No space left on device")
async def test_a_full_disk_keeps_no_siren_from_sounding_and_is_told(disk: Disk, house: House) -> None:
    await house.arm()
    disk.be_full()
    await house.opens(WINDOW)
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])
    await house.passes(1)
    issue = house.issues()["alarm_unstored"]
    assert issue.translation_placeholders is not None
    assert "No space left" in issue.translation_placeholders["detail"]


@pytest.mark.logs_error("No space left on device")
async def test_what_a_full_disk_did_not_take_is_on_it_once_there_is_space(
    disk: Disk, house: House, hass: HomeAssistant
) -> None:
    disk.be_full()
    await house.arm()
    disk.recover()
    await house.passes(alarm_keeper.RETRY_DELAY + 1)
    await until(lambda: not house.desk.keeper._newest)
    await house.passes(1)
    assert house.issues() == {}
    await house.restart()
    assert hass.is_running
    assert house.phase is Phase.ARMED


@pytest.mark.logs_error("No space left on device")
async def test_a_later_change_takes_along_what_the_disk_did_not_take(disk: Disk, house: House) -> None:
    disk.be_full()
    await house.arm()
    disk.recover()
    await house.opens_and_closes(WINDOW)
    await house.restart()
    assert house.phase is Phase.TRIGGERED


@pytest.mark.logs_error("No space left on device")
async def test_a_change_that_fails_is_not_put_over_a_newer_one(disk: Disk, house: House) -> None:
    disk.be_full()
    await house.arm()
    disk.recover()
    await house.disarm()
    await house.passes(alarm_keeper.RETRY_DELAY + 1)
    await house.restart()
    assert house.phase is Phase.DISARMED


async def test_what_moves_while_nothing_is_armed_needs_no_disk(disk: Disk, house: House) -> None:
    disk.hang()
    for _ in range(10):
        turned(house, HALL)
        assert house.shown.open == (HALL,)
        house.home.inject(InputReport(device_key=HALL, active=False))
        assert house.shown.open == ()
    assert (house.desk.keeper.waiting, disk.busy) == (0, 0)


async def test_what_moves_while_nothing_is_armed_is_written_by_and_by(disk: Disk, house: House) -> None:
    await house.opens(WINDOW)
    before = disk.appends
    await house.passes(alarm_keeper.LAZY_DELAY + 1)
    await until(lambda: disk.appends == before + 1)
    await house.passes(alarm_keeper.LAZY_DELAY + 1)
    assert disk.appends == before + 1


@pytest.mark.parametrize("seconds", [0.0, alarm_keeper.LAZY_DELAY + 1])
async def test_what_moved_while_nothing_was_armed_is_known_after_a_restart(house: House, seconds: float) -> None:
    await house.opens(WINDOW)
    await house.passes(seconds)
    await house.restart()
    assert house.shown.open == (WINDOW,)


async def test_an_older_movement_is_never_written_over_a_newer_state(house: House) -> None:
    await house.opens(WINDOW)
    await house.closes(WINDOW)
    await house.arm()
    await house.passes(alarm_keeper.LAZY_DELAY + 1)
    await house.restart()
    assert house.phase is Phase.ARMED


async def test_what_moves_while_an_arming_waits_for_the_disk_is_told_after_it(disk: Disk, house: House) -> None:
    disk.hang()
    asked = asyncio.create_task(house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE))
    await until(lambda: disk.busy)
    ended = asyncio.create_task(house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE, on=False))
    await until(lambda: house.desk.keeper.waiting == 2)
    turned(house, WINDOW)
    assert (house.desk.keeper.waiting, house.shown.open) == (3, ())
    disk.go_on()
    await asked
    await ended
    await house.told()
    assert house.shown.open == (WINDOW,)


async def test_a_large_alarm_memory_is_not_written_with_every_change(disk: Disk, house: House) -> None:
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.passes(SIREN_LIMIT + 1)
    memory = house.shown.memory
    assert memory
    disk.written.clear()
    await house.disarm()
    assert [key for key in disk.written if key.startswith("memory.")] == []
    assert all(b"memory" not in line for line in disk.written.values())
    await house.restart()
    assert house.shown.memory == memory
    disk.written.clear()
    await house.desk.async_ask(HOME, Action.ACKNOWLEDGE, PANEL, code=ANNS_CODE)
    assert "memory.home" in disk.written
    await house.restart()
    assert house.shown.memory == ()


async def test_an_end_of_the_hub_waits_for_what_is_held_back(disk: Disk, house: House) -> None:
    await house.arm()
    disk.hang()
    turned(house, WINDOW)
    ending = asyncio.create_task(house.home.hass.config_entries.async_unload(house.home.entry.entry_id))
    await until(lambda: disk.busy)
    disk.go_on()
    assert await ending
    assert house.sirens[0] is True
    assert await house.home.hass.config_entries.async_setup(house.home.entry.entry_id)
    await house.told()
    assert house.phase is Phase.TRIGGERED


async def test_the_journal_goes_with_the_integration(house: House, hass: HomeAssistant) -> None:
    await house.arm()
    path = house.desk.keeper._journal._path
    assert path.exists()
    assert await hass.config_entries.async_remove(house.home.entry.entry_id)
    await hass.async_block_till_done()
    assert not path.exists()


@pytest.mark.parametrize("kind", [ZoneKind.PANIC, ZoneKind.FIRE])
async def test_a_call_for_help_is_heard_after_a_crash_that_its_button_was_let_go_just_before(
    house: House, hass: HomeAssistant, hass_storage: dict[str, Any], kind: ZoneKind
) -> None:
    await house.home.report(InputReport(device_key=BUTTON, active=False))
    await house.home.enable(inputs=(BUTTON,))
    await house.home.post(RuleSet(input_key=BUTTON, rule=InputRule(latch=0)))
    await house.desk.async_set_zone(HOME, BUTTON, Zone(kind=kind))
    await house.opens(BUTTON)
    await house.disarm()
    assert await house.home.hub.async_save()
    await house.closes(BUTTON)
    # All that a kill leaves: the next press is still in RabbitMQ's queue.
    journal, status = journal_of(house.home.entry, hass), deepcopy(hass_storage["event_hub.status"])
    kept = journal.read_bytes()
    assert await hass.config_entries.async_unload(house.home.entry.entry_id)
    journal.write_bytes(kept)
    hass_storage["event_hub.status"] = status
    assert await hass.config_entries.async_setup(house.home.entry.entry_id)
    await house.told()
    assert house.phase is Phase.DISARMED
    await house.opens(BUTTON)
    assert house.phase is Phase.TRIGGERED
