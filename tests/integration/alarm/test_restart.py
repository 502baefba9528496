"""What a restart finds: the state that was announced, with delays that ran on."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.engine.alarm.model import Action, Mode
from custom_components.event_hub.engine.alarm.status import Phase, Timer

from .kit import (
    ABORT,
    ANNS_CODE,
    DOOR,
    ENTRY,
    EXIT,
    HALL,
    HOME,
    PANEL,
    PARTITION,
    SETTLE,
    SIREN_LIMIT,
    SMOKE,
    WINDOW,
    House,
    journal_of,
)


async def arming(house: House) -> None:
    await house.arm(skip_delay=False)


async def armed(house: House) -> None:
    await house.arm(Mode.NIGHT)


async def pending(house: House) -> None:
    await house.arm()
    await house.opens_and_closes(DOOR)


async def triggered(house: House) -> None:
    await house.arm()
    await house.opens_and_closes(WINDOW)


async def silenced(house: House) -> None:
    await triggered(house)
    await house.desk.async_ask(HOME, Action.SILENCE, PANEL, code=ANNS_CODE)


async def fire_while_disarmed(house: House) -> None:
    await house.opens_and_closes(SMOKE)


async def walk_test(house: House) -> None:
    await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE)
    await house.opens_and_closes(HALL)


async def bypassed(house: House) -> None:
    await house.desk.async_ask(HOME, Action.BYPASS, PANEL, code=ANNS_CODE, zones=(WINDOW,))
    await house.arm()


async def locked_out(house: House) -> None:
    for _ in range(5):
        await house.refusal(Action.DISARM, code="0000")


async def disarmed_with_memory(house: House) -> None:
    await triggered(house)
    await house.disarm()


SITUATIONS = [
    arming,
    armed,
    pending,
    triggered,
    silenced,
    fire_while_disarmed,
    walk_test,
    bypassed,
    locked_out,
    disarmed_with_memory,
]


@pytest.mark.parametrize("situation", SITUATIONS)
async def test_a_restart_shows_what_was_announced_before(
    house: House, situation: Callable[[House], Awaitable[None]]
) -> None:
    await situation(house)
    await house.told()
    before, phase = house.shown, house.phase
    await house.restart()
    after = house.shown
    for field in ("mode", "siren", "alarm_kind", "memory", "bypassed", "forced", "walk", "lockout", "changed_by"):
        assert getattr(after, field) == getattr(before, field), field
    for timer in set(Timer) - {Timer.SETTLE}:
        assert after.due(timer) == before.due(timer), f"{timer} did not run on"
    assert house.phase is phase


async def test_time_that_passed_while_the_hub_was_down_counts(house: House, hass: HomeAssistant) -> None:
    await house.arm(skip_delay=False)
    assert await hass.config_entries.async_unload(house.home.entry.entry_id)
    house.clock.ahead += EXIT + 1
    assert await hass.config_entries.async_setup(house.home.entry.entry_id)
    await house.told()
    assert (house.phase, house.shown.mode) == (Phase.ARMED, Mode.AWAY)


async def test_an_entry_delay_that_ended_while_the_hub_was_down_alarms(house: House, hass: HomeAssistant) -> None:
    await pending(house)
    assert await hass.config_entries.async_unload(house.home.entry.entry_id)
    house.clock.ahead += ENTRY + 1
    house.sirens.clear()
    assert await hass.config_entries.async_setup(house.home.entry.entry_id)
    await house.told()
    assert (house.phase, house.sirens[-1]) == (Phase.TRIGGERED, True)


async def test_a_siren_that_sounded_sounds_on_and_ends_in_its_time(house: House) -> None:
    await triggered(house)
    house.sirens.clear()
    await house.passes(SIREN_LIMIT / 2)
    await house.restart()
    assert house.sirens == [True]
    await house.passes(SIREN_LIMIT / 2 + 1)
    assert (house.phase, house.sirens) == (Phase.ARMED, [True, False])


async def test_a_zone_that_opened_while_the_hub_was_down_alarms_once_it_has_settled(house: House) -> None:
    await house.arm()
    await house.restart()
    await house.opens(WINDOW)
    await house.passes(SETTLE + 1)
    assert house.phase is Phase.TRIGGERED


async def test_what_is_told_at_a_restart_is_told_to_the_entities_that_come_after_it(
    house: House, hass: HomeAssistant
) -> None:
    await triggered(house)
    assert await hass.config_entries.async_unload(house.home.entry.entry_id)
    house.clock.ahead += ABORT + 1
    heard: list[object] = []
    hass.bus.async_listen("event_hub_alarm", lambda event: heard.append(event.data))
    assert await hass.config_entries.async_setup(house.home.entry.entry_id)
    await house.told()
    alarms = house.shown.memory
    assert [alarm.outside for alarm in alarms] == ["no_channel"]
    assert any("outside" in str(data) for data in heard)


async def test_what_was_stored_but_not_told_outside_is_told_at_the_next_start(
    house: House, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await triggered(house)
    keeper = house.desk.keeper
    # As after a kill between the disk and the telling.
    monkeypatch.setattr(keeper, "_finish", keeper._held.remove)
    await house.clock.go_on(house.home, ABORT + 1)
    await keeper._journal.async_append({})
    monkeypatch.undo()
    assert await hass.config_entries.async_unload(house.home.entry.entry_id)
    kept = journal_of(house.home.entry, hass).read_text()
    assert '"TellOutside"' in kept
    heard: list[object] = []
    hass.bus.async_listen("event_hub_alarm", lambda event: heard.append(event.data["type"]))
    assert await hass.config_entries.async_setup(house.home.entry.entry_id)
    await house.told()
    assert len([one for one in heard if "outside" in str(one)]) == 1
    heard.clear()
    await house.restart()
    assert [one for one in heard if "outside" in str(one)] == [], "told once more although it was told"


@pytest.mark.logs_error("The alarm journal has something unreadable")
async def test_what_nobody_can_read_is_told_and_the_others_count(house: House, hass: HomeAssistant) -> None:
    await house.arm()
    await house.desk.keeper._journal.async_append({"status.shed": {"mode": "nowhere"}, "tell.1": 5})
    await house.restart()
    assert house.phase is Phase.ARMED
    assert "alarm_garbled_shed" in await issues_of(house, hass)


async def test_a_partition_that_is_gone_takes_its_state_with_it(house: House) -> None:
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.disarm()
    assert house.shown.memory
    await house.desk.async_remove_partition(HOME)
    await house.told()
    await house.restart()
    await house.set_up()
    await house.restart()
    assert (house.phase, house.shown.memory) == (Phase.DISARMED, ())


async def test_codes_stay_locked_for_a_partition_that_is_removed_and_set_up_again_after_a_restart(house: House) -> None:
    for _ in range(5):
        assert await house.refusal(Action.ARM, mode=Mode.AWAY, code="1111") == "code_wrong"
    await house.desk.async_remove_partition(HOME)
    await house.restart()
    assert HOME not in house.desk.partitions
    await house.desk.async_set_partition(PARTITION)
    await house.told()
    assert await house.refusal(Action.ARM, mode=Mode.AWAY, code=ANNS_CODE) == "locked_out"
    await house.restart()
    assert await house.refusal(Action.ARM, mode=Mode.AWAY, code=ANNS_CODE) == "locked_out"
    await house.passes(91)
    await house.arm(code=ANNS_CODE)
    assert house.phase is Phase.ARMED


async def test_codes_stay_locked_for_a_partition_that_only_the_journal_knows_of(house: House) -> None:
    for _ in range(5):
        assert await house.refusal(Action.ARM, mode=Mode.AWAY, code="1111") == "code_wrong"
    # As after a crash between the journal and the registry, of which the older was put back.
    house.home.hub.state.partitions.clear()
    await house.home.hub.async_save()
    await house.restart()
    await house.restart()
    await house.desk.async_set_partition(PARTITION)
    await house.told()
    assert await house.refusal(Action.ARM, mode=Mode.AWAY, code=ANNS_CODE) == "locked_out"


async def issues_of(house: House, hass: HomeAssistant) -> dict[str, object]:
    """Return the alarm's issues, once they are shown."""
    await house.passes(1)
    await hass.async_block_till_done()
    return dict(house.issues())
