"""A partition that nobody could disarm is not armed; whoever looks before arming reads that, and what to do."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub.alarm_views import PARTITIONS
from custom_components.event_hub.engine.alarm.codes import Validity
from custom_components.event_hub.engine.alarm.model import ROUND_THE_CLOCK, CodeRules, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.house_words import status_lines, voice_of
from custom_components.event_hub.keypad_answers import named_zones
from tests.integration.alarm.kit import ANN, HOME, PARTITION, SMOKE, WINDOW, House

from .kit import panel, panel_refusal

ISSUE = f"alarm_no_code_{HOME}"
EVERY_MODE = list(map(str, Mode))
REASON = {"zone": None, "zone_name": None, "problem": "no_code", "modes": EVERY_MODE}


@pytest.fixture
async def house(house: House) -> House:
    """Return a house in which nobody has a code any more."""
    await house.desk.async_remove_user(ANN.user_id)
    await house.told()
    return house


def is_ready(house: House) -> bool:
    """Return what the sensor shows."""
    return house.home.state("binary_sensor", f"partition:{HOME}:ready").state == "on"


async def shown(house: House) -> None:
    """Wait until what is told a moment later is told."""
    await house.told()
    await house.passes(1)
    await house.home.hass.async_block_till_done()


async def test_the_panel_says_why_it_is_not_ready(house: House) -> None:
    assert await panel_refusal(house, "alarm_arm_away") == "alarm_no_code"
    attributes = panel(house).attributes
    assert (attributes["ready"], attributes["not_ready"]) == (dict.fromkeys(EVERY_MODE, False), [REASON])
    assert not is_ready(house)


async def test_it_is_said_besides_what_is_wrong_with_zones(house: House) -> None:
    await house.opens(WINDOW)
    of_window = {"zone": WINDOW, "zone_name": WINDOW, "problem": "open", "modes": EVERY_MODE}
    assert panel(house).attributes["not_ready"] == [REASON, of_window]


@pytest.mark.parametrize("remedy", ["a code", "no code needed"])
async def test_with_a_code_or_where_none_is_needed_it_is_ready_at_once(house: House, remedy: str) -> None:
    await shown(house)
    assert ISSUE in house.issues()
    if remedy == "a code":
        await house.desk.async_set_user(ANN, "2580")
    else:
        await house.desk.async_set_partition(replace(PARTITION, codes=CodeRules(disarm=False)))
    await shown(house)
    assert panel(house).attributes["not_ready"] == []
    assert is_ready(house)
    assert ISSUE not in house.issues()
    await house.arm()
    assert panel(house).state == "armed_away"


async def test_repairs_say_what_to_do(house: House) -> None:
    await shown(house)
    issue = house.issues()[ISSUE]
    assert issue.severity is ir.IssueSeverity.WARNING
    assert (issue.translation_key, issue.translation_placeholders) == ("alarm_no_code", {"partition": "Home"})


async def test_it_is_said_anew_after_a_restart(house: House) -> None:
    await house.restart()
    await shown(house)
    assert ISSUE in house.issues()
    assert panel(house).attributes["not_ready"][0] == REASON


async def test_a_partition_that_cannot_be_armed_anyhow_is_not_complained_of(house: House) -> None:
    await house.desk.async_set_partition(Partition(partition_id="shed", name="Shed"))
    await shown(house)
    assert "alarm_no_code_shed" not in house.issues()
    await house.desk.async_remove_partition(HOME)
    await shown(house)
    assert ISSUE not in house.issues()


async def test_the_day_after_the_last_code_was_good_for_is_noticed_at_midnight(house: House) -> None:
    today = dt_util.as_local(dt_util.utc_from_timestamp(house.clock.time()))
    await house.desk.async_set_user(replace(ANN, validity=Validity(last_day=today.date().isoformat())), "2580")
    await shown(house)
    assert (is_ready(house), ISSUE in house.issues()) == (True, False)
    midnight = (today + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    await house.passes(midnight.timestamp() - house.clock.time() + 1)
    async_fire_time_changed(house.home.hass, midnight + timedelta(seconds=1))
    await shown(house)
    assert (is_ready(house), ISSUE in house.issues()) == (False, True)


async def test_the_hour_after_which_the_last_code_is_never_good_again_is_noticed(house: House) -> None:
    now = dt_util.as_local(dt_util.utc_from_timestamp(house.clock.time()))
    minute = now.hour * 60 + now.minute
    validity = Validity(last_day=now.date().isoformat(), until_minute=minute + 2)
    await house.desk.async_set_user(replace(ANN, validity=validity), "2580")
    await shown(house)
    assert (is_ready(house), ISSUE in house.issues()) == (True, False)
    over = now.replace(second=0, microsecond=0) + timedelta(minutes=2)
    await house.passes(over.timestamp() - house.clock.time() + 1)
    async_fire_time_changed(house.home.hass, over + timedelta(seconds=1))
    await shown(house)
    assert (is_ready(house), ISSUE in house.issues()) == (False, True)


@pytest.mark.parametrize("kind", sorted(ROUND_THE_CLOCK))
async def test_alarms_that_nobody_could_silence_are_complained_of_as_well(house: House, kind: ZoneKind) -> None:
    cellar = Partition(partition_id="cellar", name="Cellar", zones={WINDOW: Zone(kind=kind)})
    await house.desk.async_set_partition(cellar)
    await shown(house)
    issue = house.issues()["alarm_no_code_cellar"]
    assert issue.translation_key == "alarm_no_code_always"
    await house.desk.async_set_partition(replace(cellar, zones={**cellar.zones, SMOKE: Zone()}))
    await shown(house)
    assert house.issues()["alarm_no_code_cellar"].translation_key == "alarm_no_code"
    await house.desk.async_set_partition(replace(cellar, codes=CodeRules(disarm=False)))
    await shown(house)
    assert "alarm_no_code_cellar" not in house.issues()


async def test_a_partition_that_never_alarms_is_not_complained_of(house: House) -> None:
    chime = Zone(kind=ZoneKind.CHIME)
    await house.desk.async_set_partition(Partition(partition_id="shop", name="Shop", zones={WINDOW: chime}))
    await shown(house)
    assert "alarm_no_code_shop" not in house.issues()


async def test_a_master_is_as_ready_as_its_members(house: House) -> None:
    await house.desk.async_set_partition(Partition(partition_id="all", name="All", members=(HOME,)))
    await house.told()
    assert house.home.state("alarm_control_panel", "partition:all:panel").attributes["not_ready"] == [REASON]
    assert not house.desk.readiness("all", Mode.AWAY).ready
    await shown(house)
    assert "alarm_no_code_all" not in house.issues()


async def test_what_is_armed_may_change_its_mode_without_anybody(house: House) -> None:
    await house.desk.async_set_user(ANN, "2580")
    await house.arm()
    house.home.hub.state.code_users.clear()
    assert house.desk.readiness(HOME, Mode.NIGHT).ready


async def test_keypads_are_told_by_the_partition_s_name(house: House) -> None:
    view = PARTITIONS.look(house.home.hub, HOME)
    assert view is not None
    told = named_zones(view)
    assert told["not_ready"] == [{"zone": None, "name": "Home", "problem": "no_code", "modes": EVERY_MODE}]
    assert told["not_ready_count"] == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Nobody could disarm Home again. Set a code first"), ("xx", "Nobody could disarm Home again. Set a code")],
)
async def test_a_chat_says_what_to_do(house: House, language: str, said: str) -> None:
    lines = list(status_lines(house.home.hub, voice_of(house.home.hub, language)))
    assert lines[1].startswith(said)
