"""Schedules in a running hub: by the clock on the wall, through restarts, and shown to people."""

from typing import Any

from homeassistant.util import dt as dt_util
import pytest

from tests.integration.actions.kit import ask, refusal, tell
from tests.integration.kit import Home

from .conftest import WallClock

NIGHT = [{"enable_at": "22:00", "disable_at": "06:00"}]
DOOR = "device:Door:input_enabled"
SIREN = "device:Siren:output_enabled"


def switch(home: Home, unique_id: str = DOOR) -> str:
    """Return what a switch shows."""
    return home.state("switch", unique_id).state


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    "moments",
    [
        # The clock jumps from 02:00 to 03:00.
        {
            "2026-03-28T23:00:00+01:00": "off",
            "2026-03-29T01:59:59+01:00": "off",
            "2026-03-29T03:00:00+02:00": "on",
            "2026-03-29T03:59:59+02:00": "on",
            "2026-03-29T04:00:00+02:00": "off",
        },
        # The hour from 02:00 comes twice.
        {
            "2026-10-25T02:29:59+02:00": "off",
            "2026-10-25T02:30:00+02:00": "on",
            "2026-10-25T02:29:59+01:00": "on",
            "2026-10-25T03:59:59+01:00": "on",
            "2026-10-25T04:00:00+01:00": "off",
        },
        {
            "2028-02-28T04:00:00+01:00": "off",
            "2028-02-29T02:29:59+01:00": "off",
            "2028-02-29T02:30:00+01:00": "on",
            "2028-02-29T04:00:00+01:00": "off",
            "2028-03-01T02:30:00+01:00": "on",
        },
    ],
    ids=["spring", "autumn", "leap day"],
)
async def test_days_of_every_length_are_followed(
    berlin: Home, clock: WallClock, moments: dict[str, str], restarts: bool
) -> None:
    await clock.show(berlin, next(iter(moments)))
    await tell(berlin.hass, "set_schedule", inputs=["Door"], spans=[{"enable_at": "02:30", "disable_at": "04:00"}])
    shown = {}
    for moment in moments:
        await clock.show(berlin, moment)
        if restarts:
            await berlin.reload()
        shown[moment] = switch(berlin)
    assert shown == moments


async def test_the_hub_was_away_when_the_schedule_changed(berlin: Home, clock: WallClock) -> None:
    await tell(berlin.hass, "set_schedule", groups=["ground floor"], outputs=["Siren"], spans=NIGHT)
    await berlin.told()
    assert (switch(berlin), switch(berlin, SIREN)) == ("off", "off")
    assert await berlin.hass.config_entries.async_unload(berlin.entry.entry_id)
    clock.now += 11 * 3600
    assert await berlin.hass.config_entries.async_setup(berlin.entry.entry_id)
    await berlin.told()
    assert (switch(berlin), switch(berlin, SIREN)) == ("on", "on")


@pytest.mark.parametrize("restarts", [False, True])
async def test_the_switch_holds_until_the_next_change(berlin: Home, clock: WallClock, restarts: bool) -> None:
    await tell(berlin.hass, "set_schedule", inputs=["Door"], spans=NIGHT)
    await berlin.call("switch", "turn_on", DOOR)
    if restarts:
        await berlin.reload()
    assert switch(berlin) == "on"
    assert berlin.state("switch", DOOR).attributes["by_hand"] is True
    await clock.show(berlin, "2026-07-05T06:00:00+02:00")
    assert switch(berlin) == "off"
    assert berlin.state("switch", DOOR).attributes["by_hand"] is False


async def test_the_switch_shows_the_schedule_and_its_next_change(berlin: Home, clock: WallClock) -> None:
    assert "schedule" not in berlin.state("switch", DOOR).attributes
    await tell(berlin.hass, "set_schedule", groups=["Ground Floor"], spans=NIGHT)
    await berlin.told()

    def next_change() -> str:
        return dt_util.as_local(berlin.state("switch", DOOR).attributes["next_change"]).isoformat()

    attributes = berlin.state("switch", DOOR).attributes
    everyday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert attributes["schedule"] == [{"days": everyday, "enable_at": "22:00", "disable_at": "06:00"}]
    assert attributes["schedule_of_group"] == "Ground Floor"
    assert next_change() == "2026-07-04T22:00:00+02:00"
    await clock.show(berlin, "2026-07-04T22:00:00+02:00")
    assert next_change() == "2026-07-05T06:00:00+02:00"
    # Also where nothing else changes, because somebody switched it before.
    await berlin.call("switch", "turn_off", DOOR)
    await clock.show(berlin, "2026-07-05T06:00:00+02:00")
    assert next_change() == "2026-07-05T22:00:00+02:00"


