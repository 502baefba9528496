"""A siren that was told in vain is told again; what makes that pointless ends it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.events import Panic
from custom_components.event_hub.engine.effects import SendCommand
from custom_components.event_hub.engine.events import CommandFailed, Forgotten, PartitionRemoved
from custom_components.event_hub.engine.siren_retry import FIRST_PAUSE, LONGEST_PAUSE

from .house import ANNA, HOUSE, House
from .kit import only, sent


@pytest.fixture
def house() -> House:
    """Return a house that cries for help with a siren that could not be told."""
    house = House()
    house.ask(Panic(actor=ANNA))
    fail(house)
    return house


def fail(house: House) -> None:
    """Let the siren's order fail."""
    house.post(CommandFailed(command_id=only(house.effects, SendCommand).command.command_id, detail="no answer"))


def test_it_is_told_again_ever_more_seldom(house: House) -> None:
    for pause in (FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE):
        assert sent(house.wait(pause - 0.1)) == []
        assert sent(house.wait(0.1)) == ["Siren"]
        fail(house)


def test_it_is_told_to_be_silent_where_that_was_missed(house: House) -> None:
    house.disarm()
    fail(house)
    again = house.wait(FIRST_PAUSE)
    assert sent(again) == ["Siren"]
    assert only(again, SendCommand).command.turn_on is False


ENDS: dict[str, Callable[[House], object]] = {
    "it is no siren any more": lambda house: house.set_up(replace(HOUSE, siren_outputs=())),
    "its partition is removed": lambda house: house.post(PartitionRemoved(partition_id="house")),
    "it is forgotten": lambda house: house.post(Forgotten(keys=("Siren",))),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_once_it_is_none_of_the_alarms_it_is_left_alone(house: House, end: Callable[[House], object]) -> None:
    house.disarm()
    fail(house)
    assert "Siren" in house.state.siren_orders
    end(house)
    assert sent(house.wait(600)) == []
    assert "Siren" not in house.state.siren_orders
