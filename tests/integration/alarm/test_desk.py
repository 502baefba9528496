"""A day of an alarm, asked for at the desk."""

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.event_hub.alarm_desk import AlarmRefusedError, Requester
from custom_components.event_hub.engine.alarm.codes import Path
from custom_components.event_hub.engine.alarm.effects import AlarmRaised, Cancelled, PhaseChanged, TellOutside
from custom_components.event_hub.engine.alarm.model import Action, Mode, Partition
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.storage.activity import ActivityFilter

from .kit import ABORT, ANNS_CODE, DOOR, ENTRY, EXIT, HALL, HOME, PANEL, SIREN_LIMIT, WINDOW, House


async def test_arming_gives_time_to_leave_and_then_counts(house: House) -> None:
    await house.arm(skip_delay=False)
    assert house.phase is Phase.ARMING
    await house.passes(EXIT + 1)
    assert (house.phase, house.shown.mode) == (Phase.ARMED, Mode.AWAY)


async def test_coming_home_by_the_door_and_giving_the_code_sounds_nothing(house: House) -> None:
    await house.arm()
    await house.opens(DOOR)
    assert house.phase is Phase.PENDING
    await house.opens(HALL)
    await house.disarm()
    assert (house.phase, house.sirens.count(True)) == (Phase.DISARMED, 0)
    assert house.shown.changed_by is not None
    assert house.shown.changed_by.name == "Ann"


async def test_a_window_alarms_at_once_and_the_siren_is_commanded(house: House) -> None:
    await house.arm()
    await house.opens(WINDOW)
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])


async def test_nobody_who_disarms_in_time_lets_outside_be_told(house: House) -> None:
    await house.arm()
    heard = house.hears()
    await house.opens(DOOR)
    await house.passes(ENTRY + 1)
    assert house.phase is Phase.TRIGGERED
    await house.passes(ABORT + 1)
    (told,) = (effect for effect in heard if isinstance(effect, TellOutside))
    assert [alarm.zone for alarm in told.alarms] == [DOOR]
    await house.disarm()
    assert [effect.told for effect in heard if isinstance(effect, Cancelled)] == [True]
    assert house.sirens == [True, False]


async def test_the_siren_ends_by_itself_and_the_partition_stays_armed(house: House) -> None:
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.passes(SIREN_LIMIT + 1)
    assert (house.phase, house.shown.mode, house.sirens) == (Phase.ARMED, Mode.AWAY, [True, False])
    await house.opens(WINDOW)
    assert house.phase is Phase.TRIGGERED, "it disarmed itself after the siren"


async def test_what_is_open_is_refused_by_name_and_forced_on_request(house: House) -> None:
    await house.opens(WINDOW)
    with pytest.raises(AlarmRefusedError) as refused:
        await house.arm()
    assert refused.value.reason == "not_ready"
    assert refused.value.translation_placeholders is not None
    assert refused.value.translation_placeholders["zones"] == f"{WINDOW} (open)"
    assert [problem.zone for problem in house.desk.readiness(HOME, Mode.AWAY).blocking] == [WINDOW]
    await house.desk.async_ask(HOME, Action.ARM, PANEL, mode=Mode.AWAY, force=True, skip_delay=True, code=ANNS_CODE)
    assert (house.phase, house.shown.forced) == (Phase.ARMED, (WINDOW,))


async def test_a_request_returns_once_it_is_announced(house: House) -> None:
    await house.desk.async_ask(HOME, Action.ARM, PANEL, mode=Mode.NIGHT)
    assert house.phase is Phase.ARMING


async def test_who_listens_hears_of_every_change_after_it_is_shown(house: House) -> None:
    seen: list[Phase] = []
    effects: list[tuple[str, Phase]] = []
    stop = house.desk.listen(HOME, lambda: seen.append(house.phase))
    house.desk.listen_effects(lambda _, effect: effects.append((type(effect).__name__, house.phase)))
    await house.arm()
    await house.opens(WINDOW)
    assert seen[0] is Phase.ARMED
    assert seen[-1] is Phase.TRIGGERED
    assert (PhaseChanged.__name__, Phase.ARMED) in effects
    assert (AlarmRaised.__name__, Phase.TRIGGERED) in effects
    stop()
    seen.clear()
    await house.disarm()
    assert seen == []


