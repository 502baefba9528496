"""The alarm's actions: what they do, answer and refuse, and to whom."""

from dataclasses import replace
import logging
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.core import Context, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, Unauthorized
import pytest
import voluptuous as vol

from custom_components.event_hub.alarm_words import UNHEARD, UNREACHABLE
from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.alarm.codes import Denial
from custom_components.event_hub.engine.alarm.model import Mode, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.problems import Problem, RefusalReason
from custom_components.event_hub.services_alarm import ALARM_ACTIONS
from custom_components.event_hub.wire.messages import ReportKind
from tests.integration.actions.kit import ask, refusal
from tests.integration.alarm.kit import ANN, ANNS_CODE, DOOR, HALL, HOME, PARTITION, SIREN, WINDOW, House
from tests.integration.test_entity_texts import texts

from .kit import PANEL_ENTITY

CONFIGURING: Final[dict[str, dict[str, Any]]] = {
    "set_partition": {"partition": HOME, "exit_delay": 5},
    "remove_partition": {"partition": HOME},
    "set_zone": {"partition": HOME, "inputs": [WINDOW], "kind": "always"},
    "remove_zone": {"partition": HOME, "inputs": [WINDOW]},
    "set_code": {"user": "ann", "name": "Annie"},
    "revoke_code": {"user": "ann"},
}
LONG_AND_ODD: Final = ("x" * 200, "x" * 201, "\N{HOUSE BUILDING}", "\N{DOOR}\N{FIRE}", "Unknown")
ODD_PEOPLE: Final = (("y" * 100, "97531"), ("\N{GRINNING FACE}", "86420"))
OURS: Final = (
    *("codes_busy", "unknown_partition", "unknown_user", "no_mode", "code_invalid", "code_in_use", "code_needed"),
    *("expired", "nothing_named"),
)


def configuration(house: House) -> tuple[object, ...]:
    """Return everything that is set up."""
    state = house.home.hub.state
    return dict(state.partitions), dict(state.code_users), dict(state.code_hashes)


async def test_arming_by_force_answers_how_the_partition_stands(house: House) -> None:
    await house.opens(WINDOW)
    answer = await ask(
        house.home.hass, "alarm_arm", partition=PANEL_ENTITY, mode="away", force=True, skip_delay=True, code=ANNS_CODE
    )
    assert (answer["partition"], answer["state"]) == (HOME, "armed_away")
    assert (answer["changed_by"], answer["bypassed"]) == ("Ann", [WINDOW])


@pytest.mark.parametrize("named", [HOME, "home", "Home", "HOME ", PANEL_ENTITY])
async def test_a_partition_goes_by_id_name_or_panel(house: House, named: str) -> None:
    answer = await ask(house.home.hass, "alarm_arm", partition=named, mode="night", skip_delay=True)
    assert answer["state"] == "armed_night"
    answer = await ask(house.home.hass, "alarm_disarm", partition=named, code=ANNS_CODE)
    assert answer["state"] == "disarmed"


async def test_a_walk_through_the_other_actions(house: House, hass_admin_user: User) -> None:
    hass, who = house.home.hass, Context(user_id=hass_admin_user.id)
    answer = await ask(hass, "alarm_bypass", partition=HOME, zones=[WINDOW], code=ANNS_CODE)
    assert answer["bypassed"] == [WINDOW]
    answer = await ask(hass, "alarm_bypass", partition=HOME, zones=[WINDOW], bypassed=False, code=ANNS_CODE)
    assert answer["bypassed"] == []
    assert (await ask(hass, "alarm_walk_test", context=who, partition=HOME, code=ANNS_CODE))["walk_test"] is True
    answer = await ask(hass, "alarm_walk_test", context=who, partition=HOME, on=False, code=ANNS_CODE)
    assert answer["walk_test"] is False
    assert (await ask(hass, "alarm_panic", partition=HOME))["siren"] is True
    assert (await ask(hass, "alarm_silence", partition=HOME, code=ANNS_CODE))["siren"] is False
    await ask(hass, "alarm_disarm", partition=HOME, code=ANNS_CODE)
    assert (await ask(hass, "alarm_acknowledge", partition=HOME, code=ANNS_CODE))["memory"] == []


