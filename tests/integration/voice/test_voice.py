"""The alarm is asked for things by voice, with the real conversation integration and the documented sentences."""

from homeassistant.components.conversation import async_converse
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.event_hub.engine.alarm.model import Mode, Partition, Zone
from custom_components.event_hub.engine.alarm.status import Phase
from tests.integration.alarm.kit import ANNS_CODE, DOOR, HALL, WINDOW, House

from .kit import PANEL, Assist


@pytest.mark.parametrize(
    ("language", "text", "mode"),
    [
        ("en", "arm the alarm for the night", Mode.NIGHT),
        ("en", "arm the house", None),
        ("en", "Set the alarm to away", Mode.AWAY),
        ("en", "arm the alarm in holiday mode", Mode.VACATION),
        ("en", "arm home mode", Mode.HOME),
        ("de", "schalte den Alarm auf Nacht", Mode.NIGHT),
        ("de", "stelle die Alarmanlage auf unterwegs", Mode.AWAY),
    ],
)
async def test_it_is_armed_in_the_mode_that_is_said(
    assist: Assist, house: House, language: str, text: str, mode: Mode | None
) -> None:
    await assist.say(text, language=language)
    assert house.shown.mode is mode
    assert house.phase is (Phase.DISARMED if mode is None else Phase.ARMING)


async def test_who_armed_is_known(assist: Assist, house: House, hass: HomeAssistant) -> None:
    user = MockUser(name="Ben").add_to_hass(hass)
    answer = await assist.say("arm the alarm to away", user=user)
    assert answer.startswith("Home is being armed, away. Leave before ")
    assert house.shown.changed_by is not None
    assert house.shown.changed_by.name == "Ben"


async def test_what_is_in_the_way_is_said(assist: Assist, house: House) -> None:
    await house.opens(WINDOW)
    assert await assist.say("arm the alarm to night") == "Home is not ready. See to these first: Window (open)."
    assert house.phase is Phase.DISARMED


async def test_nothing_is_disarmed_without_the_code(assist: Assist, house: House) -> None:
    await house.arm()
    assert await assist.say("disarm the alarm") == "Home needs a code for that."
    assert await assist.say("disarm the alarm with code 9 9 9 9") == "Home does not know that code."
    assert (house.phase, house.shown.lockout.wrong) == (Phase.ARMED, 1)


@pytest.mark.parametrize("spoken", [ANNS_CODE, " ".join(ANNS_CODE), "25-80"])
async def test_the_right_code_disarms_however_it_was_heard(assist: Assist, house: House, spoken: str) -> None:
    await house.arm()
    assert await assist.say(f"disarm the alarm with the code {spoken}") == "Home is disarmed."


@pytest.mark.parametrize("text", ["is everything closed?", "what is still open", "which windows are open"])
async def test_what_is_open_is_said(assist: Assist, house: House, text: str) -> None:
    assert await assist.say(text) == "Everything is closed."
    await house.opens(WINDOW)
    assert await assist.say(text) == "Window is open."
    await house.opens(DOOR)
    assert await assist.say(text) == "2 are open: Door, Window."
    await house.opens(HALL)
    assert await assist.say(text) == "2 are open: Door, Window.", "a hall is no door"


async def test_a_door_that_nobody_hears_from_is_not_called_closed(assist: Assist, house: House) -> None:
    await house.home.lose()
    assert await assist.say("is everything closed?") == "I do not hear from: Door, Window."


async def test_whether_it_is_armed_is_said(assist: Assist, house: House) -> None:
    assert await assist.say("is the alarm armed?") == "Home is disarmed."
    await house.arm(Mode.NIGHT)
    assert await assist.say("is the alarm on") == "Home is armed, night."
    assert await assist.say("ist der Alarm scharf", language="de") == "Home ist scharf (Nacht)."


async def test_the_last_alarm_is_said(assist: Assist, house: House) -> None:
    assert await assist.say("when was the last alarm") == "There is no alarm in the memory."
    await house.arm()
    await house.opens(WINDOW)
    answer = await assist.say("where was the last alarm")
    assert answer.startswith("Burglar alarm at Home, ")
    assert answer.endswith("ago: Window.")


