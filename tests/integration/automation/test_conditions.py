"""Conditions of automations: how inputs, partitions and sources stand."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConditionError
from homeassistant.helpers import condition
import pytest
import voluptuous as vol

from custom_components.event_hub.engine.alarm.model import Mode, Partition
from custom_components.event_hub.engine.times.quiet_hours import QuietHours
from tests.integration.alarm.kit import DOOR, HALL, HOME, WINDOW, House
from tests.integration.kit import Home, source

from .kit import Config, target


async def holds(hass: HomeAssistant, name: str, targeted: Config | None = None, **options: Any) -> bool | None:
    """Say whether a condition holds."""
    config: Config = {"condition": f"event_hub.{name}", "options": options}
    if targeted is not None:
        config["target"] = targeted
    checker = await condition.async_from_config(hass, await condition.async_validate_condition_config(hass, config))
    return checker.async_check()


def of(house: House, *keys: str) -> Config:
    """Return inputs as a target."""
    return target(house.home, *(f"device:{key}" for key in keys))


@pytest.mark.parametrize(
    ("name", "behavior", "expected"),
    [
        ("input_is_active", "any", True),
        ("input_is_active", "all", False),
        ("input_is_clear", "any", True),
        ("input_is_clear", "all", False),
        ("input_is_enabled", "all", True),
        ("input_was_triggered", "any", True),
        ("input_was_triggered", "all", False),
    ],
)
async def test_one_of_two_inputs_is_open(house: House, name: str, behavior: str, expected: bool) -> None:
    await house.desk.async_told()
    await house.desk.async_remove_partition(HOME)
    await house.opens(WINDOW)
    assert await holds(house.home.hass, name, of(house, WINDOW, DOOR), behavior=behavior) is expected


async def test_an_input_whose_source_is_lost_is_not_clear(house: House) -> None:
    assert await holds(house.home.hass, "input_is_clear", of(house, DOOR)) is True
    await house.home.lose()
    assert await holds(house.home.hass, "input_is_clear", of(house, DOOR)) is False


async def test_an_input_that_is_switched_off_is_not_enabled(house: House) -> None:
    await house.home.enable(inputs=(DOOR,), enabled=False)
    assert await holds(house.home.hass, "input_is_enabled", of(house, DOOR)) is False


async def test_a_trigger_is_a_short_time_ago_for_as_long_as_one_says(house: House) -> None:
    await house.desk.async_remove_partition(HOME)
    await house.opens_and_closes(WINDOW)
    await house.passes(100)
    for within, expected in (({"seconds": 90}, False), ({"seconds": 110}, True)):
        assert await holds(house.home.hass, "input_was_triggered", of(house, WINDOW), within=within) is expected


@pytest.mark.parametrize("set_by", [-3600.0, 3600.0])
async def test_a_trigger_is_as_short_a_time_ago_after_the_clock_was_set(house: House, set_by: float) -> None:
    await house.desk.async_remove_partition(HOME)
    await house.opens_and_closes(WINDOW)
    await house.passes(100)
    house.clock.set_by = set_by
    for within, expected in (({"seconds": 90}, False), ({"seconds": 110}, True)):
        assert await holds(house.home.hass, "input_was_triggered", of(house, WINDOW), within=within) is expected


async def test_a_trigger_of_an_earlier_run_whose_clock_was_ahead_is_no_short_time_ago(house: House) -> None:
    await house.desk.async_remove_partition(HOME)
    await house.opens_and_closes(WINDOW)
    hass, entry = house.home.hass, house.home.entry
    assert await hass.config_entries.async_unload(entry.entry_id)
    house.clock.set_by = -3600.0
    assert await hass.config_entries.async_setup(entry.entry_id)
    await house.told()
    assert not await holds(house.home.hass, "input_was_triggered", of(house, WINDOW), within={"minutes": 5})


@pytest.mark.parametrize("behavior", ["any", "all"])
@pytest.mark.parametrize("targeted", [{"device_id": "gone"}, {"label_id": "nothing"}, {"entity_id": "light.hall"}])
async def test_nothing_is_true_of_nothing(house: House, targeted: Config, behavior: str) -> None:
    assert await holds(house.home.hass, "input_is_clear", targeted, behavior=behavior) is False


@pytest.mark.parametrize(
    ("mode", "modes", "expected"),
    [
        (None, "disarmed", True),
        (None, ["away", "night"], False),
        (Mode.AWAY, ["away", "night"], True),
        (Mode.AWAY, "disarmed", False),
        (Mode.HOME, ["away", "night"], False),
    ],
)
async def test_a_partition_is_in_a_mode(house: House, mode: Mode | None, modes: Any, expected: bool) -> None:
    if mode is not None:
        await house.arm(mode)
    entity = {"entity_id": "alarm_control_panel.home"}
    assert await holds(house.home.hass, "partition_is_in_mode", entity, mode=modes) is expected


async def test_a_condition_on_no_mode_is_refused(house: House) -> None:
    with pytest.raises(vol.Invalid):
        await holds(house.home.hass, "partition_is_in_mode", {"entity_id": "alarm_control_panel.home"}, mode=[])


async def test_a_partition_is_in_its_mode_while_there_is_time_to_leave_and_in_alarm(house: House) -> None:
    entity = {"entity_id": "alarm_control_panel.home"}
    await house.arm(skip_delay=False)
    assert house.phase == "arming"
    assert await holds(house.home.hass, "partition_is_in_mode", entity, mode="away") is True
    await house.passes(61)
    await house.opens(WINDOW)
    assert house.phase == "triggered"
    assert await holds(house.home.hass, "partition_is_in_mode", entity, mode="away") is True


async def test_a_master_is_ready_when_its_members_are(house: House) -> None:
    await house.desk.async_set_partition(Partition(partition_id="all", name="All", members=(HOME,)))
    await house.told()
    master = target(house.home, "partition:all")
    assert await holds(house.home.hass, "partition_is_ready", master, mode="night") is True
    await house.opens(WINDOW)
    assert await holds(house.home.hass, "partition_is_ready", master, mode="night") is False


async def test_a_partition_is_ready_in_a_mode_that_does_not_watch_what_is_open(house: House) -> None:
    await house.opens(HALL)
    panel = {"entity_id": "alarm_control_panel.home"}
    assert await holds(house.home.hass, "partition_is_ready", panel, mode="night") is True


async def test_a_source_is_connected_until_it_is_lost(home: Home) -> None:
    await home.report()
    board = target(home, source().source_id)
    assert await holds(home.hass, "source_is_connected", board) is True
    await home.lose()
    assert await holds(home.hass, "source_is_connected", board) is False


@pytest.mark.parametrize("quiet", [True, False])
async def test_quiet_hours(home: Home, quiet: bool) -> None:
    hours = QuietHours(begin_at=0, end_at=24 * 3600 - 1) if quiet else QuietHours(enabled=False)
    object.__setattr__(home.hub.state.settings, "quiet_hours", hours)
    assert await holds(home.hass, "quiet_hours") is quiet


async def test_nothing_is_known_while_no_hub_runs(house: House) -> None:
    targeted = of(house, DOOR)
    assert await house.home.hass.config_entries.async_unload(house.home.entry.entry_id)
    with pytest.raises(ConditionError, match="not running"):
        await holds(house.home.hass, "input_is_active", targeted)
    with pytest.raises(ConditionError, match="not running"):
        await holds(house.home.hass, "quiet_hours")