async def test_refusals_say_what_to_do(house: House) -> None:
    await house.opens(WINDOW)
    said = await refusal(house.home.hass, "alarm_arm", partition=HOME, mode="away")
    assert said == f"Home is not ready. See to these, bypass them, or arm by force: {WINDOW} (open)"
    assert "needs a code" in await refusal(house.home.hass, "alarm_arm", partition=HOME, mode="away", force=True)
    assert "no partition called Shed" in await refusal(house.home.hass, "alarm_disarm", partition="Shed")


async def test_an_automation_disarms_nothing_without_the_code_and_begins_no_walk_test(house: House) -> None:
    await house.arm()
    assert "needs a code" in await refusal(house.home.hass, "alarm_disarm", partition=HOME)
    await house.disarm()
    said = await refusal(house.home.hass, "alarm_walk_test", partition=HOME, code=ANNS_CODE)
    assert "does not take that this way" in said


async def test_a_partition_is_set_up_from_nothing_and_changed_bit_by_bit(house: House) -> None:
    hass = house.home.hass
    answer = await ask(
        hass, "set_partition", name="Garden Shed", exit_delay=5, modes=["away"], siren_outputs=[SIREN], code_to_arm=True
    )
    made = answer["partition"]
    assert (made["partition"], made["name"], made["siren_outputs"]) == ("garden_shed", "Garden Shed", [SIREN])
    assert (made["delays"]["away"], made["delays"]["night"]["exit"]) == ({"exit": 5.0, "entry": 30.0}, 60.0)
    answer = await ask(hass, "set_partition", name="garden shed", siren_limit=60, after_siren="disarmed")
    assert (answer["partition"]["partition"], answer["partition"]["siren_limit"]) == ("garden_shed", 60.0)
    assert answer["partition"]["code_to_arm"] is True
    await ask(hass, "set_zone", partition="Garden Shed", inputs=[WINDOW, HALL], kind="entry_exit", modes=["away"])
    answer = await ask(hass, "set_zone", partition="Garden Shed", inputs=[WINDOW], entry_delay=9)
    assert answer["zones"][WINDOW]["kind"] == "entry_exit"
    assert (answer["zones"][WINDOW]["entry_delay"], answer["zones"][WINDOW]["modes"]) == (9.0, ["away"])
    group = [{"zones": [WINDOW, HALL], "within": 30}]
    answer = await ask(hass, "set_partition", partition="garden_shed", cross_zones=group)
    assert answer["partition"]["cross_zones"] == [{"zones": [HALL, WINDOW], "count": 2, "within": 30.0}]
    await house.told()
    assert hass.states.get("alarm_control_panel.garden_shed") is not None


async def test_settings_that_cannot_be_are_refused_by_name(house: House) -> None:
    before = configuration(house)
    assert "exit_delay" in await refusal(house.home.hass, "set_partition", partition=HOME, exit_delay=9999)
    assert "Attic" in await refusal(house.home.hass, "set_zone", partition=HOME, inputs=["Attic"])
    assert await refusal(house.home.hass, "set_partition", exit_delay=5)
    assert configuration(house) == before


@pytest.mark.parametrize(
    ("action", "named"),
    [
        ("set_zone", {"inputs": [], "kind": "always"}),
        ("remove_zone", {"inputs": []}),
        ("alarm_bypass", {"zones": [], "code": ANNS_CODE}),
    ],
)
async def test_an_action_on_no_zone_is_refused(house: House, action: str, named: dict[str, Any]) -> None:
    said = await refusal(house.home.hass, action, partition=HOME, **named)
    assert said == "Name at least one input or output"


async def test_delays_of_no_mode_are_refused(house: House) -> None:
    with pytest.raises(vol.Invalid):
        await ask(house.home.hass, "set_partition", partition=HOME, exit_delay=5, modes=[])