async def test_what_is_not_exposed_is_neither_told_nor_armed(assist: Assist, house: House, hass: HomeAssistant) -> None:
    async_expose_entity(hass, "conversation", PANEL, should_expose=False)
    for text in ("arm the alarm to away", "is the alarm armed", "when was the last alarm"):
        assert await assist.say(text) == "No alarm is exposed to this assistant."
    assert house.phase is Phase.DISARMED
    async_expose_entity(hass, "conversation", "binary_sensor.window", should_expose=False)
    await house.opens(WINDOW)
    assert await assist.say("what is open") == "Everything is closed."


async def test_one_of_several_partitions_is_named(assist: Assist, house: House, hass: HomeAssistant) -> None:
    await house.desk.async_set_partition(Partition(partition_id="shed", name="Garden Shed", zones={HALL: Zone()}))
    await house.told()
    async_expose_entity(hass, "conversation", "alarm_control_panel.garden_shed", should_expose=True)
    assert await assist.say("arm the alarm to away") == "Which one: Home, Garden Shed?"
    assert (await assist.say("arm the partition garden shed to away")).startswith("Garden Shed is being armed")
    assert (
        await assist.say("arm the partition cellar to away")
        == "There is no partition called cellar. There are: Home, Garden Shed."
    )


async def add_partition(house: House, hass: HomeAssistant, partition_id: str, name: str, zone: str = HALL) -> None:
    """Set up another partition that the assistant may know."""
    await house.desk.async_set_partition(Partition(partition_id=partition_id, name=name, zones={zone: Zone()}))
    await house.told()
    entity_id = house.home.entity_id("alarm_control_panel", f"partition:{partition_id}:panel")
    assert entity_id is not None
    async_expose_entity(hass, "conversation", entity_id, should_expose=True)


async def test_a_name_comes_before_the_key_of_another_partition(
    assist: Assist, house: House, hass: HomeAssistant
) -> None:
    await add_partition(house, hass, "cellar", "Garden")
    await add_partition(house, hass, "lower", "Cellar", WINDOW)
    assert (await assist.say("arm the partition cellar to away")).startswith("Cellar is being armed")


async def test_two_partitions_of_one_name_go_by_their_keys(assist: Assist, house: House, hass: HomeAssistant) -> None:
    await add_partition(house, hass, "shed", "Shelter")
    await add_partition(house, hass, "hut", "Shelter", WINDOW)
    assert await assist.say("arm the partition shelter to away") == "Which one: shed, hut?"
    await assist.say("arm the partition hut to away")
    assert (house.desk.view("shed").phase, house.desk.view("hut").phase) == (Phase.DISARMED, Phase.ARMING)


async def test_the_name_of_a_partition_that_is_not_exposed_hides_no_other(
    assist: Assist, house: House, hass: HomeAssistant
) -> None:
    await add_partition(house, hass, "cellar", "Garden")
    await add_partition(house, hass, "lower", "Cellar", WINDOW)
    async_expose_entity(hass, "conversation", "alarm_control_panel.cellar", should_expose=False)
    assert (await assist.say("arm the partition cellar to away")).startswith("Garden is being armed")


async def test_where_nothing_is_armed_nothing_is_asked_about_disarming(
    assist: Assist, house: House, hass: HomeAssistant
) -> None:
    await add_partition(house, hass, "shed", "Garden Shed")
    assert await assist.say("disarm the alarm") == "Nothing is armed."
    assert await assist.say("disarm the alarm with code 9999") == "Nothing is armed. Which one: Home, Garden Shed?"
    await add_partition(house, hass, "hut", "Hut", WINDOW)
    await house.arm()
    async_expose_entity(hass, "conversation", PANEL, should_expose=False)
    assert await assist.say("disarm the alarm") == "Which one: Garden Shed, Hut?", "what is not exposed may be armed"


@pytest.mark.usefixtures("assist")
async def test_without_a_running_hub_that_is_said(house: House, hass: HomeAssistant) -> None:
    await hass.config_entries.async_unload(house.home.entry.entry_id)
    result = await async_converse(hass, "is everything closed", None, Context(), language="en")
    assert result.response.speech["plain"]["speech"].startswith("Event Hub is not running.")


async def test_every_intent_is_described_for_language_models(hass: HomeAssistant, assist: Assist) -> None:
    assert assist
    ours = {each.intent_type: each.description for each in intent.async_get(hass) if "EventHub" in each.intent_type}
    assert len(ours) == 6
    assert all(ours.values())
