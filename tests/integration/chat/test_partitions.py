"""Several partitions, and a master over some: which one is meant."""

import pytest

from custom_components.event_hub.engine.alarm.model import Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.wire.messages import InputReport
from tests.integration.alarm.kit import HALL, SIREN, SIREN_LIMIT, SMOKE, WINDOW, House

from .kit import Talk

SHED = Partition(partition_id="shed", name="Garden Shed", zones={HALL: Zone()})


@pytest.fixture
async def shed(talk: Talk, house: House) -> House:
    """Return a house with a shed of its own."""
    assert talk
    await house.desk.async_set_partition(SHED)
    await house.told()
    return house


async def test_one_of_several_is_named_after_the_mode(talk: Talk, shed: House) -> None:
    assert (await talk.ask("/arm away garden  SHED")).startswith("Garden Shed is being armed")
    assert (shed.phase, shed.desk.view("shed").phase) == (Phase.DISARMED, Phase.ARMING)


async def test_one_of_several_is_asked_for(talk: Talk, shed: House) -> None:
    answer = await talk.ask("/arm away")
    assert answer.splitlines() == ["Which one: Home, Garden Shed?", "For example: /arm away Home"]
    assert (shed.phase, shed.desk.view("shed").phase) == (Phase.DISARMED, Phase.DISARMED)


@pytest.mark.parametrize("words", ["gardn", "gard shd", "gard Home"])
async def test_a_half_name_is_guessed_and_neither_taken_nor_counted_as_a_wrong_code(
    talk: Talk, shed: House, words: str
) -> None:
    await talk.ask("/arm away shed")
    answer = await talk.ask(f"/disarm {words}")
    assert answer.splitlines()[1] == "Did you mean Garden Shed?"
    assert shed.desk.view("shed").phase is Phase.ARMING
    assert (shed.shown.lockout.wrong, shed.desk.shown("shed").lockout.wrong) == (0, 0)


async def test_without_a_name_the_one_that_is_armed_is_disarmed(talk: Talk, shed: House) -> None:
    await talk.ask("/arm away shed")
    assert await talk.ask("/disarm 2580") == "Garden Shed is disarmed."
    assert shed.desk.view("shed").phase is Phase.DISARMED


async def test_where_nothing_is_armed_that_is_said(talk: Talk, shed: House) -> None:
    assert shed.phase is Phase.DISARMED
    assert await talk.ask("/disarm") == "Nothing is armed."


async def test_a_code_that_may_be_a_forced_one_is_still_taken_where_nothing_is_armed(talk: Talk, shed: House) -> None:
    assert (await talk.ask("/disarm 2580")).splitlines() == [
        "Nothing is armed.",
        "Which one: Home, Garden Shed?",
        "For example: /disarm 1234 Home",
    ]
    assert shed.phase is Phase.DISARMED


async def test_while_several_are_armed_one_is_asked_for(talk: Talk, shed: House) -> None:
    await talk.ask("/arm away Home")
    await talk.ask("/arm away shed")
    assert (shed.phase, shed.desk.view("shed").phase) == (Phase.ARMING, Phase.ARMING)
    assert (await talk.ask("/disarm")).startswith("Which one: Home, Garden Shed?")


async def test_a_master_stands_for_its_members(talk: Talk, shed: House) -> None:
    await shed.desk.async_set_partition(Partition(partition_id="all", name="All", members=("home", "shed")))
    await shed.told()
    assert (await talk.ask("/arm away")).startswith("All is being armed")
    assert (shed.phase, shed.desk.view("shed").phase) == (Phase.ARMING, Phase.ARMING)
    assert await talk.ask("/disarm 2580") == "All is disarmed."


async def test_what_is_in_the_way_of_a_member_is_named(talk: Talk, shed: House) -> None:
    await shed.desk.async_set_partition(Partition(partition_id="all", name="All", members=("home", "shed")))
    await shed.opens(WINDOW)
    assert await talk.ask("/arm away") == "All is not ready. See to these first: Window (open)."