async def test_codes_are_set_changed_and_revoked_and_never_told(house: House, caplog: pytest.LogCaptureFixture) -> None:
    hass = house.home.hass
    caplog.set_level(logging.DEBUG, "custom_components.event_hub")
    answer = await ask(
        hass,
        "set_code",
        name="Cleaner",
        code="135791",
        permissions=["arm", "disarm"],
        weekdays=["fri"],
        from_time="09:00",
        until_time="12:00",
        first_day="2026-01-01",
    )
    assert answer["code"]["user"] == "cleaner"
    assert (answer["code"]["weekdays"], answer["code"]["from_time"], answer["code"]["first_day"]) == (
        ["fri"],
        "09:00",
        "2026-01-01",
    )
    answer = await ask(hass, "set_code", user="Cleaner", weekdays=[], from_time=None, until_time=None)
    assert (answer["code"]["weekdays"], answer["code"]["until_time"]) == ([], "24:00")
    await house.arm()
    assert (await ask(hass, "alarm_disarm", partition=HOME, code="135791"))["changed_by"] == "Cleaner"
    listed = await ask(hass, "list_alarm")
    assert {code["user"] for code in listed["codes"]} == {"ann", "cleaner"}
    await ask(hass, "revoke_code", user="cleaner")
    await house.arm()
    assert "not known" in await refusal(hass, "alarm_disarm", partition=HOME, code="135791")
    # The test kit of Home Assistant logs every file that is written.
    logged = [record.getMessage() for record in caplog.records if "event_hub" in record.name]
    assert "135791" not in f"{answer}{listed}{logged}"
    assert "scrypt" not in f"{answer}{listed}{logged}"


async def test_nobody_gets_a_code_that_is_taken_or_none(house: House) -> None:
    hass = house.home.hass
    assert "taken" in await refusal(hass, "set_code", name="Bob", code=ANNS_CODE)
    assert "Give Bob a code" in await refusal(hass, "set_code", name="Bob")
    assert "4 to 32" in await refusal(hass, "set_code", name="Bob", code="12")
    assert set(house.desk.users) == {ANN.user_id}


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("set_code", {"name": "Bob", "code": 5349}),
        ("alarm_disarm", {"partition": HOME, "code": 2580}),
        ("alarm_arm", {"partition": HOME, "mode": "away", "code": 2580.0}),
        ("alarm_silence", {"partition": HOME, "code": True}),
    ],
)
async def test_a_code_without_quotes_is_not_taken_for_another(house: House, action: str, data: dict[str, Any]) -> None:
    before = configuration(house)
    assert "in quotes" in await refusal(house.home.hass, action, **data)
    assert (configuration(house), house.shown.lockout.wrong) == (before, 0)


async def test_names_of_any_length_and_of_emoji_make_ids_that_are_taken(house: House) -> None:
    hass = house.home.hass
    made = [(await ask(hass, "set_partition", name=name))["partition"]["partition"] for name in LONG_AND_ODD]
    assert made[0] == "x" * 64
    assert made[1] == f"{'x' * 62}_2"
    assert made[2:] == ["partition", "partition_2", "unknown"]
    people = [(await ask(hass, "set_code", name=name, code=code))["code"]["user"] for name, code in ODD_PEOPLE]
    assert people == ["y" * 64, "person"]


async def test_a_code_does_not_end_before_it_begins(house: House) -> None:
    said = await refusal(
        house.home.hass, "set_code", name="Bob", code="86420", first_day="2026-07-10", last_day="2026-07-09"
    )
    assert "last_day" in said
    assert "bob" not in house.desk.users


async def test_what_is_in_the_way_is_told_with_what_is_wrong_ten_at_most(house: House) -> None:
    keys = [f"Window {number}" for number in range(13)]
    partition = replace(PARTITION, zones={**PARTITION.zones, **{key: Zone() for key in keys}})
    await house.set_up(partition)
    for key in keys:
        await house.opens(key)
    said = await refusal(house.home.hass, "alarm_arm", partition=HOME, mode="away")
    assert said.endswith(f"{', '.join(f'{key} (open)' for key in keys[:10])} + 3 more")