@pytest.mark.logs_error("Something that shows the alarm failed")
async def test_one_that_fails_to_listen_keeps_nobody_from_hearing(house: House) -> None:
    def fail() -> None:
        raise RuntimeError("an entity of ours is broken")

    seen: list[Phase] = []
    house.desk.listen(HOME, fail)
    house.desk.listen(HOME, lambda: seen.append(house.phase))
    await house.arm()
    assert seen == [Phase.ARMED]


async def test_readiness_is_told_again_when_a_door_closes(house: House) -> None:
    ready: list[bool] = []
    house.desk.listen(HOME, lambda: ready.append(house.desk.readiness(HOME, Mode.AWAY).ready))
    await house.opens(WINDOW)
    await house.closes(WINDOW)
    assert ready[0] is False
    assert ready[-1] is True


async def test_partitions_that_come_change_and_go_are_told(house: House) -> None:
    told: list[tuple[str, ...]] = []
    house.desk.listen_all(lambda: told.append(tuple(house.desk.partitions)))
    await house.desk.async_set_partition(Partition(partition_id="shed", name="Shed"))
    await house.told()
    await house.desk.async_remove_partition("shed")
    await house.told()
    assert told == [(HOME, "shed"), (HOME,)]


async def test_a_master_shows_and_arms_its_members(house: House) -> None:
    seen: list[Phase] = []
    await house.desk.async_set_partition(Partition(partition_id="all", name="All", members=(HOME,)))
    await house.told()
    house.desk.listen("all", lambda: seen.append(house.desk.view("all").phase))
    await house.desk.async_ask("all", Action.ARM, PANEL, mode=Mode.AWAY, skip_delay=True)
    assert (house.phase, house.desk.view("all").phase, seen) == (Phase.ARMED, Phase.ARMED, [Phase.ARMED])
    await house.desk.async_ask("all", Action.DISARM, PANEL, code=ANNS_CODE)
    assert house.phase is Phase.DISARMED


async def test_an_unknown_partition_is_refused(house: House) -> None:
    with pytest.raises(AlarmRefusedError) as refused:
        await house.desk.async_ask("attic", Action.DISARM, PANEL, code=ANNS_CODE)
    assert refused.value.reason == "unknown_partition"


async def test_an_alarmed_partition_is_removed_once_it_is_disarmed_and_its_siren_silent(house: House) -> None:
    await house.arm()
    await house.opens(WINDOW)
    with pytest.raises(ServiceValidationError):
        await house.desk.async_remove_partition(HOME)
    assert house.sirens == [True]
    await house.disarm()
    await house.desk.async_remove_partition(HOME)
    await house.told()
    assert house.sirens == [True, False]
    await house.restart()
    assert house.desk.partitions == {}
    assert house.phase is Phase.DISARMED


async def test_who_did_what_is_in_the_activity_log_of_the_partition_and_the_zone(house: House) -> None:
    await house.arm(code=ANNS_CODE)
    await house.opens(WINDOW)
    await house.disarm()
    log = house.home.hub.activity
    of_partition = [entry.kind for entry in await log.async_query(ActivityFilter(partition_id=HOME))]
    assert {"phase_changed", "alarm_raised", "siren_on", "siren_off", "cancelled"} <= set(of_partition)
    (raised,) = await log.async_query(ActivityFilter(input_keys=(WINDOW,), kinds=("alarm_raised",)))
    assert raised.data["partition_id"] == HOME
    phases = await log.async_query(ActivityFilter(kinds=("phase_changed",)))
    actors = [entry.data["actor"]["name"] for entry in phases if entry.data.get("actor")]  # type: ignore[index,call-overload]
    assert actors == ["Ann", "Ann"]


async def test_no_code_is_ever_in_the_log_the_diagnostics_or_an_error(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await house.desk.async_set_user(house.desk.users["ann"], "1357924680")
    assert await house.refusal(Action.DISARM, code="2468013579") == "code_wrong"
    assert (
        await house.refusal(Action.DISARM, code="1357924680", by=Requester(path=Path.MQTT, name="Hall", retained=True))
        == "retained"
    )
    await house.disarm("1357924680")
    entries = await house.home.hub.activity.async_query(ActivityFilter(limit=1000))
    ours = [record.getMessage() for record in caplog.records if "event_hub" in record.name]
    said = str(ours) + str(entries) + repr(house.home.hub.state.code_users)
    assert "1357924680" not in said
    assert "2468013579" not in said
    assert "$scrypt$" not in said
