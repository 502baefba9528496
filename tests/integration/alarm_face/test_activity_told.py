"""What the hub answers of what happened to the alarm: sentences, and times that people read."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from homeassistant.util import dt as dt_util
import pytest

from custom_components.event_hub.engine.alarm.model import Action, Zone
from custom_components.event_hub.engine.telling.model import Topic
from tests.integration.actions.kit import ask, tell
from tests.integration.alarm.kit import ABORT, ANNS_CODE, DOOR, HOME, PANEL, PARTITION, SMOKE, WINDOW, House
from tests.integration.notify.kit import SMS, add_channel, receiver

# No number of seconds, percent or the like is as great as a time of our days in unix seconds.
GREAT = 1_000_000_000


def epochs(answer: Any) -> Iterator[float]:
    """Yield what looks like unix seconds."""
    match answer:
        case bool() | str() | None:
            return
        case int() | float():
            if answer > GREAT:
                yield answer
        case dict():
            for value in answer.values():
                yield from epochs(value)
        case list() | tuple():
            for value in answer:
                yield from epochs(value)


async def activity(house: House, **wanted: Any) -> list[dict[str, Any]]:
    """Return what the activity log has, newest first."""
    entries: list[dict[str, Any]] = (await ask(house.home.hass, "list_activity", **wanted))["activity"]
    return entries


@pytest.fixture
async def lively(house: House) -> House:
    """Return a home in which much has happened."""
    await tell(house.home.hass, "set_rule", inputs=[SMOKE], escalate_after=5)
    await house.opens(WINDOW)
    await house.refusal(Action.ARM, mode="away")
    await house.closes(WINDOW)
    await house.arm()
    for _ in range(5):
        await house.refusal(Action.DISARM, code="0000")
    await house.opens_and_closes(WINDOW)
    await house.passes(ABORT + 1)
    await house.passes(600)
    await house.disarm()
    await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE)
    await house.opens_and_closes(DOOR)
    await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE, on=False)
    await house.opens(SMOKE)
    await house.passes(10)
    await house.closes(SMOKE)
    await house.disarm()
    await house.home.lose()
    await house.told()
    return house


async def test_what_happened_to_the_alarm_reads_as_in_the_logbook(house: House) -> None:
    await house.arm()
    await house.refusal(Action.DISARM, code="0000")
    await house.disarm()
    found = [entry["explanation"] for entry in await activity(house, partition="Home", limit=3)]
    assert found == [
        "Home was disarmed by Ann (Ann's phone).",
        "Home was given a wrong code by Ann's phone; 4 more lock it.",
        "Home was armed (away) by Ann's phone.",
    ]


async def test_every_entry_about_the_alarm_says_what_it_is(lively: House) -> None:
    entries = await activity(lively, partition="Home", limit=1000)
    assert {entry["kind"] for entry in entries} > {"phase_changed", "alarm_raised", "siren_on", "siren_off", "refused"}
    assert [entry["kind"] for entry in entries if not entry["explanation"].startswith("Home ")] == []


async def test_what_was_passed_over_says_why(house: House) -> None:
    await house.desk.async_ask(HOME, Action.BYPASS, PANEL, code=ANNS_CODE, zones=(WINDOW,))
    await house.arm()
    await house.opens(WINDOW)
    (entry,) = await activity(house, kinds=["passed"])
    assert entry["explanation"] == "Home passed over Window: it is left out."


async def test_the_log_says_who_began_and_ended_a_walk_test_and_who_silenced_the_siren(house: House) -> None:
    for on in (True, False):
        await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE, on=on)
    await house.arm()
    await house.opens(WINDOW)
    await house.desk.async_ask(HOME, Action.SILENCE, PANEL, code=ANNS_CODE)
    kinds = ["walk_test_changed", "siren_off"]
    told = [entry["explanation"] for entry in await activity(house, kinds=kinds, limit=3)]
    assert told == [
        "Home had its sirens silenced by Ann (Ann's phone).",
        "Home had its walk test ended by Ann (Ann's phone) without Door, Hall, Window.",
        "Home is in a walk test, begun by Ann (Ann's phone).",
    ]


def acknowledged(entries: list[dict[str, Any]]) -> list[str]:
    """Return what the log says of alarms that were acknowledged."""
    return [entry["explanation"] for entry in entries if "acknowledged" in entry.get("explanation", "")]


async def test_who_disarms_in_the_abort_window_has_acknowledged_nothing(house: House) -> None:
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.disarm()
    entries = await activity(house, partition="Home")
    assert "memory_changed" in {entry["kind"] for entry in entries}
    assert acknowledged(entries) == []
    await house.desk.async_ask(HOME, Action.ACKNOWLEDGE, PANEL, code=ANNS_CODE)
    assert acknowledged(await activity(house)) == ["Home had its alarms acknowledged by Ann (Ann's phone)."]


async def test_who_calls_for_help_has_acknowledged_nothing(house: House) -> None:
    await house.desk.async_ask(HOME, Action.PANIC, PANEL)
    entries = await activity(house, partition="Home")
    assert "memory_changed" in {entry["kind"] for entry in entries}
    assert acknowledged(entries) == []


async def test_a_panic_button_that_is_pressed_again_is_no_wrong_code(house: House) -> None:
    for _ in range(2):
        await house.desk.async_ask(HOME, Action.PANIC, PANEL)
    (entry,) = await activity(house, kinds=["passed"])
    assert entry["explanation"] == "Home passed over a panic button: it is in the alarm already."


async def test_what_channels_there_were_is_not_told_by_those_there_are_now(house: House) -> None:
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.passes(ABORT + 1)
    await house.disarm()
    kinds = ["tell_outside", "cancelled"]
    before = [entry["explanation"] for entry in await activity(house, kinds=kinds)]
    receiver(house.home.hass, SMS, house.clock)
    add_channel(house.home, "SMS", "action", SMS)
    assert house.desk.has_channel(Topic.ALARM)
    assert [entry["explanation"] for entry in await activity(house, kinds=kinds)] == before
    assert before == [
        "Home had a false alarm, which was cancelled by Ann (Ann's phone), and outside was to be told so.",
        "Home was to tell outside of its alarm: Window.",
    ]


async def test_no_answer_has_times_that_nobody_can_read(lively: House) -> None:
    hass = lively.home.hass
    answers = {
        "list_activity": await ask(hass, "list_activity", limit=1000),
        "why": await ask(hass, "why", input=WINDOW),
        "trigger_input": await ask(hass, "trigger_input", input=DOOR),
        "list_devices": await ask(hass, "list_devices"),
        "list_alarm": await ask(hass, "list_alarm"),
        "alarm_arm": await ask(hass, "alarm_arm", partition=HOME, mode="away", code=ANNS_CODE, force=True),
    }
    assert {name: found for name, answer in answers.items() if (found := list(epochs(answer)))} == {}
    kinds = {entry["kind"] for entry in answers["list_activity"]["activity"]}
    assert kinds > {"decision", "alarm_raised", "locked_out", "escalation_raised", "source_lost", "siren_on"}


async def test_a_trigger_by_hand_is_answered_with_a_time(house: House) -> None:
    (decision,) = (await ask(house.home.hass, "trigger_input", input=DOOR))["decisions"]
    assert dt_util.parse_datetime(decision["at"], raise_on_error=True).tzinfo is not None


async def test_the_log_does_not_tell_that_a_silent_zone_had_its_alarms(house: House) -> None:
    zones = {**PARTITION.zones, WINDOW: Zone(silent=True)}
    await house.set_up(replace(PARTITION, zones=zones, swinger_limit=1))
    await house.arm()
    before = await activity(house, partition="Home")
    for _ in range(3):
        await house.opens_and_closes(WINDOW)
    assert [entry["kind"] for entry in await activity(house, partition="Home")] == [entry["kind"] for entry in before]