async def test_what_was_not_heard_since_the_start_is_told_apart_from_what_is_silent(house: House) -> None:
    # Of a board that never gives a sign of life by itself, none would be missed.
    await house.home.report(kind=ReportKind.HEARTBEAT)
    await house.restart()
    said = await refusal(house.home.hass, "alarm_arm", partition=HOME, mode="night")
    assert f"{WINDOW} (not heard since the start)" in said
    await house.report_all()
    await house.home.lose()
    said = await refusal(house.home.hass, "alarm_arm", partition=HOME, mode="night")
    assert f"{WINDOW} (silent)" in said


@pytest.mark.parametrize("word", [*Problem, UNHEARD, UNREACHABLE, "more"])
def test_every_problem_has_words(word: str) -> None:
    assert texts("translations/en.json")["exceptions"][f"alarm_word_{word}"]["message"]


async def test_everything_that_is_set_up_is_listed(house: House) -> None:
    listed = await ask(house.home.hass, "list_alarm")
    (partition,) = listed["partitions"]
    assert (partition["partition"], partition["state"]) == (HOME, "disarmed")
    assert set(partition["zones"]) == set(PARTITION.zones)
    assert partition["zones"][DOOR]["kind"] == "entry_exit"


@pytest.mark.parametrize("action", CONFIGURING)
async def test_configuring_is_refused_to_one_who_is_no_administrator(
    house: House, hass_read_only_user: User, action: str
) -> None:
    before = configuration(house)
    with pytest.raises(Unauthorized):
        await ask(house.home.hass, action, context=Context(user_id=hass_read_only_user.id), **CONFIGURING[action])
    assert configuration(house) == before
    await ask(house.home.hass, action, **CONFIGURING[action])
    assert configuration(house) != before


async def test_who_has_which_code_is_for_administrators(house: House, hass_read_only_user: User) -> None:
    with pytest.raises(Unauthorized):
        await ask(house.home.hass, "list_alarm", context=Context(user_id=hass_read_only_user.id))
    assert house.home.hass.services.supports_response(DOMAIN, "list_alarm") is SupportsResponse.ONLY


async def test_who_is_no_administrator_disarms_with_a_code(house: House, hass_read_only_user: User) -> None:
    await house.arm()
    context = Context(user_id=hass_read_only_user.id)
    answer = await ask(house.home.hass, "alarm_disarm", context=context, partition=HOME, code=ANNS_CODE)
    assert answer["state"] == "disarmed"


def test_every_action_that_changes_what_is_set_up_is_for_administrators() -> None:
    assert {action.name for action in ALARM_ACTIONS if action.admin} == {*CONFIGURING, "list_alarm"}


@pytest.mark.parametrize("reason", [*Denial, *RefusalReason, *OURS])
def test_every_refusal_has_words(reason: str) -> None:
    assert texts("translations/en.json")["exceptions"][f"alarm_{reason}"]["message"]


def test_every_choice_has_words() -> None:
    choices = texts("translations/en.json")["selector"]
    assert set(choices["alarm_mode"]["options"]) == set(Mode)
    assert set(choices["alarm_zone_kind"]["options"]) == set(ZoneKind)


async def test_the_actions_say_what_is_missing_while_no_hub_runs(house: House) -> None:
    assert await house.home.hass.config_entries.async_unload(house.home.entry.entry_id)
    with pytest.raises(HomeAssistantError) as caught:
        await ask(house.home.hass, "alarm_disarm", partition=HOME)
    assert caught.value.translation_key == "not_running"


async def test_the_answer_says_where_it_takes_more_than_a_minute_until_an_alarm_is_told(
    house: House, hass_admin_user: User
) -> None:
    hass, who = house.home.hass, Context(user_id=hass_admin_user.id)
    answer = await ask(hass, "set_partition", context=who, partition=HOME, modes=["away"], entry_delay=45)
    assert answer["slow_to_tell"] == {"away": 75.0}
    answer = await ask(hass, "set_zone", context=who, partition=HOME, inputs=[DOOR], entry_delay=40, modes=["night"])
    assert answer["slow_to_tell"] == {"away": 75.0, "night": 70.0}
    answer = await ask(hass, "set_partition", context=who, partition=HOME, abort_window=15)
    assert answer["slow_to_tell"] == {}
