"""Several partitions, and a master over some: which one is meant."""

import pytest

from custom_components.event_hub.engine.alarm.model import Partition, Zone
from custom_components.event_hub.engine.alarm.status import Phase
from tests.integration.alarm.kit import HALL, WINDOW, House

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