async def test_another_time_zone_counts_at_once(berlin: Home) -> None:
    await tell(berlin.hass, "set_schedule", inputs=["Door"], spans=NIGHT)
    await berlin.hass.config.async_update(time_zone="Pacific/Auckland")
    await berlin.hass.async_block_till_done()
    await berlin.told()
    # Noon in Berlin is 22:00 there.
    assert switch(berlin) == "on"


async def test_a_clock_that_is_set_back_is_noticed(berlin: Home, clock: WallClock) -> None:
    await tell(berlin.hass, "set_schedule", inputs=["Door"], spans=NIGHT)
    await clock.show(berlin, "2026-07-04T23:00:00+02:00")
    assert switch(berlin) == "on"
    await clock.show(berlin, "2026-07-04T12:00:00+02:00")
    assert switch(berlin) == "off"


async def test_an_input_outside_its_schedule_says_why_it_did_not_trigger(berlin: Home) -> None:
    await tell(berlin.hass, "set_schedule", inputs=["Door"], spans=NIGHT)
    await tell(berlin.hass, "trigger_input", input="Door")
    (decision,) = (await ask(berlin.hass, "why", input="Door"))["decisions"]
    assert decision["reason"] == "off_schedule"
    assert decision["explanation"] == "The input is off by its schedule until Sat 22:00."


async def test_an_output_outside_its_schedule_is_refused_to_people(berlin: Home) -> None:
    await tell(berlin.hass, "set_schedule", outputs=["Siren"], spans=NIGHT)
    assert "off by its schedule" in await refusal(berlin.hass, "trigger_output", output="Siren")


async def test_the_answer_tells_what_is_so_now(berlin: Home) -> None:
    answer = await ask(berlin.hass, "set_schedule", inputs=["front door"], spans=NIGHT)
    assert answer["inputs"]["Door"]["enabled"] is False
    assert answer["inputs"]["Door"]["next_change"] == "2026-07-04T22:00:00+02:00"
    cleared = await ask(berlin.hass, "set_schedule", inputs=["front door"], spans=[])
    assert cleared["inputs"]["Door"] == {"enabled": False, "spans": []}


async def test_all_schedules_are_listed_as_people_write_them(berlin: Home) -> None:
    await tell(berlin.hass, "set_schedule", inputs=["Door"], groups=["Ground Floor"], spans=NIGHT)
    listed = await ask(berlin.hass, "list_devices")
    (door,) = [record for record in listed["inputs"] if record["key"] == "Door"]
    assert door["schedule"] == listed["group_schedules"]["Ground Floor"]
    assert door["schedule"]["spans"][0]["enable_at"] == "22:00"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"inputs": ["Door"], "spans": [{"enable_at": "25:00"}]}, 'a time such as "22:00", in quotes (span 1)'),
        ({"inputs": ["Door"], "spans": [{"enable_at": 1320}]}, 'a time such as "22:00", in quotes (span 1)'),
        ({"inputs": ["Door"], "spans": [{"days": ["mo"], "enable_at": "22:00"}]}, "a list of mon, tue"),
        ({"inputs": ["Door"], "spans": [{}]}, "a time to enable at, one to disable at, or both (span 1)"),
        ({"inputs": ["Door"], "spans": ["22:00-06:00"]}, "days, enable_at and disable_at (span 1)"),
        ({"inputs": ["Door"], "spans": [*NIGHT, {"enable_at": "23:00", "disable_at": "23:30"}]}, "overlap"),
        ({"inputs": ["Gate"], "spans": NIGHT}, "no device called Gate"),
        ({"groups": ["Grond Floor"], "spans": NIGHT}, "no device called Grond Floor"),
        ({"spans": NIGHT}, "Name at least one"),
    ],
)
async def test_what_cannot_be_is_refused_in_words(berlin: Home, data: dict[str, Any], words: str) -> None:
    assert words in await refusal(berlin.hass, "set_schedule", **data)
    assert switch(berlin) == "on"
