"""The alarm panel: what it shows, and what it lets whom do."""

from dataclasses import replace

from homeassistant.auth.models import User
from homeassistant.components.alarm_control_panel.const import AlarmControlPanelEntityFeature as Feature
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser
from custom_components.event_hub.engine.alarm.model import CodeRules, Mode, Partition, Zone, ZoneKind
from tests.integration.alarm.kit import (
    ABORT,
    ANNS_CODE,
    DOOR,
    EXIT,
    HALL,
    HOME,
    PARTITION,
    SIREN_LIMIT,
    WINDOW,
    House,
)

from .kit import PANEL_ENTITY, PANEL_ID, panel, panel_refusal, use_panel


async def test_a_day_of_the_alarm_shows_on_the_panel(house: House, hass_admin_user: User) -> None:
    assert panel(house).state == "disarmed"
    await use_panel(house, "alarm_arm_away", user=hass_admin_user)
    assert (panel(house).state, panel(house).attributes["changed_by"]) == ("arming", hass_admin_user.name)
    assert panel(house).attributes["delay_end"] is not None
    await house.passes(EXIT + 1)
    assert (panel(house).state, panel(house).attributes["delay_end"]) == ("armed_away", None)
    await house.opens(DOOR)
    assert panel(house).state == "pending"
    await house.opens(WINDOW)
    assert panel(house).state == "triggered"
    await house.closes(WINDOW)
    await house.closes(DOOR)
    await house.passes(SIREN_LIMIT + 1)
    assert panel(house).state == "armed_away"
    await use_panel(house, "alarm_disarm", user=hass_admin_user, code=ANNS_CODE)
    assert (panel(house).state, panel(house).attributes["changed_by"]) == ("disarmed", "Ann")
    assert WINDOW in [alarm["zone"] for alarm in panel(house).attributes["memory"]]


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("alarm_arm_home", "armed_home"),
        ("alarm_arm_away", "armed_away"),
        ("alarm_arm_night", "armed_night"),
        ("alarm_arm_vacation", "armed_vacation"),
        ("alarm_arm_custom_bypass", "armed_custom_bypass"),
    ],
)
async def test_every_mode_has_its_state(house: House, action: str, state: str) -> None:
    await use_panel(house, action)
    await house.passes(EXIT + 1)
    assert panel(house).state == state


async def test_only_modes_in_which_something_is_watched_are_offered(house: House) -> None:
    zones = {DOOR: Zone(modes=(Mode.NIGHT,)), WINDOW: Zone(kind=ZoneKind.ALWAYS), HALL: Zone(kind=ZoneKind.CHIME)}
    await house.desk.async_set_partition(replace(PARTITION, zones=zones))
    await house.told()
    assert panel(house).attributes["supported_features"] == Feature.ARM_NIGHT | Feature.TRIGGER


async def test_what_is_in_the_way_of_arming_is_named_by_mode(house: House) -> None:
    await house.opens(WINDOW)
    attributes = panel(house).attributes
    assert attributes["ready"] == dict.fromkeys(map(str, Mode), False)
    assert attributes["not_ready"] == [
        {"zone": WINDOW, "zone_name": WINDOW, "problem": "open", "modes": list(map(str, Mode))}
    ]
    assert await panel_refusal(house, "alarm_arm_away") == "alarm_not_ready"
    await house.closes(WINDOW)
    assert (panel(house).attributes["ready"]["away"], panel(house).attributes["not_ready"]) == (True, [])


async def test_nobody_disarms_without_the_code_not_even_an_administrator(house: House, hass_admin_user: User) -> None:
    await house.arm()
    assert await panel_refusal(house, "alarm_disarm", user=hass_admin_user) == "alarm_code_missing"
    assert await panel_refusal(house, "alarm_disarm", user=hass_admin_user, code="0000") == "alarm_code_wrong"
    assert await panel_refusal(house, "alarm_disarm") == "alarm_code_missing"
    assert panel(house).state == "armed_away"


async def test_a_code_kept_in_the_entity_s_options_opens_nothing(house: House) -> None:
    er.async_get(house.home.hass).async_update_entity_options(
        PANEL_ENTITY, "alarm_control_panel", {"default_code": ANNS_CODE}
    )
    await house.arm()
    assert await panel_refusal(house, "alarm_disarm") == "alarm_code_missing"
    assert panel(house).state == "armed_away"