async def test_without_any_partition_that_is_said(talk: Talk, house: House) -> None:
    await house.desk.async_remove_partition("home")
    await house.told()
    assert await talk.ask("/arm away") == "No alarm partition is set up yet."
    assert (await talk.ask("/status")).startswith("Everything is closed.")


SMOKES = {"home": SMOKE, "shed": "Shed Smoke", "attic": "Attic Smoke"}
NOTHING = {"silence": "No siren sounds.", "acknowledge": "There is no alarm in the memory."}
DONE = {"silence": "The siren of {} is silent.", "acknowledge": "The alarm memory of {} is clear."}


@pytest.fixture
async def estate(talk: Talk, house: House) -> House:
    """Return a house with a shed and an attic, each with a smoke detector."""
    assert talk
    keys = ("Shed Smoke", "Attic Smoke")
    await house.home.report(*(InputReport(device_key=key, active=False) for key in keys))
    await house.home.enable(inputs=keys)
    for partition, name, smoke in (("shed", "Garden Shed", keys[0]), ("attic", "Attic", keys[1])):
        zones = {smoke: Zone(kind=ZoneKind.FIRE)}
        await house.desk.async_set_partition(
            Partition(partition_id=partition, name=name, zones=zones, siren_outputs=(SIREN,))
        )
    await house.told()
    return house


@pytest.mark.parametrize("verb", ["silence", "acknowledge"])
@pytest.mark.parametrize(
    ("burning", "words", "answer"),
    [
        ((), "", ["{nothing}"]),
        # It may be a code for duress, which is to be taken.
        ((), "2580", ["{nothing}", "Which one: Home, Garden Shed, Attic?", "For example: /{verb} 1234 Home"]),
        (("shed",), "2580", ["{shed}"]),
        (("shed",), "", ["Garden Shed needs a code for that.", "For example: /{verb} 1234 Garden Shed"]),
        (("home", "attic"), "2580", ["Which one: Home, Attic?", "For example: /{verb} 1234 Home"]),
        (("home", "attic"), "", ["Which one: Home, Attic?", "For example: /{verb} 1234 Home"]),
        (("home", "shed"), "2580 shed", ["{shed}"]),
    ],
)
async def test_what_ends_an_alarm_is_done_where_there_is_one_and_asked_about_where_there_are_several(
    talk: Talk, estate: House, verb: str, burning: tuple[str, ...], words: str, answer: list[str]
) -> None:
    for partition in burning:
        await estate.opens_and_closes(SMOKES[partition])
    if verb == "acknowledge":
        # One that goes on must be disarmed first.
        await estate.passes(2 * SIREN_LIMIT)
    before = {each: (estate.desk.shown(each).siren, estate.desk.shown(each).memory) for each in SMOKES}
    assert {each for each, (siren, memory) in before.items() if memory and siren == (verb == "silence")} == {*burning}
    found = await talk.ask(f"/{verb} {words}".strip())
    shed = DONE[verb].format("Garden Shed")
    assert found.splitlines() == [line.format(nothing=NOTHING[verb], shed=shed, verb=verb) for line in answer]
    after = {each: (estate.desk.shown(each).siren, estate.desk.shown(each).memory) for each in SMOKES}
    assert {each for each in SMOKES if before[each] != after[each]} == ({"shed"} if answer == ["{shed}"] else set())


async def test_a_master_is_silenced_where_one_of_its_members_sounds(talk: Talk, estate: House) -> None:
    members = ("home", "shed", "attic")
    await estate.desk.async_set_partition(Partition(partition_id="all", name="All", members=members))
    await estate.opens_and_closes(SMOKES["attic"])
    assert await talk.ask("/silence 2580") == "The siren of All is silent."
    assert not estate.desk.shown("attic").siren