async def test_a_change_of_the_mode_asks_for_the_code_though_arming_does_not(house: House) -> None:
    assert panel(house).attributes["code_arm_required"] is False
    await house.arm()
    assert panel(house).attributes["code_arm_required"] is True
    assert await panel_refusal(house, "alarm_arm_home") == "code_arm_required"
    assert panel(house).state == "armed_away"
    await use_panel(house, "alarm_arm_home", code=ANNS_CODE)
    await house.passes(EXIT + 1)
    assert panel(house).state == "armed_home"


async def test_wrong_codes_at_the_panel_lock_it(house: House) -> None:
    await house.arm()
    said = [await panel_refusal(house, "alarm_disarm", code="0000") for _ in range(5)]
    assert set(said) == {"alarm_code_wrong"}
    assert panel(house).attributes["locked_until"] is not None
    assert await panel_refusal(house, "alarm_disarm", code=ANNS_CODE) == "alarm_locked_out"
    assert panel(house).state == "armed_away"


@pytest.mark.parametrize(
    ("rules", "code", "expected"),
    [
        (CodeRules(), None, "number"),
        (CodeRules(), "letters", "text"),
        (CodeRules(disarm=False, arm=True), None, "number"),
        (CodeRules(disarm=False), "letters", None),
    ],
)
async def test_the_panel_asks_for_codes_as_they_are(
    house: House, rules: CodeRules, code: str | None, expected: str | None
) -> None:
    await house.desk.async_set_partition(replace(PARTITION, codes=rules))
    if code is not None:
        await house.desk.async_set_user(CodeUser(user_id="bob", name="Bob"), code)
    await house.told()
    assert panel(house).attributes["code_format"] == expected


async def test_a_silent_alarm_shows_nowhere(house: House) -> None:
    zones = {**PARTITION.zones, WINDOW: Zone(silent=True)}
    await house.desk.async_set_partition(replace(PARTITION, zones=zones))
    await house.arm()
    written = house.home.writes()
    await house.opens(WINDOW)
    await house.passes(ABORT + 1)
    assert len(house.desk.shown(HOME).memory) == 1
    assert panel(house).state == "armed_away"
    assert panel(house).attributes["memory"] == []
    last = house.home.state("sensor", "partition:home:last_alarm")
    assert (last.state, last.attributes["memory"]) == ("unknown", [])
    assert "triggered" not in [state.state for state in written]


async def test_calling_for_help_at_the_panel_needs_no_code(house: House) -> None:
    await use_panel(house, "alarm_trigger")
    assert panel(house).state == "triggered"


async def test_a_master_shows_all_its_members_and_arms_them(house: House) -> None:
    await house.desk.async_set_partition(Partition(partition_id="all", name="Everything", members=(HOME,)))
    await house.told()
    await use_panel(house, "alarm_arm_away", entity_id="alarm_control_panel.everything")
    assert panel(house).state == "arming"
    assert house.home.state("alarm_control_panel", "partition:all:panel").state == "arming"


async def test_panels_come_and_go_with_their_partitions(house: House) -> None:
    await house.desk.async_set_partition(Partition(partition_id="shed", name="Shed", zones={WINDOW: Zone()}))
    await house.told()
    assert house.home.state("alarm_control_panel", "partition:shed:panel").state == "disarmed"
    device = house.home.device("partition:shed")
    assert device is not None
    assert device.name == "Shed"
    await house.desk.async_remove_partition("shed")
    await house.told()
    assert house.home.device("partition:shed") is None
    assert house.home.entity_id("alarm_control_panel", "partition:shed:panel") is None
    assert house.home.entity_id("alarm_control_panel", PANEL_ID) == PANEL_ENTITY


async def test_after_a_restart_the_panel_shows_what_it_showed(house: House) -> None:
    await house.arm()
    before = panel(house)
    await house.restart()
    assert (panel(house).state, panel(house).attributes["changed_by"]) == (
        before.state,
        before.attributes["changed_by"],
    )
